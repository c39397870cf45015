// Plays the track: a slider over its time, coloured by speed.
import { useMemo } from 'preact/hooks';
import type { Span } from '../device/store';
import { isDark } from '../lib/prefs';
import { t } from '../lib/text';
import { local, utc } from '../lib/time';
import { palette } from '../map/palette';
import { Icon } from '../ui/icon';
import { pace, type TrackModel } from './model';
import { momentAt, PACES } from './playback';
import { rampAt } from './speed';
import { indexAt, isGap, pointsOf, type Track } from './track';
import { distanceText, speedText } from './words';

const BANDS = 120;

/** The fastest of each part of the time, as a CSS gradient; a gap stays empty. */
function gradient(track: Track, { from: begin, to }: Span, end: number): string {
	const length = to - begin;
	const fastest = new Array<number>(BANDS).fill(-1);
	const bandOf = (time: number): number => Math.min(BANDS - 1, Math.max(0, Math.floor(((time - begin) / length) * BANDS)));
	const [first, last] = pointsOf(track, { from: begin, to });
	for (let i = first; i < last; i++) {
		const from = i && !isGap(track, i) ? bandOf(track.time[i - 1]!) : bandOf(track.time[i]!);
		for (let band = from; band <= bandOf(track.time[i]!); band++) fastest[band] = Math.max(fastest[band]!, track.speed[i]! || 0);
	}
	const { ramp } = palette();
	const stops = fastest.map((speed, i) => {
		const colour = speed < 0 ? 'transparent' : rampAt(ramp, speed / end);
		return `${colour} ${((i / BANDS) * 100).toFixed(2)}% ${(((i + 1) / BANDS) * 100).toFixed(2)}%`;
	});
	return `linear-gradient(to right, ${stops.join(', ')})`;
}

function Readout({ model }: { model: TrackModel }) {
	const track = model.track.value;
	const at = model.moment.value ?? model.playable.value?.to ?? track.time[track.count - 1] ?? null;
	const moment = at === null ? null : momentAt(track, at);
	if (at === null || !moment) return <p class="readout" />;
	return (
		<p class="readout num" role="status" aria-live="off">
			<time dateTime={new Date(at * 1000).toISOString()} title={utc(at)}>
				{local(at)}
			</time>
			<b>{moment.isUnknown ? t('track.unknown') : speedText(moment.speed)}</b>
			<span>{distanceText(track.along[moment.index]!)}</span>
		</p>
	);
}

/** To the next message, or with Shift a minute on. */
function onKey(e: KeyboardEvent, model: TrackModel): void {
	const track = model.track.peek();
	const at = model.at.peek() ?? model.playable.peek()?.to ?? 0;
	const by = e.key === 'ArrowRight' || e.key === 'ArrowUp' ? 1 : e.key === 'ArrowLeft' || e.key === 'ArrowDown' ? -1 : 0;
	if (by) {
		const index = indexAt(track, by > 0 ? at : at - 1e-3) + (by > 0 ? 1 : 0);
		model.seek(e.shiftKey ? at + 60 * by : (track.time[Math.min(track.count - 1, Math.max(0, index))] ?? at));
	} else if (e.key === ' ') model.toggle();
	else return;
	e.preventDefault();
}

export function PlaybackBar({ model }: { model: TrackModel }) {
	const track = model.track.value;
	const span = model.playable.value;
	const isOff = !span;
	const at = model.at.value ?? span?.to ?? 1;
	const action = t(model.isPlaying.value ? 'track.pause' : 'track.play');
	const background = useMemo(() => (span ? gradient(track, span, model.scale.value) : 'none'), [track, span, isDark.value]);
	return (
		<section class="playback" aria-label={t('track.playback')}>
			<button type="button" class="icon play" disabled={isOff} title={action} aria-label={action} onClick={() => model.toggle()}>
				<Icon name={model.isPlaying.value ? 'pause' : 'play'} />
			</button>
			<select aria-label={t('track.pace')} title={t('track.pace')} value={pace.value} onChange={(e) => (pace.value = Number(e.currentTarget.value))}>
				{PACES.map((value) => (
					<option key={value} value={value}>
						{value}×
					</option>
				))}
			</select>
			<div class="timeline">
				<div class="timeline-speeds" style={{ background }} aria-hidden="true" />
				<input
					type="range"
					aria-label={t('track.time')}
					aria-valuetext={local(at)}
					disabled={isOff}
					min={span?.from ?? 0}
					max={span?.to ?? 1}
					step="any"
					value={at}
					onInput={(e) => model.seek(Number(e.currentTarget.value))}
					onKeyDown={(e) => onKey(e, model)}
				/>
			</div>
			<Readout model={model} />
		</section>
	);
}
