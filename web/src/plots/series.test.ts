import { expect, test } from 'vitest';
import type { Message } from '../fleet/store';
import { decimate, placeIn, seriesOf, silenceOf, stairs, summaryOf, valueAt } from './series';
import { ticks } from './ticks';

const rows: Message[] = [
	{ timestamp: 30, 'engine.ignition.status': true },
	{ timestamp: 20, 'battery.level': 60, 'position.speed': 20 },
	{ timestamp: 10, 'position.speed': 10, 'engine.ignition.status': false },
];

test('columns out of messages', () => {
	expect(seriesOf(rows, ['position.speed'])).toEqual({ time: Float64Array.of(10, 20), value: Float64Array.of(10, 20) });
	expect([...seriesOf(rows, ['engine.ignition.status']).value]).toEqual([0, 1]);
	expect([...seriesOf(rows, ['none', 'battery.level']).value]).toEqual([60]);
	expect(seriesOf(rows, ['none']).time).toHaveLength(0);
});

test('values at a time', () => {
	const speed = seriesOf(rows, ['position.speed']);
	expect([valueAt(speed, 9), valueAt(speed, 10), valueAt(speed, 15), valueAt(speed, 99), valueAt(speed, 99, 60)]).toEqual([null, 10, 10, 20, null]);
	expect([placeIn([1, 2, 2, 3], 2), placeIn([1, 2, 2, 3], 4)]).toEqual([1, 4]);
	expect(summaryOf(speed, 0, 30, false)).toEqual({ least: 10, most: 20, average: 15 });
	// who stands reports seldom, and stands nevertheless
	expect(summaryOf({ time: Float64Array.of(0, 90), value: Float64Array.of(0, 50) }, 0, 100, false)!.average).toBe(5);
	expect(summaryOf(speed, 21, 30, false)).toBeNull();
	// what was told before the part holds in it, until it is too old; and the line goes through it
	expect(summaryOf(speed, 21, 30, true)).toEqual({ least: 20, most: 20, average: 20 });
	expect(summaryOf(speed, 700, 710, true)).toBeNull();
	expect(summaryOf(speed, 12, 14, false)).toEqual({ least: 10, most: 10, average: 10 });
	expect(summaryOf(speed, 18, 22, true)!.average).toBe(15);
});

const long = (count: number): { time: Float64Array; value: Float64Array } => ({
	time: Float64Array.from({ length: count }, (_, i) => i * 10),
	value: Float64Array.from({ length: count }, (_, i) => (i === 31_234 ? 500 : Math.sin(i / 50) * 100)),
});

test('fifty thousand points become few, and no peak is lost', () => {
	const series = long(50_000);
	const [xs, ys] = decimate(series, 0, 500_000, 800);
	expect(xs.length).toBeLessThanOrEqual(1602);
	expect(Math.max(...(ys as number[]))).toBe(500);
	expect(xs).toEqual([...xs].sort((a, b) => a - b));
	// zoomed in, all are there, and the line reaches the edges
	const [near] = decimate(series, 1005, 2005, 800);
	expect([near[0], near.at(-1)]).toEqual([1000, 2010]);
	expect(near).toHaveLength(102);
});

test('silence interrupts the line, also between buckets', () => {
	const time = Float64Array.from([0, 10, 20, 30, 5000, 5010, 5020]);
	const series = { time, value: time.map((_, i) => i) };
	expect(silenceOf(series)).toBe(600);
	expect(decimate(series, 0, 5020, 100)[1]).toEqual([0, 1, 2, 3, null, 4, 5, 6]);
	expect(decimate(series, 0, 5021, 2)[1]).toEqual([0, 3, null, 4, 6]);
	expect(silenceOf({ time: Float64Array.from([0, 3600, 7200, 10800]), value: Float64Array.of(1, 1, 1, 1) })).toBe(10_800);
});

test('a value holds until the next one', () => {
	expect(stairs([[1, 2, 3, 4, 5], [7, 7, 8, null, 9]])).toEqual([[1, 2, 3, 3, 4, 5], [7, 7, 7, 8, null, 9]]);
});

test('marks on the time axis: days where one begins, hours, seconds when they matter', () => {
	const iso = (at: number): string => new Date(at * 1000).toISOString();
	const clock = { date: (at: number) => iso(at).slice(0, 10), time: (at: number) => iso(at).slice(11, 19) };
	const day = Date.UTC(2026, 4, 9) / 1000;
	expect(ticks([day - 3600, day, day + 3600], 3600, clock)).toEqual(['23:00', '2026-05-09', '01:00']);
	expect(ticks([day + 30, day + 60], 30, clock)).toEqual(['00:00:30', '00:01:00']);
	expect(ticks([day, day + 86400], 86400, clock)).toEqual(['2026-05-09', '2026-05-10']);
});
