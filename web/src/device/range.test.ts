import { expect, test } from 'vitest';
import { dayOf, isDay, midnight, rangeOf, rangeQuery } from './range';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

test('the address says a range, or nothing that makes sense', () => {
	expect(rangeOf(query('last=3600&x=1'))).toEqual({ last: 3600 });
	expect(rangeOf(query('from=10&to=20.5'))).toEqual({ from: 10, to: 20.5 });
	for (const text of ['', 'last=0', 'last=x', 'from=10', 'from=20&to=10', 'from=&to=x']) expect(rangeOf(query(text))).toBeNull();
});

test('what the address says comes back to it', () => {
	for (const range of [{ last: 604800 }, { from: 1, to: 2 }])
		expect(rangeOf(new URLSearchParams(Object.entries(rangeQuery(range)).map(([k, v]) => [k, String(v)])))).toEqual(range);
});

test('a day is from midnight to midnight of the viewer, also when the clocks change', () => {
	const noon = new Date(2026, 2, 29, 12).getTime() / 1000;
	const day = dayOf(noon) as { from: number; to: number };
	expect(new Date(day.from * 1000).getHours()).toBe(0);
	expect(new Date(day.to * 1000).getDate()).toBe(30);
	expect(midnight(noon, 1)).toBe(day.to);
	expect(isDay(day)).toBe(true);
	expect(isDay({ from: day.from, to: day.to - 1 })).toBe(false);
	expect(isDay({ last: 86400 })).toBe(false);
});
