// Natural Earth's countries as lines and areas that a flat map can draw: nothing jumps at the antimeridian,
// and Antarctica reaches the lower edge.
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { boxOf, xOf, yOf, type Box } from './geo';

type Position = number[];
/** Points x,y,x,y… in the square of geo.ts. */
export type Line = Float64Array;

export interface Shape {
	line: Line;
	box: Box;
}

export interface Country {
	name: string;
	rings: Shape[];
	label: Label;
}

/** Where the name stands, and how much room there is. */
export interface Label {
	x: number;
	y: number;
	width: number;
}

export interface World {
	land: Shape[];
	coasts: Shape[];
	borders: Shape[];
	/** The widest first. */
	countries: Country[];
}

export type Atlas = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

const jump = (from: number, to: number): number => (to - from > 180 ? -360 : to - from < -180 ? 360 : 0);

/** Longitudes go on beyond ±180 instead of jumping to the other side. A ring that goes around a pole is closed
 *  there. */
export function unwrap(points: Position[], isRing: boolean): Line {
	const flat: number[] = [];
	let shift = 0;
	points.forEach(([lon = 0, lat = 0], i) => {
		if (i) shift += jump(points[i - 1]![0]!, lon);
		flat.push(xOf(lon + shift), yOf(lat));
	});
	if (isRing && shift) {
		const pole = points.reduce((sum, point) => sum + point[1]!, 0) < 0 ? 1 : 0;
		flat.push(flat.at(-2)!, pole, flat[0]!, pole);
	}
	return Float64Array.from(flat);
}

const isEdge = ([lon = 0, lat = 0]: Position): boolean => Math.abs(lon) > 179.99 || lat < -89;

/** The parts of a line that are there in nature, not where the world was cut open. */
export function natural(points: Position[]): Position[][] {
	const parts: Position[][] = [];
	let part: Position[] = [];
	points.forEach((point, i) => {
		if (i && isEdge(point) && isEdge(points[i - 1]!)) {
			parts.push(part);
			part = [];
		}
		part.push(point);
	});
	return [...parts, part].filter((one) => one.length > 1);
}

function shape(line: Line): Shape {
	return { line, box: boxOf(line)! };
}

function areaOf(line: Line): number {
	let sum = 0;
	for (let i = 0, before = line.length - 2; i < line.length; before = i, i += 2)
		sum += line[before]! * line[i + 1]! - line[i]! * line[before + 1]!;
	return Math.abs(sum / 2);
}

/** Where a ring crosses a parallel, from west to east. */
function crossings(line: Line, y: number): number[] {
	const found: number[] = [];
	for (let i = 0, before = line.length - 2; i < line.length; before = i, i += 2) {
		const y0 = line[before + 1]!;
		const y1 = line[i + 1]!;
		if (y0 > y !== y1 > y) found.push(line[before]! + ((y - y0) / (y1 - y0)) * (line[i]! - line[before]!));
	}
	return found.sort((a, b) => a - b);
}

const PARALLELS = 15;

/** In the widest part of the ring, rather in its middle. */
export function labelOf({ line, box }: Shape): Label {
	let best: Label = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, width: 0 };
	let bestScore = 0;
	for (let i = 1; i < PARALLELS; i++) {
		const share = i / PARALLELS;
		const y = box.top + share * (box.bottom - box.top);
		const xs = crossings(line, y);
		for (let k = 0; k + 1 < xs.length; k += 2) {
			const width = xs[k + 1]! - xs[k]!;
			const score = width * (1 - Math.abs(share - 0.5));
			if (score > bestScore) {
				bestScore = score;
				best = { x: (xs[k]! + xs[k + 1]!) / 2, y, width };
			}
		}
	}
	return best;
}

export function contains(rings: Shape[], x: number, y: number): boolean {
	let count = 0;
	for (const { line, box } of rings)
		if (y >= box.top && y <= box.bottom) count += crossings(line, y).filter((at) => at > x).length;
	return count % 2 === 1;
}

function ringsOf(geometry: GeoJSON.Geometry): Shape[] {
	const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
	return polygons.flatMap((polygon) => polygon.map((ring) => shape(unwrap(ring, true))));
}

function countryOf(one: GeoJSON.Feature<GeoJSON.Geometry, { name: string }>): Country | null {
	const rings = ringsOf(one.geometry);
	let main = rings[0];
	if (!main) return null;
	let area = 0;
	for (const ring of rings) {
		const its = areaOf(ring.line);
		if (its > area) [main, area] = [ring, its];
	}
	return { name: one.properties.name, rings, label: labelOf(main) };
}

export function worldOf(atlas: Atlas): World {
	const lines = (isBorder: boolean): Shape[] =>
		mesh(atlas, atlas.objects.countries, (a, b) => (a !== b) === isBorder)
			.coordinates.flatMap(natural)
			.map((part) => shape(unwrap(part, false)));
	return {
		land: feature(atlas, atlas.objects.land).features.flatMap((one) => ringsOf(one.geometry)),
		coasts: lines(false),
		borders: lines(true),
		countries: feature(atlas, atlas.objects.countries)
			.features.map(countryOf)
			.filter((one) => one !== null)
			.sort((a, b) => b.label.width - a.label.width),
	};
}

/** The country at a place, by its name; '' on the sea. */
export function countryAt(world: World, x: number, y: number): string {
	const inside = x - Math.floor(x);
	return world.countries.find(({ rings }) => [inside - 1, inside, inside + 1].some((copy) => contains(rings, copy, y)))?.name ?? '';
}
