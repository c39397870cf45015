// The way of a device: coloured by speed, dotted over silence and jumps, with its stops, its beginning and its end.
import type { Span } from '../device/store';
import { CanvasLayer } from '../map/canvas-layer';
import { nearCopy } from '../map/geo';
import { FONT, palette } from '../map/palette';
import { Room } from '../map/room';
import { trace } from '../map/trace';
import type { View } from '../map/view';
import { colours, stepOf, STEPS } from './speed';
import type { Stop } from './stops';
import { isGap, pointsOf, type Track } from './track';

type Context = CanvasRenderingContext2D;

const WIDTH = 4.5;
const NEAR = 1.3; // pixels: points that are closer to the one before are left out
const CHEVRON_PX = 110;
const STOP_RADIUS = 10;
const MARGIN = 30;

export class TrackLayer extends CanvasLayer {
	track: Track | null = null;
	scale = 60;
	stops: Stop[] = [];
	zoom: Span | null = null;
	/** Whether positions without a fix are drawn. */
	showsDoubtful = false;
	/** Of the stop that is pointed at; -1: none. */
	marked = -1;

	constructor() {
		super('overlayPane');
	}

	/** The copy of the world in which the track is nearest to the middle. */
	shift(view: View): number {
		const x = this.track?.line[0] ?? this.track?.doubtful[0]?.[0] ?? 0.5;
		return nearCopy(x, (view.left + view.width / 2) / view.scale) - x;
	}

	protected override paint(context: Context, view: View): void {
		const { track } = this;
		if (!track) return;
		context.lineCap = context.lineJoin = 'round';
		const shift = this.shift(view);
		if (this.showsDoubtful) this.paintDoubtful(context, view, shift);
		if (!track.count) return;
		const [first, last] = this.zoom ? pointsOf(track, this.zoom) : [0, track.count];
		if (this.zoom) {
			context.globalAlpha = 0.3;
			paintWay(context, view, shift, track, this.scale, 0, track.count);
			context.globalAlpha = 1;
		}
		paintWay(context, view, shift, track, this.scale, first, last);
		this.paintStops(context, view, shift);
		paintEnd(context, view, shift, track, last - 1, 'end');
		paintEnd(context, view, shift, track, first, 'start');
	}

	private paintDoubtful(context: Context, view: View, shift: number): void {
		context.strokeStyle = palette().gap;
		context.lineWidth = 1.5;
		context.setLineDash([5, 5]);
		for (const line of this.track!.doubtful) {
			context.beginPath();
			trace(context, line, view, shift);
			context.stroke();
		}
		context.setLineDash([]);
		context.fillStyle = palette().casing;
		for (const line of this.track!.doubtful)
			for (let i = 0; i < line.length; i += 2) {
				const x = (line[i]! + shift) * view.scale - view.left;
				const y = line[i + 1]! * view.scale - view.top;
				if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
				context.beginPath();
				context.arc(x, y, 3, 0, 2 * Math.PI);
				context.fill();
				context.stroke();
			}
	}

	private paintStops(context: Context, view: View, shift: number): void {
		const colour = palette();
		const room = new Room();
		context.font = `600 11px ${FONT}`;
		context.textAlign = 'center';
		context.textBaseline = 'middle';
		const order = this.stops.map((_, i) => i).sort((a, b) => Number(b === this.marked) - Number(a === this.marked));
		for (const i of order) {
			const stop = this.stops[i]!;
			const x = (this.track!.line[2 * stop.first]! + shift) * view.scale - view.left;
			const y = this.track!.line[2 * stop.first + 1]! * view.scale - view.top;
			if (x < -MARGIN || y < -MARGIN || x > view.width + MARGIN || y > view.height + MARGIN) continue;
			const hasRoom = room.take(x - STOP_RADIUS, y - STOP_RADIUS, 2 * STOP_RADIUS, 2 * STOP_RADIUS);
			context.beginPath();
			context.arc(x, y, hasRoom ? STOP_RADIUS : 4, 0, 2 * Math.PI);
			context.fillStyle = i === this.marked ? colour.select : colour.stop;
			context.strokeStyle = colour.casing;
			context.lineWidth = 2.5;
			context.stroke();
			context.fill();
			context.fillStyle = colour.stopText;
			if (hasRoom) context.fillText(String(i + 1), x, y + 0.5);
		}
	}
}

/** Lines of one colour, x,y of both ends. */
type Strokes = number[][];

