// A plot of one series, drawn by uPlot. The pointer's time and the zoomed part belong to all plots and the map.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { DeviceMessages, Span } from '../device/store';
import { localDate, localTime } from '../lib/time';
import { t } from '../lib/text';
import { FONT, palette } from '../map/palette';
import type { Plot } from './list';
import { decimate, LEAST_SPAN_S, silenceOf, stairs, type Series } from './series';
import { ticks } from './ticks';

const AXIS_WIDTH = 48;
const AXIS_HEIGHT = 26;
const PADDING = 12; // at the right
const LETTER = 6.5; // pixels, of SMALL
const SMALL = `11px ${FONT}`;
const LEAST_DRAG_PX = 4;

export class Chart {
	private readonly chart: uPlot;
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
			width: host.clientWidth, height: host.clientHeight, legend: { show: false }, padding: [6, PADDING, isLast ? 0 : 2, 0],
			scales: { x: { time: true, auto: false }, y: { range: (_u, least, most) => rangeOf(plot, least, most) } },
			axes: [
				{ stroke: colours.axis, font: SMALL, grid, ticks: { ...grid, size: 4 }, space: 90, size: isLast ? AXIS_HEIGHT : 4, values: (u, marks, _axis, _space, step) => (isLast ? this.marksOf(u, marks, step) : marks.map(() => '')) },
				{ stroke: colours.axis, font: SMALL, grid: { ...grid, show: !isBand }, ticks: { show: false }, gap: 6, size: AXIS_WIDTH, space: 26, ...(isBand && { splits: () => [0, 1], values: () => ['', t('common.on')] }) },
			],
			series: [
				{},
				{ stroke: colour, width: isBand ? 0 : 1.75, fill: isBand ? colour + 'b0' : colour + (plot.kind === 'line' && plot.axis ? '1c' : '00'), points: { show: false, filter: lonely, size: 5, fill: colour } },
			],
			cursor: {
				y: false, drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX }, points: { show: false },
				bind: { dblclick: () => () => ((this.log.zoom.value = null), null) },
			},
			hooks: { setSelect: [(u) => this.selected(u)], ready: [(u) => this.hear(u)] },
		};
	}

	show(series: Series, span: Span): void {
		this.shown = span;
		let points = decimate(series, span.from, span.to, Math.max(100, this.chart.width));
		if (this.plot.kind !== 'line') points = stairs(points);
		const last = points[0].at(-1);
		// the last value holds until the end, or until it is too old
		if (this.plot.kind !== 'line' && last !== undefined && last < span.to) {
			points[0].push(Math.min(span.to, last + silenceOf(series)));
			points[1].push(points[1].at(-1)!);
		}
		this.chart.batch(() => {
			this.chart.setData(points as uPlot.AlignedData, false);
			this.chart.setScale('x', { min: span.from, max: span.to });
		});
	}

	/** What stands at the marks of the time axis, where it is not cut off at the right. */
	private marksOf({ width }: uPlot, marks: number[], step: number): string[] {
		const { from, to } = this.shown;
		const perSecond = (width - AXIS_WIDTH - PADDING) / (to - from);
		const hasRoom = (text: string, i: number): boolean => (text.length * LETTER) / 2 <= (to - marks[i]!) * perSecond + PADDING;
		return ticks(marks, step, { date: localDate, time: localTime }).map((text, i) => (hasRoom(text, i) ? text : ''));
	}

	resize(width: number, height: number): void {
		if (width > 0 && height > 0) this.chart.setSize({ width, height });
	}

	/** Somebody points at this time, here or elsewhere. */
	point(time: number | null): void {
		const isInside = time !== null && time >= this.shown.from && time <= this.shown.to;
		this.chart.setCursor({ left: isInside ? this.chart.valToPos(time, 'x') : -10, top: isInside ? 1 : -10 });
	}

	end(): void {
		this.chart.destroy();
	}

	/** What the pointer does. uPlot's own cursor tells also where it was put, and tells no click at the end of a drag. */
	private hear(u: uPlot): void {
		const { log } = this;
		const timeAt = (e: MouseEvent): number => u.posToVal(e.offsetX, 'x');
		u.over.addEventListener('mousemove', (e) => void (log.pointed.value = timeAt(e)));
		u.over.addEventListener('mouseleave', () => void (log.pointed.value = null));
		u.over.addEventListener('click', (e) => {
			const row = log.rows[log.nearest(timeAt(e))];
			if (row) log.selected.value = row;
		});
	}

	private selected(u: uPlot): void {
		const { left, width } = u.select;
		if (width < LEAST_DRAG_PX) return;
		u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
		const [from, to] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
		const more = Math.max(0, LEAST_SPAN_S - (to - from)) / 2;
		this.log.zoom.value = { from: from - more, to: to + more };
	}
}

/** Values with silence on both sides: no line leads to them. */
function lonely({ data: [, values] }: uPlot): number[] {
	const found: number[] = [];
	values!.forEach((value, i) => value != null && values![i - 1] == null && values![i + 1] == null && found.push(i));
	return found;
}

function rangeOf(plot: Plot, least: number, most: number): [number, number] {
	if (plot.kind === 'band') return [0, 1.15];
	if (plot.axis) return [Math.min(plot.axis[0], least ?? 0), Math.max(plot.axis[1], most ?? 0) * (plot.axis[1] === 100 ? 1 : 1.06)];
	const room = Math.max(0.05, (most - least) * 0.15);
	return [least - room, most + room];
}
