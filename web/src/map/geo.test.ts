import { expect, test } from 'vitest';
import { boxOf, latOf, lonOf, metres, nearCopy, tightBox, turn, wrapLon, xOf, yOf } from './geo';

test('places go to the square and back', () => {
	expect([xOf(-180), xOf(0), yOf(0)]).toEqual([0, 0.5, 0.5]);
	for (const [lat, lon] of [[52.23, 21.01], [-33.9, -70], [84.9, 179.9]] as const) {
		expect(latOf(yOf(lat))).toBeCloseTo(lat, 9);
		expect(lonOf(xOf(lon))).toBeCloseTo(lon, 9);
	}
	expect(yOf(90)).toBeCloseTo(0, 9);
	expect(yOf(-90)).toBeCloseTo(1, 9);
});

test('distances along the great circle', () => {
	expect(metres(0, 0, 0, 1)).toBeCloseTo(111195, 0);
	expect(metres(52, 179.9, 52, -179.9) / 1000).toBeCloseTo(13.69, 1);
	expect(metres(10, 20, 10, 20)).toBe(0);
});

test('the world repeats', () => {
	expect(nearCopy(0.99, 0.01)).toBeCloseTo(-0.01, 9);
	expect(nearCopy(0.2, 3.3)).toBeCloseTo(3.2, 9);
	expect(wrapLon(190)).toBe(-170);
	expect(wrapLon(-190)).toBe(170);
	expect(wrapLon(180)).toBe(180);
});

test('turns go the shorter way', () => {
	expect(turn(350, 10)).toBe(20);
	expect(turn(10, 350)).toBe(-20);
});

test('a box around places on both sides of the antimeridian is narrow', () => {
	expect(boxOf([])).toBeNull();
	expect(tightBox([0.1, 0.2, 0.3, 0.4])).toEqual({ left: 0.1, top: 0.2, right: 0.3, bottom: 0.4 });
	const fiji = tightBox([0.99, 0.5, 0.01, 0.52, 0.995, 0.51])!;
	expect(fiji.right - fiji.left).toBeCloseTo(0.02, 9);
	// all around the world: what is left out is the widest gap
	const around = tightBox([0.1, 0, 0.4, 0, 0.65, 0, 0.9, 0])!;
	expect([around.left, around.right]).toEqual([0.4, 1.1]);
	expect(tightBox([0.1, 0, 0.3, 0, 0.5, 0, 0.7, 0])).toEqual({ left: 0.1, top: 0, right: 0.7, bottom: 0 });
});
