// Markers are drawn once for each state and direction, and then only copied: thousands fit into a frame.
import { STATES, type State } from '../fleet/state';
import type { Palette } from './palette';

const HEADINGS = 36;
const LIFT = 0.7; // of the shadow, in pixels

export interface Size {
	/** Pixels from tip to tail. */
	arrow: number;
	dot: number;
	/** Of the light line around. */
	line: number;
}

const LARGE: Size = { arrow: 21, dot: 14, line: 2 };
const SMALL: Size = { arrow: 11, dot: 7, line: 1.25 };

export class Sprites {
	readonly canvas = document.createElement('canvas');
	/** Width and height of one, in pixels of the canvas. */
	readonly cell: number;

	constructor(colours: Palette, readonly ratio: number, readonly isSmall: boolean) {
		const size = isSmall ? SMALL : LARGE;
		this.cell = Math.ceil((size.arrow + 2 * size.line + 6) * ratio);
		this.canvas.width = this.cell * HEADINGS;
		this.canvas.height = this.cell * STATES.length;
		const context = this.canvas.getContext('2d')!;
		STATES.forEach((state, row) => {
			const count = state === 'moving' ? HEADINGS : 1;
			for (let column = 0; column < count; column++) {
				context.setTransform(ratio, 0, 0, ratio, (column + 0.5) * this.cell, (row + 0.5) * this.cell);
				drawMarker(context, state, (column * 360) / HEADINGS, size, colours);
			}
		});
	}

	/** Where it begins in the canvas. */
	x(state: State, direction: number): number {
		return state === 'moving' ? (((Math.round((direction * HEADINGS) / 360) % HEADINGS) + HEADINGS) % HEADINGS) * this.cell : 0;
	}

	y(state: State): number {
		return STATES.indexOf(state) * this.cell;
	}
}

function arrow(context: CanvasRenderingContext2D, length: number): void {
	const h = length / 2;
	context.moveTo(0, -h);
	context.lineTo(h * 0.78, h * 0.92);
	context.quadraticCurveTo(0, h * 0.38, -h * 0.78, h * 0.92);
	context.closePath();
}

/** Around 0, 0. */
export function drawMarker(context: CanvasRenderingContext2D, state: State, direction: number, size: Size, colours: Palette): void {
	context.save();
	context.rotate((direction * Math.PI) / 180);
	context.lineJoin = 'round';
	context.beginPath();
	if (state === 'moving') arrow(context, size.arrow);
	else context.arc(0, 0, size.dot / 2, 0, 2 * Math.PI);
	context.shadowColor = colours.shade;
	context.shadowBlur = 3 * LIFT * context.getTransform().a;
	context.shadowOffsetY = LIFT;
	context.strokeStyle = colours.casing;
	context.lineWidth = 2 * size.line;
	context.stroke();
	context.shadowColor = 'transparent';
	const isHollow = state === 'offline' || state === 'never';
	context.fillStyle = isHollow ? colours.casing : colours[state];
	context.fill();
	if (isHollow) {
		context.beginPath();
		context.arc(0, 0, size.dot / 2 - size.line / 2, 0, 2 * Math.PI);
		context.lineWidth = size.line * 1.2;
		context.strokeStyle = colours.offline;
		context.stroke();
	}
	if (state === 'idle') {
		context.beginPath();
		context.arc(0, 0, size.dot / 5, 0, 2 * Math.PI);
		context.fillStyle = colours.casing;
		context.fill();
	}
	context.restore();
}

export const sizeOf = (isSmall: boolean): Size => (isSmall ? SMALL : LARGE);
