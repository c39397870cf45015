// Rows of what has a time (messages, entries of the log, packets): newest first.

export interface Timed {
	timestamp: number;
}

/** Where a message with this time stands, or would: before those of its time. */
export function placeOf(rows: readonly Timed[], timestamp: number): number {
	let low = 0;
	let high = rows.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (rows[middle]!.timestamp > timestamp) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** Which rows one telling (a reading of the history, or the live door) has told already. */
export type Told = WeakSet<Timed>;

// the time of arrival differs nearly always: the texts need not be made then
const arrival = (row: Timed): unknown => (row as { 'server.timestamp'?: number })['server.timestamp'];
const same = (a: Timed, b: Timed): boolean => arrival(a) === arrival(b) && JSON.stringify(a) === JSON.stringify(b);

/** Is it one of these rows? They have no number, and two may be equal in everything (a tracker sent a
 *  frame twice). So each telling counts for itself: an equal row that it has not told yet is the one it means. */
export function mark(rows: readonly Timed[], m: Timed, told: Told): boolean {
	for (let i = placeOf(rows, m.timestamp); rows[i]?.timestamp === m.timestamp; i++) {
		const row = rows[i]!;
		if (!same(row, m) || told.has(row)) continue;
		told.add(row);
		return true;
	}
	return false;
}

/** Puts it where it belongs, `before` or behind those of its time. */
export function insert<T extends Timed>(rows: T[], m: T, before: boolean): void {
	let at = placeOf(rows, m.timestamp);
	if (!before) while (rows[at]?.timestamp === m.timestamp) at++;
	if (at === rows.length) rows.push(m);
	else rows.splice(at, 0, m);
}

/** Where this very row is; -1: not any more. */
export function indexOf(rows: readonly Timed[], m: Timed): number {
	for (let i = placeOf(rows, m.timestamp); rows[i]?.timestamp === m.timestamp; i++) if (rows[i] === m) return i;
	return -1;
}
