// The way of a device, out of its messages: columns of numbers, the oldest first.
import type { Span } from '../device/store';
import type { Message } from '../fleet/store';
import { metres, nearCopy, xOf, yOf } from '../map/geo';

/** Seconds of silence after which nobody knows which way it went. */
export const GAP_S = 600;
/** Faster than this from one position to the next, and farther than a bad fix is off, is a jump: no vehicle went that way. */
export const JUMP_KMH = 300;
const JUMP_M = 500;

export interface Track {
	count: number;
	time: Float64Array;
	lat: Float64Array;
	lon: Float64Array;
	/** x,y,x,y… in the square of geo.ts; x goes on beyond its edge where the way crosses the antimeridian. */
	line: Float64Array;
	/** km/h; NaN: not told. */
	speed: Float32Array;
	direction: Float32Array;
	/** Metres from the beginning: silence in a straight line, jumps not at all. */
	along: Float64Array;
	/** 1: a jump from the point before. */
	jump: Uint8Array;
	/** Stretches x,y,x,y… over positions without a fix, each from the last good position to the next one. */
	doubtful: number[][];
}

interface Point {
	time: number;
	lat: number;
	lon: number;
	x: number;
	y: number;
	speed: number;
	direction: number;
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** `rows`: messages, the newest first; [first, last) of them. */
export function trackOf(rows: readonly Message[], first = 0, last = rows.length): Track {
	const points: Point[] = [];
	const doubtful: number[][] = [];
	let open: number[] | null = null; // a stretch without a fix that goes on
	let x = 0.5;
	for (let i = last - 1; i >= first; i--) {
		const m = rows[i]!;
		const lat = m['position.latitude'];
		const lon = m['position.longitude'];
		if (typeof lat !== 'number' || typeof lon !== 'number') continue;
		const before = points.at(-1);
		x = nearCopy(xOf(lon), x);
		const y = yOf(lat);
		if (m['position.valid'] === false) {
			open ??= before ? [before.x, before.y] : [];
			open.push(x, y);
			continue;
		}
		if (open) {
			doubtful.push([...open, x, y]);
			open = null;
		}
		points.push({ time: m.timestamp, lat, lon, x, y, speed: numberOf(m['position.speed'], NaN), direction: numberOf(m['position.direction'], before?.direction ?? 0) });
	}
	if (open) doubtful.push(open);
	return columns(points, doubtful);
}

function columns(points: Point[], doubtful: number[][]): Track {
	const count = points.length;
	const track: Track = {
		count, time: new Float64Array(count), lat: new Float64Array(count), lon: new Float64Array(count), line: new Float64Array(2 * count),
		speed: new Float32Array(count), direction: new Float32Array(count), along: new Float64Array(count), jump: new Uint8Array(count), doubtful,
	};
	points.forEach((p, i) => {
		const before = points[i - 1];
		track.time[i] = p.time;
		track.lat[i] = p.lat;
		track.lon[i] = p.lon;
		track.line[2 * i] = p.x;
		track.line[2 * i + 1] = p.y;
		track.speed[i] = p.speed;
		track.direction[i] = p.direction;
		if (!before) return;
		const way = metres(before.lat, before.lon, p.lat, p.lon);
		const isJump = way > JUMP_M && way * 3.6 > JUMP_KMH * (p.time - before.time);
		track.jump[i] = Number(isJump);
		track.along[i] = track.along[i - 1]! + (isJump ? 0 : way);
	});
	return track;
}

/** Whether nobody knows the way to a point from the one before it: there was silence, or it jumped. */
export const isGap = (track: Track, i: number): boolean => i > 0 && (track.jump[i] === 1 || track.time[i]! - track.time[i - 1]! > GAP_S);

/** The last point that is not later; -1: all are. */
export function indexAt(track: Track, time: number): number {
	let low = 0;
	let high = track.count;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (track.time[middle]! <= time) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

/** The points [first, last) of a span of time, with one more at each side, so that the way is whole. */
export function pointsOf(track: Track, span: Span): [number, number] {
	return [Math.max(0, indexAt(track, span.from)), Math.min(track.count, indexAt(track, span.to) + 2)];
}
