// Meridians and parallels: how close they are drawn, and what they are called.

const MINUTE = 1 / 60;
const SECOND = 1 / 3600;
const STEPS = [30, 20, 10, 5, 2, 1, 30 * MINUTE, 20 * MINUTE, 10 * MINUTE, 5 * MINUTE, 2 * MINUTE, MINUTE, 30 * SECOND, 20 * SECOND, 10 * SECOND, 5 * SECOND, 2 * SECOND, SECOND];
const LEAST_PX = 110;

/** Degrees from line to line, so that they are at least so far apart on the screen. */
export const stepOf = (pixelsPerDegree: number): number => STEPS.findLast((step) => step * pixelsPerDegree >= LEAST_PX) ?? STEPS[0]!;

/** The multiples of `step` from `from` to `to`. */
export function linesOf(from: number, to: number, step: number): number[] {
	const lines: number[] = [];
	for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9 * step; i++) lines.push(i * step || 0); // not -0
	return lines;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** 52°, 52°30′, 52°13′30″: as exact as the step wants it. `letters`: what stands for above and below 0. */
export function degreeText(value: number, step: number, letters: string): string {
	const isMiddle = Math.abs(value) < 1e-9 || Math.abs(value) > 180 - 1e-9;
	const letter = isMiddle ? '' : letters[value > 0 ? 0 : 1];
	const seconds = Math.round(Math.abs(value) * 3600);
	let text = `${Math.floor(seconds / 3600)}°`;
	if (step < 0.999) text += `${two(Math.floor(seconds / 60) % 60)}′`;
	if (step < 0.999 * MINUTE) text += `${two(seconds % 60)}″`;
	return text + letter;
}
