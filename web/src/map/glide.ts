// Markers glide from where they are seen to where they are, instead of jumping.
import { nearCopy } from './geo';

/** In the square of geo.ts; times in milliseconds. */
export interface Glide {
	fromX: number;
	fromY: number;
	toX: number;
	toY: number;
	start: number;
	end: number;
}

/** A glide takes as long as the device lately needed from position to position, within this. */
const LONGEST_MS = 1000;
const SHORTEST_MS = 150;
/** Farther than so much of the world is no way that was driven between two positions. */
const FARTHEST = 0.01;

export const still = (x: number, y: number): Glide => ({ fromX: x, fromY: y, toX: x, toY: y, start: 0, end: 0 });

const share = (g: Glide, now: number): number => (now >= g.end ? 1 : Math.max(0, (now - g.start) / (g.end - g.start)));

export const glideX = (g: Glide, now: number): number => g.fromX + (g.toX - g.fromX) * share(g, now);
export const glideY = (g: Glide, now: number): number => g.fromY + (g.toY - g.fromY) * share(g, now);

/** From where it is seen at `now` to x, y: changes the glide. The way is the shorter one around the world. */
export function glideTo(g: Glide, x: number, y: number, now: number, mayMove: boolean): void {
	const seenX = glideX(g, now);
	const seenY = glideY(g, now);
	const isFar = Math.abs(nearCopy(seenX, x) - x) + Math.abs(seenY - y) > FARTHEST;
	const length = mayMove && !isFar ? Math.min(LONGEST_MS, Math.max(SHORTEST_MS, now - g.start)) : 0;
	g.fromX = length ? nearCopy(seenX, x) : x;
	g.fromY = length ? seenY : y;
	g.toX = x;
	g.toY = y;
	g.start = now;
	g.end = now + length;
}
