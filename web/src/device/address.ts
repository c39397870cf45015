// What all tabs of a device show stands in the address, so that a reload and a link show the same: the range, the
// filter, and the message that is open.
import { effect, untracked } from '@preact/signals';
import { replace, route, type RouteQuery } from '../lib/router';
import { DEFAULT_RANGE, rangeOf, rangeQuery } from './range';
import type { DeviceMessages } from './store';

/** Who holds an arrow key opens thirty messages a second; browsers refuse to change the address so often. */
const WRITE_MS = 250;

export const viewQuery = (log: DeviceMessages): RouteQuery => ({
	...rangeQuery(log.range.value),
	filter: log.filter.value || undefined,
	message: log.openName.value || undefined,
});

/** What is shown, but for `other`; what else stands there stays. */
function write(log: DeviceMessages, other: RouteQuery = {}): void {
	const { path, query } = route.peek();
	replace(...path, { ...Object.fromEntries(query), ...viewQuery(log), ...other });
}

/** Another filter; the message that is open stays so if the filter leaves it. */
export const chooseFilter = (log: DeviceMessages, filter: string): void => write(log, { filter: filter || undefined });

/** What the address says is shown, and the message that is opened is put there; a link without a range changes
 *  nothing. Returns the end of it. */
export function followAddress(log: DeviceMessages): () => void {
	let isFirst = true;
	const isOurs = (): boolean => Number(route.value.path[1]) === log.id;
	const read = effect(() => {
		const { query } = route.value;
		const range = rangeOf(query);
		if (!isOurs()) return;
		if (range || isFirst) untracked(() => log.show(range ?? DEFAULT_RANGE, query.get('filter') ?? '', query.get('message') ?? ''));
		isFirst = false;
	});
	const tell = effect(() => {
		if (!isOurs() || (route.value.query.get('message') ?? '') === log.openName.value) return undefined;
		const timer = setTimeout(() => write(log), WRITE_MS);
		return () => clearTimeout(timer);
	});
	return () => {
		read();
		tell();
	};
}
