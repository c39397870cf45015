// A device's messages and what happened to it, side by side.
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { t } from '../lib/text';
import { Dialog } from '../ui/dialog';
import { Split } from '../ui/split';
import '../styles/messages.css';
import { Choice } from './messages/choice';
import { asHex, Desk, isDown, isNarrow, isPhone, share } from './messages/desk';
import { MessageInFull, MessagePanel, MessageTools } from './messages/detail';
import { LogFilters, LogsPane } from './messages/logs';
import { MessagesPane } from './messages/pane';
import { TrafficPane } from './messages/traffic';
import { exactTime } from './messages/value';
import type { DeviceMessages } from './store';

function SidePane({ desk }: { desk: Desk }) {
	const isTraffic = desk.isTraffic.value;
	return (
		<section class="pane" aria-label={t(isTraffic ? 'traffic.title' : 'logs.title')}>
			<div class="pane-head">
				{!isPhone.value && <Choice label={t('logs.views')} value={desk.side} options={[['logs', t('logs.title')], ['traffic', t('traffic.title')]]} />}
				<span class="grow" />
				{isTraffic ? (
					<label class="check">
						<input type="checkbox" checked={asHex.value} onChange={(e) => (asHex.value = e.currentTarget.checked)} />
						{t('traffic.hex')}
					</label>
				) : (
					<LogFilters />
				)}
			</div>
			{isTraffic ? <TrafficPane desk={desk} /> : <LogsPane desk={desk} />}
		</section>
	);
}

/** A phone shows one pane at a time. */
function Phone({ desk, onOpen }: { desk: Desk; onOpen: () => void }) {
	return (
		<div class="phone-panes">
			<Choice label={t('messages.panes')} value={desk.pane} options={[['messages', t('messages.title')], ['logs', t('logs.title')], ['traffic', t('traffic.title')]]} />
			{desk.pane.value === 'messages' ? <MessagesPane log={desk.log} onOpen={onOpen} /> : <SidePane desk={desk} />}
		</div>
	);
}

export function MessagesTab({ log }: { log: DeviceMessages }) {
	const desk = useMemo(() => new Desk(log), [log]);
	useEffect(() => desk.start(), [desk]);
	const box = useRef<HTMLDivElement>(null);
	const m = log.selected.value;
	const close = (): void => {
		log.selected.value = log.pointed.value = null;
		box.current?.querySelector<HTMLElement>('[role=grid]')?.focus();
	};
	// once it is painted
	const open = (): void => void requestAnimationFrame(() => box.current?.querySelector<HTMLElement>('.message-body')?.focus());
	// wherever the focus is: a link has opened it, perhaps
	useLayoutEffect(() => {
		if (!m || isNarrow.value) return undefined;
		const escape = (e: KeyboardEvent): void => void (e.key === 'Escape' && !e.defaultPrevented && !(e.target as Element).closest('[popover], dialog') && close());
		document.addEventListener('keydown', escape);
		return () => document.removeEventListener('keydown', escape);
	}, [m, isNarrow.value]);
	const first = <MessagesPane log={log} onOpen={open} />;
	return (
		<div ref={box} class="messages-tab">
			{isPhone.value ? <Phone desk={desk} onOpen={open} /> : <Split first={first} second={<SidePane desk={desk} />} share={share} label={t('messages.border')} down={isDown.value} />}
			{m && !isNarrow.value && <MessagePanel desk={desk} m={m} onClose={close} />}
			{m && isNarrow.value && (
				<Dialog title={exactTime(m.timestamp)} onClose={close} foot={<MessageTools log={log} m={m} />}>
					<MessageInFull desk={desk} m={m} />
				</Dialog>
			)}
		</div>
	);
}