/** Cuts the way into short lines, by colour; `silent` are those over gaps. */
function cut(view: View, shift: number, track: Track, scale: number, first: number, last: number): { strokes: Strokes; silent: number[]; chevrons: number[] } {
	const strokes: Strokes = Array.from({ length: STEPS }, () => []);
	const silent: number[] = [];
	const chevrons: number[] = [];
	let [beforeX, beforeY] = [0, 0];
	let along = CHEVRON_PX / 2;
	for (let i = first; i < last; i++) {
		const x = (track.line[2 * i]! + shift) * view.scale - view.left;
		const y = track.line[2 * i + 1]! * view.scale - view.top;
		const gap = isGap(track, i);
		const length = Math.hypot(x - beforeX, y - beforeY);
		if (i > first && length < NEAR && !gap && i < last - 1 && !isGap(track, i + 1)) continue;
		const isSeen = i > first && Math.max(x, beforeX) > -MARGIN && Math.min(x, beforeX) < view.width + MARGIN && Math.max(y, beforeY) > -MARGIN && Math.min(y, beforeY) < view.height + MARGIN;
		if (isSeen) (gap ? silent : strokes[stepOf(track.speed[i]!, scale)]!).push(beforeX, beforeY, x, y);
		along += gap ? 0 : length;
		if (isSeen && !gap && along > CHEVRON_PX && length > 5) {
			chevrons.push((x + beforeX) / 2, (y + beforeY) / 2, Math.atan2(y - beforeY, x - beforeX));
			along = 0;
		}
		[beforeX, beforeY] = [x, y];
	}
	return { strokes, silent, chevrons };
}

function path(context: Context, lines: number[]): void {
	for (let i = 0; i < lines.length; i += 4) {
		context.moveTo(lines[i]!, lines[i + 1]!);
		context.lineTo(lines[i + 2]!, lines[i + 3]!);
	}
}

function paintWay(context: Context, view: View, shift: number, track: Track, scale: number, first: number, last: number): void {
	const colour = palette();
	const { strokes, silent, chevrons } = cut(view, shift, track, scale, first, last);
	context.beginPath();
	path(context, silent);
	context.setLineDash([1, 7]);
	context.lineWidth = 2.5;
	context.strokeStyle = colour.gap;
	context.stroke();
	context.setLineDash([]);
	context.beginPath();
	for (const lines of strokes) path(context, lines);
	context.lineWidth = WIDTH + 3;
	context.strokeStyle = colour.casing;
	context.stroke();
	context.lineWidth = WIDTH;
	colours(colour.ramp).forEach((style, step) => {
		context.beginPath();
		path(context, strokes[step]!);
		context.strokeStyle = style;
		context.stroke();
	});
	context.beginPath();
	for (let i = 0; i < chevrons.length; i += 3) chevron(context, chevrons[i]!, chevrons[i + 1]!, chevrons[i + 2]!);
	context.lineWidth = 1.6;
	context.strokeStyle = colour.casing;
	context.stroke();
}

/** Which way it went. */
function chevron(context: Context, x: number, y: number, angle: number): void {
	const [c, s] = [Math.cos(angle), Math.sin(angle)];
	const at = (ahead: number, aside: number): [number, number] => [x + c * ahead - s * aside, y + s * ahead + c * aside];
	context.moveTo(...at(-1.6, -3));
	context.lineTo(...at(1.6, 0));
	context.lineTo(...at(-1.6, 3));
}

/** A pin: what lies at the place stays visible. */
function paintEnd(context: Context, view: View, shift: number, track: Track, i: number, which: 'start' | 'end'): void {
	if (i < 0 || i >= track.count) return;
	const x = (track.line[2 * i]! + shift) * view.scale - view.left;
	const y = track.line[2 * i + 1]! * view.scale - view.top;
	const head = y - 22;
	const colour = palette();
	context.beginPath();
	context.moveTo(x, y);
	context.quadraticCurveTo(x - 1.5, y - 8, x - 8.2, head + 4.5);
	context.arc(x, head, 9.3, Math.PI - 0.5, 0.5);
	context.quadraticCurveTo(x + 1.5, y - 8, x, y);
	context.closePath();
	context.lineWidth = 3;
	context.strokeStyle = colour.casing;
	context.stroke();
	context.fillStyle = colour[which];
	context.fill();
	context.fillStyle = colour.casing;
	context.beginPath();
	if (which === 'end') context.rect(x - 3.2, head - 3.2, 6.4, 6.4);
	else {
		context.moveTo(x - 2.6, head - 4.4);
		context.lineTo(x + 4.6, head);
		context.lineTo(x - 2.6, head + 4.4);
	}
	context.fill();
}
