import { expect, test } from 'vitest';
import { RateSeries, Series } from './series';

test('a series forgets what is older than its room', () => {
	const s = new Series(3);
	[1, 2, 3, 4].forEach((v) => s.push(v));
	expect(s.values).toEqual([2, 3, 4]);
	expect(s.last).toBe(4);
	expect(new Series(3).last).toBe(0);
});

test('a rate is what came between two steps', () => {
	const s = new RateSeries(10);
	s.add();
	s.add(9);
	s.step(2);
	s.step(2);
	expect(s.values).toEqual([5, 0]);
	expect(s.mean()).toBe(2.5);
});
