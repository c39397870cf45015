// A device's track: map and playback, plots below, trip and stops at the side.
import { useEffect, useMemo } from 'preact/hooks';
import { chooseFilter } from '../device/address';
import { Reading } from '../device/messages/status';
import { chooseRange, RangePicker } from '../device/picker';
import type { DeviceMessages } from '../device/store';
import { dayOf } from '../device/range';
import { devices, fleetVersion } from '../fleet/store';
import { media } from '../lib/media';
import { pref } from '../lib/prefs';
import { number, t } from '../lib/text';
import { now } from '../lib/time';
import { MapBox } from '../map/map-box';
import { palette } from '../map/palette';
import { Plots } from '../plots/plots';
import { Empty, Time } from '../ui/bits';
import { Icon } from '../ui/icon';
import { Split } from '../ui/split';
import { panelIsOpen, showsDoubtful, TrackModel } from './model';
import { PlaybackBar } from './playback-bar';
import { TrackMap } from './track-map';
import { TripPanel } from './trip-panel';
import '../styles/track.css';

const share = pref('track.share', 52);
const isNarrow = media('(max-width: 760px), (max-height: 520px)');

function Legend({ model }: { model: TrackModel }) {
	const end = model.scale.value;
	const hasDoubtful = model.track.value.doubtful.length > 0;
	return (
		<div class="speed-legend">
			<div class="speed-ramp" role="img" aria-label={`${t('track.legend')}: 0 – ${end} km/h`}>
				<i style={{ background: `linear-gradient(to right, ${palette().ramp.join(', ')})` }} />
				<span>0</span>
				<span>{number(end / 2)}</span>
				<span>{number(end)} km/h</span>
			</div>
			{hasDoubtful && (
				<label class="check">
					<input type="checkbox" checked={showsDoubtful.value} onChange={(e) => (showsDoubtful.value = e.currentTarget.checked)} />
					{t('track.doubtful')}
				</label>
			)}
			<label class="check">
				<input type="checkbox" checked={model.follows.value} onChange={(e) => (model.follows.value = e.currentTarget.checked)} />
				{t('track.follow')}
			</label>
		</div>
	);
}

/** The day of the newest position, when it lies elsewhere. */
function Elsewhere({ log }: { log: DeviceMessages }) {
	void fleetVersion.value;
	const at = devices.get(log.id)?.position?.at;
	const range = log.range.value;
	const isElsewhere = at !== undefined && ('last' in range ? at < now.value - range.last : at < range.from || at >= range.to);
	if (!isElsewhere) return <p>{t('track.noPositionsHint')}</p>;
	return (
		<>
			<p>
				{t('track.newest')} <Time at={at} />.
			</p>
			<button type="button" class="primary" onClick={() => chooseRange(dayOf(at))}>
				{t('messages.toNewest')}
			</button>
		</>
	);
}

function Nothing({ model }: { model: TrackModel }) {
	const { state } = model.log;
	const { count, doubtful } = model.track.value;
	const isDoubtful = doubtful.length > 0;
	if (count || !model.isWhole.value || (isDoubtful && showsDoubtful.value)) return null;
	return (
		<div class="map-nothing card">
			<Empty icon="map" title={state.value === 'failed' ? model.log.error.value : t(isDoubtful ? 'track.onlyDoubtful' : 'track.noPositions')}>
				{isDoubtful ? <p>{t('track.onlyDoubtfulHint')}</p> : <Elsewhere log={model.log} />}
			</Empty>
		</div>
	);
}

function MapPane({ model, map }: { model: TrackModel; map: TrackMap }) {
	return (
		<div class="track-map">
			<MapBox label={t('track.label')} fitLabel={t('track.fit')} onFit={() => map.fit()} onMap={(made) => map.start(made)}>
				<Legend model={model} />
				<Nothing model={model} />
			</MapBox>
			<PlaybackBar model={model} />
		</div>
	);
}

/** Why this is not all: it is being read, there is too much, it is filtered, it is of the future, it is paused. */
function Partly({ model }: { model: TrackModel }) {
	const { ahead, log } = model;
	const filter = log.filter.value;
	return (
		<>
			{log.state.value !== 'done' && (
				<span class="track-reading faint">
					<Reading log={log} />
				</span>
			)}
			{filter && (
				<button type="button" class="chip" title={t('filter.clear')} onClick={() => chooseFilter(log, '')}>
					<span>{t('track.filtered', { filter })}</span> <Icon name="close" />
				</button>
			)}
			{ahead.value > 0 && (
				<span class="badge warn" title={t('track.aheadHint')}>
					{t('track.ahead', { n: ahead.value })}
				</span>
			)}
			{log.paused.value && (
				<button type="button" class="chip" onClick={() => log.resume()}>
					<Icon name="play" /> {t('messages.resumeCount', { n: log.waiting.value })}
				</button>
			)}
		</>
	);
}

function Head({ model }: { model: TrackModel }) {
	const toggle = t(panelIsOpen.value ? 'track.hidePanel' : 'track.showPanel');
	const { log } = model;
	return (
		<div class="track-head">
			<RangePicker log={log} />
			<span class="faint num" role="status">
				{!model.isWhole.value ? t('common.loading') : t('track.count', { n: model.track.value.count })}
			</span>
			<Partly model={model} />
			<button type="button" class="icon" aria-expanded={panelIsOpen.value} title={toggle} aria-label={toggle} onClick={() => (panelIsOpen.value = !panelIsOpen.value)}>
				<Icon name="list" />
			</button>
		</div>
	);
}

export function TrackView({ log }: { log: DeviceMessages }) {
	const model = useMemo(() => new TrackModel(log), [log]);
	const map = useMemo(() => new TrackMap(model), [model]);
	useEffect(() => model.start(), [model]);
	const top = <MapPane model={model} map={map} />;
	const plots = <Plots model={model} />;
	const panel = panelIsOpen.value && <TripPanel model={model} onStop={(stop) => map.goTo(stop)} onMark={(index) => map.mark(index)} />;
	return (
		<section class={isNarrow.value ? 'track-tab narrow' : 'track-tab'} aria-label={t('device.track')}>
			<Head model={model} />
			<div class="track-body">
				{isNarrow.value ? (
					<>
						{top}
						{plots}
					</>
				) : (
					<Split down first={top} second={plots} share={share} label={t('plots.title')} />
				)}
				{panel}
			</div>
		</section>
	);
}
