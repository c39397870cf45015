// Rows of messages: newest first.
import type { Message } from '../fleet/store';

/** Where a message with this time stands, or would: before those of its time. */
export function placeOf(rows: readonly { timestamp: number }[], timestamp: number): number {
	let low = 0;
	let high = rows.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (rows[middle]!.timestamp > timestamp) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** Which rows one telling of messages (a reading of the history, or the live door) has told already. */
export type Told = WeakSet<Message>;

// the time of arrival differs nearly always: the texts need not be made then
const same = (a: Message, b: Message): boolean =>
	a['server.timestamp'] === b['server.timestamp'] && JSON.stringify(a) === JSON.stringify(b);

/** Is it one of these rows? Messages have no number, and two may be equal in everything (a tracker sent a
 *  frame twice). So each telling counts for itself: an equal row that it has not told yet is the one it means. */
export function mark(rows: readonly Message[], m: Message, told: Told): boolean {
	for (let i = placeOf(rows, m.timestamp); rows[i]?.timestamp === m.timestamp; i++) {
		const row = rows[i]!;
		if (!same(row, m) || told.has(row)) continue;
		told.add(row);
		return true;
	}
	return false;
}

/** Puts a message where it belongs, `before` or behind those of its time. */
export function insert(rows: Message[], m: Message, before: boolean): void {
	let at = placeOf(rows, m.timestamp);
	if (!before) while (rows[at]?.timestamp === m.timestamp) at++;
	if (at === rows.length) rows.push(m);
	else rows.splice(at, 0, m);
}

/** Where this very row is; -1: not any more. */
export function indexOf(rows: readonly Message[], m: Message): number {
	for (let i = placeOf(rows, m.timestamp); rows[i]?.timestamp === m.timestamp; i++) if (rows[i] === m) return i;
	return -1;
}
