// What the trip was in numbers, and where it stood.
import { Fragment } from 'preact';
import { isLive } from '../device/store';
import { duration, localDate, localTime, utc } from '../lib/time';
import { t } from '../lib/text';
import { stopMinutes, type TrackModel } from './model';
import type { Stop } from './stops';
import { JUMP_KMH } from './track';
import { distanceText, speedText } from './words';

const LENGTHS = [1, 3, 5, 10, 30, 60];

function Totals({ model }: { model: TrackModel }) {
	const total = model.totals.value;
	const facts: [string, string][] = [
		[t('track.distance'), distanceText(total.distance)],
		[t('track.driving'), duration(total.driving)],
		[t('track.standing'), duration(total.standing)],
		[t('track.average'), speedText(total.average)],
		[t('track.fastest'), speedText(total.fastest)],
	];
	return (
		<section class="trip" aria-labelledby="trip-title">
			<h2 id="trip-title">
				{t('track.trip')} {model.log.zoom.value && <small class="badge">{t('track.of')}</small>}
			</h2>
			<dl>
				{facts.map(([name, value]) => (
					<div key={name}>
						<dt>{name}</dt>
						<dd>{value}</dd>
					</div>
				))}
			</dl>
			{total.unseen > total.distance / 100 && <p class="faint">{t('track.unseen', { distance: distanceText(total.unseen) })}</p>}
			{total.jumps > 0 && <p class="faint">{t('track.jumps', { n: total.jumps, speed: speedText(JUMP_KMH) })}</p>}
		</section>
	);
}

const hours = (at: number): string => localTime(at).slice(0, 5);

/** `isNow`: who stands at its end may still stand. */
function StopItem({ stop, index, isNow, onGo, onMark }: { stop: Stop; index: number; isNow: boolean; onGo: () => void; onMark: (index: number) => void }) {
	const length = duration(stop.to - stop.from);
	return (
		<li>
			<button type="button" onClick={onGo} onPointerEnter={() => onMark(index)} onPointerLeave={() => onMark(-1)} onFocus={() => onMark(index)} onBlur={() => onMark(-1)}>
				<i>
					<span class="sr">{t('track.stop')} </span>
					{index + 1}
				</i>
				<span class="stop-when num" title={`${utc(stop.from)} –\n${utc(stop.to)}`}>
					{stop.isOpen && isNow ? t('track.open', { from: hours(stop.from) }) : `${hours(stop.from)} – ${hours(stop.to)}`}
				</span>
				<b class="num">{length}</b>
				<small class="num">{t(stop.isFirst ? 'track.drivenFirst' : 'track.driven', { distance: distanceText(stop.driven) })}</small>
			</button>
		</li>
	);
}

export function TripPanel({ model, onStop, onMark }: { model: TrackModel; onStop: (stop: Stop) => void; onMark: (index: number) => void }) {
	const stops = model.stops.value;
	const isNow = isLive(model.log.range.value);
	return (
		<aside class="trip-panel" aria-label={t('track.trip')}>
			<Totals model={model} />
			<section class="stops" aria-labelledby="stops-title">
				<header>
					<h2 id="stops-title">
						{t('track.stops')} <span class="faint">{stops.length}</span>
					</h2>
					<label>
						<span class="faint">{t('track.stopLength')}</span>
						<select value={stopMinutes.value} onChange={(e) => (stopMinutes.value = Number(e.currentTarget.value))}>
							{LENGTHS.map((n) => (
								<option key={n} value={n}>
									{t('track.stopMinutes', { n })}
								</option>
							))}
						</select>
					</label>
				</header>
				<ol>
					{stops.map((stop, index) => (
						<Fragment key={stop.from}>
							{localDate(stop.from) !== localDate(stops[index - 1]?.from ?? 0) && <li class="stop-day">{localDate(stop.from)}</li>}
							<StopItem stop={stop} index={index} isNow={isNow} onGo={() => onStop(stop)} onMark={onMark} />
						</Fragment>
					))}
				</ol>
				{!stops.length && <p class="faint">{t('track.noStops')}</p>}
			</section>
		</aside>
	);
}
