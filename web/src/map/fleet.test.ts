import { expect, test } from 'vitest';
import { Piles } from './crowds';
import { glideTo, glideX, glideY, still } from './glide';
import { Room } from './room';

test('a marker glides for as long as it lately took', () => {
	const g = still(0.5, 0.5);
	glideTo(g, 0.501, 0.5, 10_000, true);
	expect(g.end - g.start).toBe(1000);
	expect(glideX(g, 10_000)).toBe(0.5);
	expect(glideX(g, 10_500)).toBeCloseTo(0.5005, 9);
	glideTo(g, 0.502, 0.5, 10_500, true);
	expect(glideX(g, 10_500)).toBeCloseTo(0.5005, 9); // no jump
	expect(g.end).toBe(11_000);
	expect(glideX(g, 12_000)).toBe(0.502);
});

test('a marker jumps when it is far, or nothing may move', () => {
	const g = still(0.5, 0.5);
	glideTo(g, 0.7, 0.4, 1000, true);
	expect([glideX(g, 1000), glideY(g, 1000)]).toEqual([0.7, 0.4]);
	glideTo(g, 0.7001, 0.4, 2000, false);
	expect(glideX(g, 2000)).toBe(0.7001);
});

test('a glide goes the shorter way over the antimeridian', () => {
	const g = still(0.999, 0.5);
	glideTo(g, 0.001, 0.5, 10_000, true);
	expect(glideX(g, 10_500)).toBeCloseTo(0, 9);
});

test('markers on top of each other are counted', () => {
	const piles = new Piles();
	for (let i = 0; i < 100; i++) piles.begin(i * 50, 0); // far apart from each other
	expect(piles.crowds(20, 2, 500)).toEqual([]);
	const pile = piles.begin(210, 10);
	piles.add(pile);
	piles.add(pile);
	expect(piles.crowds(20, 2, 500)).toEqual([{ x: 210, y: 0, count: 4 }]);
	expect(piles.crowds(20, 2, 50)).toEqual([]);
	piles.clear();
	expect(piles.crowds(20, 1, 50)).toEqual([]);
});

test('labels do not cover each other', () => {
	const room = new Room();
	expect(room.take(0, 0, 50, 12)).toBe(true);
	expect(room.take(40, 5, 50, 12)).toBe(false);
	expect(room.take(51, 0, 200, 12)).toBe(true);
	expect(room.take(-40, 0, 30, 12)).toBe(true);
});
