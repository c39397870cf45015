// The plots of a device's range, one above the other on a common axis of time.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { effect } from '@preact/signals';
import { isDark } from '../lib/prefs';
import { number, t } from '../lib/text';
import { local } from '../lib/time';
import { Time } from '../ui/bits';
import { Icon } from '../ui/icon';
import { palette } from '../map/palette';
import type { TrackModel } from '../track/model';
import { Chart } from './chart';
import { PLOTS, type Plot } from './list';
import { LEAST_SPAN_S, summaryOf, valueAt } from './series';
import '../styles/plots.css';

const KEEPS_S = 3600; // what was told longer ago is not said of a moment any more

const words = (plot: Plot, value: number): string =>
	plot.kind === 'band' ? t(value ? 'common.on' : 'common.off') : `${number(value, plot.digits)}${plot.unit && ` ${plot.unit}`}`;

function Summary({ model, plot }: { model: TrackModel; plot: Plot }) {
	const span = model.span.value;
	const found = span && summaryOf(model.series.value.get(plot.key)!, span.from, span.to, plot.kind !== 'line');
	if (!found) return <span class="plot-summary">{t('plots.nothing')}</span>;
	if (plot.kind === 'band') return <span class="plot-summary">{t('plots.share', { share: number(found.average * 100, 0) })}</span>;
	const values = { least: words(plot, found.least), most: words(plot, found.most), average: words(plot, found.average) };
	return <span class="plot-summary">{values.least === values.most ? values.least : t('plots.summary', values)}</span>;
}

function Value({ model, plot }: { model: TrackModel; plot: Plot }) {
	const at = model.moment.value;
	const value = at === null ? null : valueAt(model.series.value.get(plot.key)!, at, KEEPS_S);
	return <b class="plot-value">{value === null ? '' : words(plot, value)}</b>;
}

function PlotBox({ model, plot, isLast }: { model: TrackModel; plot: Plot; isLast: boolean }) {
	const host = useRef<HTMLDivElement>(null);
	const isDarkNow = isDark.value;
	useLayoutEffect(() => {
		const box = host.current!;
		const chart = new Chart(box, plot, model.log, isLast);
		const show = (): void => {
			const span = model.span.value;
			if (span) chart.show(model.series.value.get(plot.key)!, span);
		};
		const ends = [effect(show), effect(() => chart.point((void model.span.value, model.moment.value)))];
		const observer = new ResizeObserver(() => {
			chart.resize(box.clientWidth, box.clientHeight);
			show();
		});
		observer.observe(box);
		return () => {
			observer.disconnect();
			ends.forEach((end) => end());
			chart.end();
		};
	}, [model, plot, isLast, isDarkNow]);
	return (
		<figure class={`plot ${plot.kind === 'band' ? 'plot-band' : ''} ${isLast ? 'plot-last' : ''}`}>
			<figcaption>
				<i style={{ background: palette().plots[plot.key] }} aria-hidden="true" />
				<span class="plot-title">{t(plot.title)}</span>
				<Value model={model} plot={plot} />
				<Summary model={model} plot={plot} />
			</figcaption>
			<div ref={host} class="plot-host" aria-hidden="true" />
		</figure>
	);
}

/** Zooms by a factor around the time that is marked, or the middle. */
function zoomBy(model: TrackModel, factor: number): void {
	const span = model.span.peek();
	const all = model.extent.peek();
	if (!span || !all) return;
	const marked = model.moment.peek();
	const centre = marked !== null && marked >= span.from && marked <= span.to ? marked : (span.from + span.to) / 2;
	const from = Math.max(all.from, centre - (centre - span.from) / factor);
	const to = Math.min(all.to, centre + (span.to - centre) / factor);
	if (to - from >= LEAST_SPAN_S) model.log.zoom.value = from <= all.from && to >= all.to ? null : { from, to };
}

function onKey(e: KeyboardEvent, model: TrackModel): void {
	const span = model.span.peek();
	if (!span || e.target !== e.currentTarget || e.altKey || e.ctrlKey || e.metaKey) return;
	const { log } = model;
	const step = (span.to - span.from) / (e.shiftKey ? 10 : 100);
	const move = (by: number): void =>
		void (log.pointed.value = Math.min(span.to, Math.max(span.from, (log.pointed.peek() ?? (span.from + span.to) / 2) + by)));
	if (e.key === 'ArrowLeft') move(-step);
	else if (e.key === 'ArrowRight') move(step);
	else if (e.key === '+' || e.key === '=') zoomBy(model, 2);
	else if (e.key === '-') zoomBy(model, 0.5);
	else if (e.key === '0' || e.key === 'Escape') log.zoom.value = log.pointed.value = null;
	else if (e.key === 'Enter') log.selected.value = log.rows[log.nearest(log.pointed.peek() ?? span.to)] ?? null;
	else return;
	e.preventDefault();
}

/** The time that is marked and its values, for who does not see the plots. */
function told(model: TrackModel): string {
	const at = model.moment.peek();
	if (at === null) return '';
	const values = PLOTS.map((plot) => {
		const value = valueAt(model.series.peek().get(plot.key)!, at, KEEPS_S);
		return value === null ? '' : `${t(plot.title)} ${words(plot, value)}`;
	});
	return [local(at), ...values.filter(Boolean)].join(', ');
}

function Pointed({ model }: { model: TrackModel }) {
	const at = model.moment.value;
	return <span class="plots-time num">{at !== null && <Time at={at} />}</span>;
}

export function Plots({ model }: { model: TrackModel }) {
	const box = useRef<HTMLDivElement>(null);
	const [said, say] = useState('');
	const shown = PLOTS.filter((plot) => model.series.value.get(plot.key)?.time.length);
	const { zoom } = model.log;
	useEffect(() => {
		const leave = (): void => void (model.log.pointed.value = null);
		const el = box.current!;
		el.addEventListener('blur', leave);
		return () => el.removeEventListener('blur', leave);
	}, []);
	return (
		<section class="plots-pane" aria-label={t('plots.title')}>
			<header class="plots-head">
				<h2>{t('plots.title')}</h2>
				<Pointed model={model} />
				<div class="plots-tools">
					<button type="button" class="icon" title={t('plots.zoomIn')} aria-label={t('plots.zoomIn')} onClick={() => zoomBy(model, 2)}>
						<Icon name="plus" />
					</button>
					<button type="button" class="icon" title={t('plots.zoomOut')} aria-label={t('plots.zoomOut')} disabled={!zoom.value} onClick={() => zoomBy(model, 0.5)}>
						<Icon name="minus" />
					</button>
					<button type="button" disabled={!zoom.value} onClick={() => (zoom.value = null)}>
						{t('plots.all')}
					</button>
				</div>
			</header>
			<p class="sr" role="status">
				{said}
			</p>
			<div ref={box} class="plots" tabIndex={0} role="group" aria-label={t('plots.label')} onKeyDown={(e) => (onKey(e, model), say(told(model)))}>
				{shown.map((plot, i) => (
					<PlotBox key={plot.key} model={model} plot={plot} isLast={i === shown.length - 1} />
				))}
				{!shown.length && <p class="faint plots-none">{t('plots.none')}</p>}
			</div>
		</section>
	);
}
