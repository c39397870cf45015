import { expect, test, vi } from 'vitest';
import type { Position } from '../fleet/store';
import { Trail } from './trail';

vi.mock('../lib/api', () => ({}));
vi.mock('./palette', () => ({}));

const at = (seconds: number, lon: number): Position => ({ at: seconds, lat: 0, lon, speed: 50, direction: 90, valid: true });
const lons = ({ line }: Trail): number[] => line.filter((_, i) => i % 2 === 0).map((x) => Math.round(x * 360 - 180));

test('a trail grows, and begins anew after a silence', () => {
	const trail = new Trail();
	[at(0, 1), at(10, 2), at(20, 3)].forEach((position) => trail.add(position, 1));
	expect(lons(trail)).toEqual([1, 2]);
	trail.add(at(5000, 40), 1); // where it went meanwhile nobody knows
	expect(lons(trail)).toEqual([]);
	trail.add(at(5010, 41), 1);
	expect(lons(trail)).toEqual([40]);
});
