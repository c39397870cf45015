import { expect, test } from 'vitest';
import { placeOf } from './rows';

const rows = [9, 7, 7, 4].map((timestamp) => ({ timestamp }));

test('rows are newest first, and a new one stands before those of its time', () => {
	expect([10, 9, 8, 7, 5, 4, 1].map((s) => placeOf(rows, s))).toEqual([0, 0, 1, 1, 3, 3, 4]);
	expect(placeOf([], 1)).toBe(0);
});
