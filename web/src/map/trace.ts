// Adds lines to a path of a canvas: only what can be seen of them, and no more points than pixels.
import type { View } from './view';

/** What a path is asked to do. */
export interface Pen {
	moveTo(x: number, y: number): void;
	lineTo(x: number, y: number): void;
}

const MARGIN = 12;
const NEAR = 0.75;

/** `shift` is the copy of the world, in worlds. A point is left out when it and its neighbours lie on the same
 *  side outside of the view: the line between the neighbours cannot be seen either. */
export function trace(pen: Pen, line: ArrayLike<number>, view: View, shift = 0, from = 0, to = line.length / 2): number {
	const { scale, left, top, width, height } = view;
	const zone = (x: number, y: number): number =>
		(x < -MARGIN ? 1 : x > width + MARGIN ? 2 : 0) | (y < -MARGIN ? 4 : y > height + MARGIN ? 8 : 0);
	let drawn = 0;
	let [lastX, lastY, lastZone] = [0, 0, 0];
	let x = (line[2 * from]! + shift) * scale - left;
	let y = line[2 * from + 1]! * scale - top;
	let here = zone(x, y);
	for (let i = from; i < to; i++) {
		const isLast = i + 1 === to;
		const nextX = isLast ? x : (line[2 * i + 2]! + shift) * scale - left;
		const nextY = isLast ? y : line[2 * i + 3]! * scale - top;
		const next = isLast ? here : zone(nextX, nextY);
		if (i === from) pen.moveTo(x, y);
		else if (!isLast && (lastZone & here & next || Math.abs(x - lastX) + Math.abs(y - lastY) < NEAR)) {
			[x, y, here] = [nextX, nextY, next];
			continue;
		} else pen.lineTo(x, y);
		drawn++;
		[lastX, lastY, lastZone] = [x, y, here];
		[x, y, here] = [nextX, nextY, next];
	}
	return drawn;
}
