// Speeds as colours.

export const STEPS = 24;

/** The end of the scale: a round number that is not below the speeds, but for a few odd ones. */
export function scaleOf(speeds: ArrayLike<number>): number {
	const told = Float32Array.from(speeds).filter((speed) => !Number.isNaN(speed)).sort();
	const high = told[Math.floor((told.length - 1) * 0.99)] ?? 0;
	return [30, 60, 90, 120, 140, 160, 200, 300].find((end) => end >= high) ?? 500;
}

const part = (colour: string, at: number): number => parseInt(colour.slice(at, at + 2), 16);

function mix(a: string, b: string, share: number): string {
	const parts = [1, 3, 5].map((at) => Math.round(part(a, at) + (part(b, at) - part(a, at)) * share));
	return '#' + parts.map((value) => value.toString(16).padStart(2, '0')).join('');
}

/** The colour at a share 0..1 of a row of colours #rrggbb. */
export function rampAt(ramp: readonly string[], share: number): string {
	const place = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
	const index = Math.min(ramp.length - 2, Math.floor(place));
	return mix(ramp[index]!, ramp[index + 1]!, place - index);
}

/** STEPS colours from 0 to the end of the scale. */
export const colours = (ramp: readonly string[]): string[] => Array.from({ length: STEPS }, (_, i) => rampAt(ramp, i / (STEPS - 1)));

/** The place of a speed in colours(). A speed that was not told is drawn as none. */
export const stepOf = (speed: number, end: number): number => Math.round(Math.min(1, Math.max(0, (speed || 0) / end)) * (STEPS - 1));
