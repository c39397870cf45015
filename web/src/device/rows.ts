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
// the gateway puts in the name that the device has when it is read: it may have another one by now
const text = (row: Timed): string => JSON.stringify(row, (name, value: unknown) => (name === 'device.name' ? undefined : value));
const same = (a: Timed, b: Timed): boolean => arrival(a) === arrival(b) && text(a) === text(b);

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

/** The row that says the same, wherever it was read; null: it is not here. */
export function alike<T extends Timed>(rows: readonly T[], m: T): T | null {
	for (let i = placeOf(rows, m.timestamp); rows[i]?.timestamp === m.timestamp; i++) if (same(rows[i]!, m)) return rows[i]!;
	return null;
}

/** Where those of this time end. */
function endOf(rows: readonly Timed[], timestamp: number): number {
	let at = placeOf(rows, timestamp);
	while (rows[at]?.timestamp === timestamp) at++;
	return at;
}

/** What a row is called in an address: its time, and how many of that time came before it. */
export function nameOf(rows: readonly Timed[], m: Timed): string {
	const n = endOf(rows, m.timestamp) - 1 - indexOf(rows, m);
	return n ? `${m.timestamp}_${n}` : String(m.timestamp);
}

/** The time and the number of a name; null: it is none. */
export function partsOf(name: string): [number, number] | null {
	const found = /^(-?[\d.]+)(?:_(\d+))?$/.exec(name);
	return found && Number.isFinite(Number(found[1])) ? [Number(found[1]), Number(found[2] ?? 0)] : null;
}

/** The row with these parts of a name; null: it is not here. */
export function rowNamed<T extends Timed>(rows: readonly T[], timestamp: number, n: number): T | null {
	const row = rows[endOf(rows, timestamp) - 1 - n];
	return row?.timestamp === timestamp ? row : null;
}
