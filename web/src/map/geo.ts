// The earth as the maps draw it: Web Mercator in a square of side 1, x from the antimeridian eastward, y from
// 85.05° north southward. A place beyond the antimeridian has an x below 0 or above 1.

const RADIANS = Math.PI / 180;
const EARTH_M = 6371008.8;
/** Where the square ends. */
const MAX_LAT = 85.0511287798066;

export const xOf = (lon: number): number => lon / 360 + 0.5;

export function yOf(lat: number): number {
	const s = Math.sin(Math.min(MAX_LAT, Math.max(-MAX_LAT, lat)) * RADIANS);
	return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
}

export const lonOf = (x: number): number => (x - 0.5) * 360;
export const latOf = (y: number): number => Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) / RADIANS;

/** -180..180 of any longitude. */
export const wrapLon = (lon: number): number => (lon >= -180 && lon <= 180 ? lon : ((((lon + 180) % 360) + 360) % 360) - 180);

/** The copy of x in the repeated world that is nearest to `centre`. */
export const nearCopy = (x: number, centre: number): number => x + Math.round(centre - x);

/** Metres along the great circle. */
export function metres(lat1: number, lon1: number, lat2: number, lon2: number): number {
	const dLat = Math.sin(((lat2 - lat1) * RADIANS) / 2);
	const dLon = Math.sin(((lon2 - lon1) * RADIANS) / 2);
	const a = dLat * dLat + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * dLon * dLon;
	return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** The shorter way round from one direction to another, -180..180 degrees. */
export const turn = (from: number, to: number): number => ((((to - from) % 360) + 540) % 360) - 180;

export interface Box {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

/** Around points x,y,x,y…; null: there are none. */
export function boxOf(points: ArrayLike<number>): Box | null {
	if (!points.length) return null;
	const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
	for (let i = 0; i < points.length; i += 2) {
		box.left = Math.min(box.left, points[i]!);
		box.right = Math.max(box.right, points[i]!);
		box.top = Math.min(box.top, points[i + 1]!);
		box.bottom = Math.max(box.bottom, points[i + 1]!);
	}
	return box;
}

/** The narrowest box around all places: what lies on both sides of the antimeridian is not spread over the
 *  whole world. `places` are x,y,x,y… */
export function tightBox(places: ArrayLike<number>): Box | null {
	const plain = boxOf(places);
	if (!plain || plain.right - plain.left <= 0.5) return plain;
	const xs: number[] = [];
	for (let i = 0; i < places.length; i += 2) xs.push(places[i]!);
	xs.sort((a, b) => a - b);
	let gap = 1 - (xs.at(-1)! - xs[0]!);
	let start = 0; // the box begins at this one and goes eastward
	for (let i = 1; i < xs.length; i++)
		if (xs[i]! - xs[i - 1]! > gap) {
			gap = xs[i]! - xs[i - 1]!;
			start = i;
		}
	return start ? { ...plain, left: xs[start]!, right: xs[start - 1]! + 1 } : plain;
}
