import { expect, test } from 'vitest';
import type { Message } from '../fleet/store';
import { advance, momentAt } from './playback';
import { colours, rampAt, scaleOf, stepOf, STEPS } from './speed';
import { restsOf, stopsOf, totalsOf } from './stops';
import { indexAt, isGap, pointsOf, trackOf } from './track';

/** [seconds, metres northward from the equator, km/h, valid?]; gives rows, the newest first. */
const rowsOf = (points: [number, number, number, boolean?][]): Message[] =>
	points.map(([timestamp, north, speed, valid = true]) => ({
		timestamp, 'position.latitude': north / 111195, 'position.longitude': 10, 'position.speed': speed, 'position.direction': 0, 'position.valid': valid,
	})).reverse();

// drives 1 km in a minute, stands four minutes with wandering positions, drives 1 km, is silent for an hour
// and stands at the same place then, drives on
const journey = rowsOf([
	[0, 0, 50], [60, 1000, 60], [70, 1100, 0], [130, 1120, 0], [190, 1080, 0], [310, 1100, 0], [320, 1150, 30],
	[380, 2100, 60], [390, 2150, 0], [3990, 2160, 0], [4000, 2200, 40], [4060, 3200, 60],
]);

test('columns, the oldest first; messages without a position are left out', () => {
	const track = trackOf([{ timestamp: 5000, 'battery.level': 50 } as Message, ...journey]);
	expect(track.count).toBe(12);
	expect([...track.time.slice(0, 3)]).toEqual([0, 60, 70]);
	expect(track.along[1]).toBeCloseTo(1000, -1);
	expect(isGap(track, 9)).toBe(true);
	expect([indexAt(track, -1), indexAt(track, 60), indexAt(track, 65), indexAt(track, 1e9)]).toEqual([-1, 1, 1, 11]);
	expect(pointsOf(track, { from: 65, to: 200 })).toEqual([1, 6]);
});

test('positions without a fix are stretches apart', () => {
	const track = trackOf(rowsOf([[0, 0, 10], [10, 100, 10, false], [20, 200, 10, false], [30, 300, 10], [40, 400, 10, false]]));
	expect(track.count).toBe(2);
	expect(track.doubtful.map((line) => line.length / 2)).toEqual([4, 2]);
});

test('positions without a fix lie in the same copy of the world as the way', () => {
	const row = (timestamp: number, lon: number, valid: boolean): Message => ({ timestamp, 'position.latitude': 0, 'position.longitude': lon, 'position.valid': valid });
	const track = trackOf([row(4, -177, true), row(3, -178, false), row(2, -179, true), row(1, 179, true)]);
	const lons = (line: ArrayLike<number>): number[] => Array.from(line).filter((_, i) => i % 2 === 0).map((x) => Math.round(x * 360 - 180));
	expect([lons(track.line), track.doubtful.map(lons)]).toEqual([[179, 181, 183], [[181, 182, 183]]]);
});

test('a way over the antimeridian goes on', () => {
	const row = (timestamp: number, lon: number): Message => ({ timestamp, 'position.latitude': 0, 'position.longitude': lon });
	const track = trackOf([row(3, 179), row(2, -179), row(1, 179.5)]);
	expect([track.line[0]!, track.line[2]!, track.line[4]!].map((x) => x * 360 - 180).map(Math.round)).toEqual([180, 181, 179]);
});

test('stops: arrival, how long, and the way since the last one', () => {
	const track = trackOf(journey);
	const stops = stopsOf(track, restsOf(track), 180);
	expect(stops.map(({ from, to }) => [from, to])).toEqual([[70, 320], [390, 4000]]);
	expect(stops[0]!.driven).toBeCloseTo(1100, -1);
	expect(stops[1]!.driven).toBeCloseTo(1050, -1);
	expect(stops.some((stop) => stop.isOpen)).toBe(false);
	expect(stopsOf(track, restsOf(track), 300)).toHaveLength(1);
	const standing = trackOf(rowsOf([[0, 0, 0], [200, 10, 0]]));
	expect(stopsOf(standing, restsOf(standing), 180)).toMatchObject([{ from: 0, to: 200, isOpen: true }]);
});

test('standing at another place is another stop', () => {
	const track = trackOf(rowsOf([[0, 0, 0], [300, 0, 0], [310, 5000, 0], [700, 5000, 0]]));
	expect(stopsOf(track, restsOf(track), 180).map(({ from, to }) => [from, to])).toEqual([[0, 300], [310, 700]]);
});

