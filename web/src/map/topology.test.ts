import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lonOf, xOf, yOf } from './geo';
import { contains, countryAt, labelOf, natural, unwrap, worldOf, type Atlas, type Shape } from './topology';
import { trace } from './trace';
import { between, copies, ease } from './view';

const world = worldOf(JSON.parse(readFileSync('node_modules/world-atlas/countries-50m.json', 'utf8')) as Atlas);

const widest = (shapes: Shape[]): number =>
	Math.max(...shapes.map(({ line }) => {
		let most = 0;
		for (let i = 2; i < line.length; i += 2) most = Math.max(most, Math.abs(line[i]! - line[i - 2]!));
		return most;
	}));

test('nothing jumps at the antimeridian', () => {
	expect(world.countries.length).toBeGreaterThan(200);
	expect(widest(world.coasts)).toBeLessThan(0.05);
	expect(widest(world.borders)).toBeLessThan(0.1);
	const russia = world.countries.find((one) => one.name === 'Russia')!;
	expect(widest(russia.rings)).toBeLessThan(0.05);
	expect(Math.max(...russia.rings.map(({ box }) => lonOf(box.right)))).toBeGreaterThan(185);
});

test('no coast is drawn along the edge of the world', () => {
	const edges = natural([[170, 1], [180, 2], [180, 3], [170, 4]]);
	expect(edges).toEqual([[[170, 1], [180, 2]], [[180, 3], [170, 4]]]);
	expect(natural([[0, -89.999], [1, -89.999]])).toEqual([]);
});

test('a ring around the pole is closed there', () => {
	const ring = unwrap([[-180, -70], [-60, -70], [60, -70], [-180, -70]], true);
	expect([...ring].slice(-4)).toEqual([1, 1, 0, 1]);
	expect(contains([{ line: ring, box: { left: 0, right: 1, top: 0, bottom: 1 } }], 0.4, 0.99)).toBe(true);
});

test('countries are found by place, on both sides of the antimeridian', () => {
	const at = (lat: number, lon: number): string => countryAt(world, xOf(lon), yOf(lat));
	expect(at(52.2, 21)).toBe('Poland');
	expect(at(66, -172)).toBe('Russia');
	expect(at(66, 188)).toBe('Russia');
	expect(at(-80, 0)).toBe('Antarctica');
	expect(at(0, -30)).toBe('');
});

test('a name stands inside of its country', () => {
	for (const name of ['Norway', 'Chile', 'Vietnam', 'Poland', 'Russia', 'Croatia']) {
		const country = world.countries.find((one) => one.name === name)!;
		expect(contains(country.rings, country.label.x, country.label.y), name).toBe(true);
	}
	const square = Float64Array.from([0, 0, 0.2, 0, 0.2, 0.2, 0, 0.2, 0, 0]);
	const label = labelOf({ line: square, box: { left: 0, top: 0, right: 0.2, bottom: 0.2 } });
	expect(label.x).toBeCloseTo(0.1);
	expect(label.width).toBeCloseTo(0.2);
});

function drawn(line: number[], view: { scale: number; left: number; top: number; width: number; height: number }): number[][] {
	const points: number[][] = [];
	trace({ moveTo: (x, y) => points.push([x, y]), lineTo: (x, y) => points.push([x, y]) }, line, view);
	return points;
}

test('what cannot be seen of a line is left out, what can stays', () => {
	const view = { scale: 1000, left: 0, top: 0, width: 100, height: 100 };
	expect(drawn([-0.5, 0, -0.4, 0.05, -0.3, 0.02, -0.2, 0], view)).toEqual([[-500, 0], [-200, 0]]);
	// from one side to the other, right through the view
	expect(drawn([-0.5, 0.05, -0.1, 0.05, 0.2, 0.05, 0.3, 0.05], view)).toEqual([[-500, 50], [-100, 50], [200, 50], [300, 50]]);
	// three points within a pixel
	expect(drawn([0.01, 0.01, 0.0101, 0.0101, 0.0102, 0.0102, 0.05, 0.05], view)).toHaveLength(2);
});

test('views: copies of the world, and what lies between two', () => {
	expect(copies({ scale: 512, left: -600, top: 0, width: 1400, height: 10 })).toEqual([-2, -1, 0, 1]);
	const a = { scale: 256, left: 0, top: 0, width: 10, height: 10 };
	expect(between(a, { ...a, scale: 512, left: 100 }, 0.5)).toEqual({ ...a, scale: 384, left: 50 });
	expect([ease(0), ease(1)]).toEqual([0, 1]);
	expect(ease(0.5)).toBeGreaterThan(0.8);
});
