// The line beneath the table: how much there is, what is being read, what waits.
import { liveState } from '../../lib/live';
import { number, t, type TextKey } from '../../lib/text';
import { local, now, utc } from '../../lib/time';
import { Icon } from '../../ui/icon';
import { chooseRange } from '../picker';
import { dayOf } from '../range';
import { isLive, type DeviceMessages } from '../store';

function Reading({ log }: { log: DeviceMessages }) {
	void log.version.value;
	const n = log.rows.length;
	switch (log.state.value) {
		case 'loading':
			return (
				<>
					<progress aria-label={t('messages.reading')} value={log.progress.value} max={1} />
					<span class="num">{t('messages.readSoFar', { n })}</span>
					<button type="button" class="link" onClick={() => log.stop()}>
						{t('messages.stop')}
					</button>
				</>
			);
		case 'more':
		case 'stopped':
			return (
				<>
					<span class="num">{t(log.state.value === 'more' ? 'messages.newestOnes' : 'messages.stoppedAt', { n })}</span>
					<button type="button" class="link" onClick={() => log.older()}>
						{t('messages.older')}
					</button>
				</>
			);
		case 'failed':
			return (
				<>
					<span class="error">{log.error.value}</span>
					<button type="button" class="link" onClick={() => log.older()}>
						{t('common.retry')}
					</button>
				</>
			);
		case 'done':
			return <span class="num">{t('messages.count', { n })}</span>;
	}
}

function Zoom({ log }: { log: DeviceMessages }) {
	void log.version.value;
	const zoom = log.zoom.value;
	if (!zoom) return null;
	const [first, last] = log.shown();
	return (
		<button type="button" class="chip" title={`${t('messages.unzoom')}\n${local(zoom.from)} – ${local(zoom.to)}\n${utc(zoom.from)} – ${utc(zoom.to)}`} onClick={() => (log.zoom.value = null)}>
			{t('messages.zoomed', { n: number(last - first) })} <Icon name="close" />
		</button>
	);
}

function Outside({ log }: { log: DeviceMessages }) {
	const n = log.outside.value;
	if (!n) return null;
	return (
		<button type="button" class="chip warn" title={local(log.outsideAt)} onClick={() => chooseRange(dayOf(log.outsideAt))}>
			{t('messages.outside', { n })}
		</button>
	);
}

function tailOf(log: DeviceMessages): TextKey {
	void now.value; // a range may end meanwhile
	if (!isLive(log.range.value)) return 'messages.closed';
	if (log.paused.value) return 'messages.paused';
	return liveState.value === 'online' ? 'messages.live' : 'messages.notLive';
}

export function Status({ log }: { log: DeviceMessages }) {
	return (
		<div class="pane-foot">
			<Reading log={log} />
			<Zoom log={log} />
			<Outside log={log} />
			<span class="end faint">{t(tailOf(log))}</span>
			<span class="sr" role="status">
				{t(`messages.said.${log.state.value}`)}
			</span>
		</div>
	);
}
