// To the message that is nearest to a time, also one outside of the range.
import { useState } from 'preact/hooks';
import { t } from '../../lib/text';
import { fromInput, now, toInput } from '../../lib/time';
import { Field } from '../../ui/bits';
import { Icon } from '../../ui/icon';
import { Popover } from '../../ui/popover';
import { chooseRange } from '../picker';
import { dayOf } from '../range';
import { isOpen, type DeviceMessages } from '../store';

/** Is what was loaded of the range complete around this time? */
function isLoaded(log: DeviceMessages, timestamp: number): boolean {
	const range = log.range.peek();
	const from = isOpen(range) ? now.peek() - range.last : range.from;
	const to = isOpen(range) ? now.peek() : range.to;
	if (timestamp < from || timestamp > to) return false;
	return log.state.peek() === 'done' || timestamp >= (log.rows.at(-1)?.timestamp ?? Infinity);
}

export function selectNearest(log: DeviceMessages, timestamp: number): void {
	const row = log.rows[log.nearest(timestamp)];
	if (row) log.selected.value = row;
	log.pointed.value = row?.timestamp ?? null;
}

/** Goes to a time; when it is not loaded, its day is opened, and `later` tells where to go then. */
function jumpTo(log: DeviceMessages, timestamp: number, later: (timestamp: number) => void): void {
	log.zoom.value = null;
	if (isLoaded(log, timestamp)) return selectNearest(log, timestamp);
	chooseRange(dayOf(timestamp)); // is being read from now on, which `later` waits for
	later(timestamp);
}

function Form({ log, later, close }: { log: DeviceMessages; later: (timestamp: number) => void; close: () => void }) {
	const [at, setAt] = useState(toInput(log.selected.peek()?.timestamp ?? log.rows[0]?.timestamp ?? now.peek()));
	const go = (e: Event): void => {
		e.preventDefault();
		const time = fromInput(at);
		if (time === null) return;
		close();
		jumpTo(log, time, later);
	};
	return (
		<form class="stack" onSubmit={go}>
			<Field label={t('messages.jumpTime')} hint={t('messages.jumpHint')}>
				<input type="datetime-local" step="1" required autofocus value={at} onInput={(e) => setAt(e.currentTarget.value)} />
			</Field>
			<button type="submit" class="primary">
				{t('messages.jumpGo')}
			</button>
		</form>
	);
}

export function Jump({ log, later }: { log: DeviceMessages; later: (timestamp: number) => void }) {
	return (
		<Popover class="icon" label={t('messages.jump')} title={t('messages.jump')} button={<Icon name="target" />}>
			{(close) => <Form log={log} later={later} close={close} />}
		</Popover>
	);
}
