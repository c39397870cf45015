// One message in full: every parameter with its unit and what it means, and the frame that it came from.
import { useRef } from 'preact/hooks';
import type { Message } from '../../fleet/store';
import { parameterOf, unitOf } from '../../lib/parameters';
import { href } from '../../lib/router';
import { t } from '../../lib/text';
import { utc } from '../../lib/time';
import { CopyButton } from '../../ui/bits';
import { Icon } from '../../ui/icon';
import { viewQuery } from '../address';
import type { DeviceMessages } from '../store';
import { isTime } from './columns';
import type { Desk } from './desk';
import { RawFrame } from './rawframe';
import { exactTime, Value } from './value';

function Parameter({ name, value }: { name: string; value: unknown }) {
	return (
		<div class="parameter">
			<dt>
				<code>{name}</code>
				<small>{parameterOf(name)?.info ?? t('message.unexplained')}</small>
			</dt>
			<dd>
				<Value name={name} value={value} /> <span class="faint">{unitOf(name) === 's' ? '' : unitOf(name)}</span>
				{isTime(name) && <small class="num">{utc(Number(value))}</small>}
			</dd>
		</div>
	);
}

function Step({ log, m, by }: { log: DeviceMessages; m: Message; by: 1 | -1 }) {
	void log.version.value;
	const [first, last] = log.shown();
	const own = log.indexOf(m);
	const at = own < 0 ? -1 : own + by; // opened by a link, it may be outside of the range
	const label = t(by < 0 ? 'message.newer' : 'message.older');
	const go = (): void => {
		const next = log.rows[at];
		if (!next) return;
		log.selected.value = next;
		log.pointed.value = next.timestamp;
	};
	return (
		<button type="button" class="icon" disabled={at < first || at >= last} aria-label={label} title={label} onClick={go}>
			<Icon name={by < 0 ? 'chevronUp' : 'chevronDown'} />
		</button>
	);
}

export function MessageTools({ log, m }: { log: DeviceMessages; m: Message }) {
	return (
		<>
			<Step log={log} m={m} by={-1} />
			<Step log={log} m={m} by={1} />
			<CopyButton text={JSON.stringify(m, null, '\t')} label={t('message.copy')} />
			{typeof m['position.latitude'] === 'number' && (
				<a class="icon" href={href('devices', log.id, 'track', viewQuery(log))} aria-label={t('message.map')} title={t('message.map')}>
					<Icon name="map" />
				</a>
			)}
		</>
	);
}

export function MessageInFull({ desk, m }: { desk: Desk; m: Message }) {
	return (
		<>
			<RawFrame desk={desk} m={m} />
			<h3>{t('message.parameters', { n: Object.keys(m).length })}</h3>
			<dl class="parameters">
				{Object.entries(m).map(([name, value]) => (
					<Parameter key={name} name={name} value={value} />
				))}
			</dl>
		</>
	);
}

/** At the side of the table. */
export function MessagePanel({ desk, m, onClose }: { desk: Desk; m: Message; onClose: () => void }) {
	const panel = useRef<HTMLElement>(null);
	return (
		<aside ref={panel} class="message-panel" aria-label={t('message.title')}>
			<header>
				<div>
					<h2>{t('message.title')}</h2>
					<p class="num">{exactTime(m.timestamp)}</p>
				</div>
				<MessageTools log={desk.log} m={m} />
				<button type="button" class="icon" aria-label={t('common.close')} title={t('common.close')} onClick={onClose}>
					<Icon name="close" />
				</button>
			</header>
			<div class="message-body" tabIndex={0} aria-label={t('message.title')} role="group">
				<MessageInFull desk={desk} m={m} />
			</div>
		</aside>
	);
}