test('totals', () => {
	const track = trackOf(journey);
	const total = totalsOf(track, restsOf(track), 180);
	expect(total.distance).toBeCloseTo(3190, -1);
	expect(total.standing).toBe(250 + 3610); // as the stops say
	expect(total.driving).toBe(4060 - 3860);
	expect(total.fastest).toBe(60);
	expect(total.average).toBeCloseTo((total.distance / 200) * 3.6, 3);
	// a gap with another place at its end is a straight line that nobody saw
	const jump = trackOf(rowsOf([[0, 0, 50], [60, 1000, 50], [4000, 9000, 50]]));
	expect(totalsOf(jump, restsOf(jump), 180)).toMatchObject({ driving: 60, standing: 0 });
	expect(totalsOf(jump, restsOf(jump), 180).unseen).toBeCloseTo(8000, -1);
	// of a part, only what lies in it counts: ten minutes of the hour that it stood, half of the last kilometre
	expect(totalsOf(track, restsOf(track), 180, { from: 1000, to: 1600 })).toMatchObject({ distance: 0, driving: 0, standing: 600, fastest: null });
	const half = totalsOf(track, restsOf(track), 180, { from: 4000, to: 4030 });
	expect(half).toMatchObject({ driving: 30, standing: 0, fastest: 40 });
	expect(half.distance).toBeCloseTo(500, -1);
	expect(totalsOf(trackOf([]), [], 180)).toMatchObject({ distance: 0, fastest: null, average: null });
});

test('a jump that no vehicle makes is a gap, and not counted', () => {
	const track = trackOf(rowsOf([[0, 0, 50], [60, 1000, 60], [90, 20_000, 60], [150, 21_000, 60]]));
	expect([1, 2, 3].map((i) => isGap(track, i))).toEqual([false, true, false]);
	const total = totalsOf(track, restsOf(track), 180);
	expect(total).toMatchObject({ unseen: 0, jumps: 1, driving: 120, fastest: 60 });
	expect(total.distance).toBeCloseTo(2000, -1);
	expect(total.average).toBeCloseTo(60, 0);
	expect(momentAt(track, 75)).toMatchObject({ index: 1, y: track.line[3], isUnknown: true }); // it does not glide over
	expect(totalsOf(track, restsOf(track), 180, { from: 70, to: 90 }).jumps).toBe(1);
	expect(totalsOf(track, restsOf(track), 180, { from: 90, to: 150 }).jumps).toBe(0);
	// a fast train is none, nor a bad fix
	expect([...trackOf(rowsOf([[0, 0, 290], [10, 805, 290], [11, 1200, 290]])).jump]).toEqual([0, 0, 0]);
});

test('jumps in no time, and of a clock that went back', () => {
	const track = trackOf(rowsOf([[100, 0, 50], [100, 300, 50], [100, 9000, 50], [40, 20_000, 50], [40, 20_100, 50]]));
	expect([...track.jump]).toEqual([0, 0, 1, 1, 0]);
	expect(track.along[4]).toBeCloseTo(400, -1);
	const standstill = trackOf(rowsOf([[100, 0, 50], [100, 9000, 50]]));
	expect(totalsOf(standstill, restsOf(standstill), 180)).toMatchObject({ distance: 0, driving: 0, jumps: 1, average: null });
});

test('colours of speeds', () => {
	expect([scaleOf([]), scaleOf([NaN, 25]), scaleOf([95])]).toEqual([30, 30, 120]);
	expect(scaleOf([...Array.from({ length: 500 }, () => 50), 400])).toBe(60); // one odd value moves nothing
	expect(rampAt(['#000000', '#ffffff'], 0.5)).toBe('#808080');
	expect(colours(['#000000', '#ff0000'])).toHaveLength(STEPS);
	expect([stepOf(0, 120), stepOf(NaN, 120), stepOf(500, 120)]).toEqual([0, 0, STEPS - 1]);
});

test('a moment between two points', () => {
	const track = trackOf(journey);
	expect(momentAt(track, 30)).toMatchObject({ index: 0, speed: 55, isUnknown: false });
	expect(momentAt(track, 30)!.y).toBeCloseTo((track.line[1]! + track.line[3]!) / 2, 12);
	expect(momentAt(track, 2000)).toMatchObject({ index: 8, isUnknown: true });
	expect(momentAt(track, -5)).toMatchObject({ index: 0, isUnknown: true });
	expect([momentAt(track, 4100)!.isUnknown, momentAt(track, 5000)!.isUnknown]).toEqual([false, true]);
	expect(momentAt(trackOf([]), 0)).toBeNull();
});

test('playing goes on to the end, and passes over silence', () => {
	const track = trackOf(journey);
	expect(advance(track, 0, 1000, 10)).toBe(10);
	expect(advance(track, 389, 1000, 10)).toBe(399); // the beginning of the silence is still seen
	expect(advance(track, 399, 1000, 10)).toBe(3990);
	expect(advance(track, 4055, 1000, 300)).toBe(4060);
});
