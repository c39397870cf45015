// Rows of messages: newest first.

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
