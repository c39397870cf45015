// A dot that says whether a device is online.
import { t } from '../lib/text';
import { now } from '../lib/time';
import { Dot } from '../ui/bits';
import { isOnline, stateOf } from './state';
import type { Device } from './store';

export function Online({ d }: { d: Device }) {
	const on = isOnline(d, now.value);
	return <Dot on={on} label={t(on ? 'state.online' : `state.${stateOf(d, now.value)}`)} />;
}
