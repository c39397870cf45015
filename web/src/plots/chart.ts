// A plot of one series, drawn by uPlot. The pointer's time and the zoomed part belong to all plots and the map.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { DeviceMessages, Span } from '../device/store';
import { localDate, localTime } from '../lib/time';
import { t } from '../lib/text';
import { FONT, palette } from '../map/palette';
import type { Plot } from './list';
import { decimate, stairs, type Series } from './series';
import { ticks } from './ticks';

const AXIS_WIDTH = 48;
const AXIS_HEIGHT = 26;
const SMALL = `11px ${FONT}`;
const LEAST_DRAG_PX = 4;

export class Chart {
	private readonly chart: uPlot;
	private isMine = false; // the cursor is moved from outside
	private shown: Span = { from: 0, to: 1 };

	constructor(host: HTMLElement, private readonly plot: Plot, private readonly log: DeviceMessages, isLast: boolean) {
		this.chart = new uPlot(this.options(host, isLast), [[], []], host);
	}

	private options(host: HTMLElement, isLast: boolean): uPlot.Options {
		const { plot } = this;
		const colours = palette();
		const colour = colours.plots[plot.key];
		const grid = { stroke: colours.plotGrid, width: 1 };
		const isBand = plot.kind === 'band';
		return {
			width: host.clientWidth, height: host.clientHeight, legend: { show: false }, padding: [6, 12, isLast ? 0 : 2, 0],
			scales: { x: { time: true, auto: false }, y: { range: (_u, least, most) => rangeOf(plot, least, most) } },
			axes: [
				{ stroke: colours.axis, font: SMALL, grid, ticks: { ...grid, size: 4 }, space: 90, size: isLast ? AXIS_HEIGHT : 4, values: (_u, marks, _axis, _space, step) => (isLast ? ticks(marks, step, { date: localDate, time: localTime }) : marks.map(() => '')) },
				{ stroke: colours.axis, font: SMALL, grid: { ...grid, show: !isBand }, ticks: { show: false }, gap: 6, size: AXIS_WIDTH, space: 26, ...(isBand && { splits: () => [0, 1], values: () => ['', t('common.on')] }) },
			],
			series: [
				{},
				{ stroke: colour, width: isBand ? 0 : 1.75, fill: isBand ? colour + 'b0' : colour + (plot.kind === 'line' && plot.axis ? '1c' : '00'), points: { show: false } },
			],
			cursor: {
				y: false, drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX }, points: { show: false },
				bind: { dblclick: () => () => ((this.log.zoom.value = null), null) },
			},
			hooks: { setCursor: [(u) => this.pointed(u)], setSelect: [(u) => this.selected(u)], ready: [(u) => u.over.addEventListener('click', () => this.clicked(u))] },
		};
	}

	show(series: Series, span: Span): void {
		this.shown = span;
		let points = decimate(series, span.from, span.to, Math.max(100, this.chart.width));
		if (this.plot.kind !== 'line') points = stairs(points);
		// the last value holds until the end
		if (this.plot.kind !== 'line' && points[0].length && points[0].at(-1)! < span.to) {
			points[0].push(span.to);
			points[1].push(points[1].at(-1)!);
		}
		this.chart.batch(() => {
			this.chart.setData(points as uPlot.AlignedData, false);
			this.chart.setScale('x', { min: span.from, max: span.to });
		});
	}

	resize(width: number, height: number): void {
		if (width > 0 && height > 0) this.chart.setSize({ width, height });
	}

	/** Somebody points at this time, here or elsewhere. */
	point(time: number | null): void {
		const isInside = time !== null && time >= this.shown.from && time <= this.shown.to;
		this.isMine = true;
		this.chart.setCursor({ left: isInside ? this.chart.valToPos(time, 'x') : -10, top: isInside ? 1 : -10 });
		this.isMine = false;
	}

	end(): void {
		this.chart.destroy();
	}

	private timeAt(u: uPlot, left: number): number {
		return u.posToVal(left, 'x');
	}

	private pointed(u: uPlot): void {
		const left = u.cursor.left ?? -1;
		if (!this.isMine) this.log.pointed.value = left < 0 ? null : this.timeAt(u, left);
	}

	private selected(u: uPlot): void {
		const { left, width } = u.select;
		if (width < LEAST_DRAG_PX) return;
		u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
		this.wasDragged = true;
		this.log.zoom.value = { from: this.timeAt(u, left), to: this.timeAt(u, left + width) };
	}

	private wasDragged = false;

	/** A click, not the end of a drag, selects the message. */
	private clicked(u: uPlot): void {
		const isDrag = this.wasDragged;
		this.wasDragged = false;
		const row = this.log.rows[this.log.nearest(this.timeAt(u, u.cursor.left ?? 0))];
		if (!isDrag && row) this.log.selected.value = row;
	}
}

function rangeOf(plot: Plot, least: number, most: number): [number, number] {
	if (plot.kind === 'band') return [0, 1.15];
	if (plot.axis) return [Math.min(plot.axis[0], least ?? 0), Math.max(plot.axis[1], most ?? 0) * (plot.axis[1] === 100 ? 1 : 1.06)];
	const room = Math.max(0.05, (most - least) * 0.15);
	return [least - room, most + room];
}
