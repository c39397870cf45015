import { expect, test } from 'vitest';
import { degreeText, linesOf, stepOf } from './graticule';

test('lines are never closer than they can be read', () => {
	for (let pixels = 4; pixels < 400_000; pixels *= 1.3) {
		const step = stepOf(pixels);
		expect(step * pixels).toBeGreaterThanOrEqual(110);
		expect(step * pixels).toBeLessThan(110 * 2.6);
	}
});

test('multiples of the step', () => {
	expect(linesOf(-11, 11, 10)).toEqual([-10, 0, 10]);
	expect(linesOf(52.2, 52.27, 1 / 60)).toHaveLength(5);
});

test('degrees, minutes and seconds', () => {
	expect(degreeText(52, 1, 'NS')).toBe('52°N');
	expect(degreeText(-0.5, 0.5, 'EW')).toBe('0°30′W');
	expect(degreeText(13 + 59 / 60, 1 / 60, 'EW')).toBe('13°59′E');
	expect(degreeText(-33.9125, 1 / 360, 'NS')).toBe('33°54′45″S');
	expect(degreeText(0, 10, 'NS')).toBe('0°');
	expect(degreeText(-180, 10, 'EW')).toBe('180°');
});
