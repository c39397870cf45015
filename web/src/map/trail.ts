// Where the selected device has just been: its last positions, and each new one as the marker gets there.
import type { Message, Position } from '../fleet/store';
import { get } from '../lib/api';
import { nearCopy, xOf, yOf } from './geo';
import { palette } from './palette';
import type { View } from './view';

const POINTS = 200;
const GAP_S = 600; // after such a silence it is another journey

export class Trail {
	/** x,y,x,y…, the oldest first, without the position that the marker glides to. */
	line: number[] = [];
	private last: Position | null = null;
	private abort = new AbortController();

	/** The trail of this device, which is at `position` now; 0: none. `told`: it has changed. */
	of(id: number, position: Position | null, told: () => void): void {
		this.abort.abort();
		this.line = [];
		this.last = position;
		if (!id) return;
		const abort = (this.abort = new AbortController());
		const data = { reverse: true, count: POINTS, fields: 'timestamp,position.latitude,position.longitude' };
		get<Message>(`gw/devices/${id}/messages`, { data, signal: abort.signal }).then(
			(found) => {
				if (abort.signal.aborted) return;
				this.line = trailOf(found);
				told();
			},
			() => undefined, // without messages' right, or lost: it grows from now on
		);
	}

	/** The device is at another position. */
	add(position: Position, now: number): void {
		const { last } = this;
		this.last = position;
		if (!last || !now || (last.lat === position.lat && last.lon === position.lon)) return;
		if (position.at - last.at > GAP_S) this.line = [];
		else this.line.push(xOf(last.lon), yOf(last.lat));
		if (this.line.length > 4 * POINTS) this.line.splice(0, 2 * POINTS);
	}
}

/** Of messages, the newest first: those of the last journey. */
function trailOf(messages: Message[]): number[] {
	const line: number[] = [];
	let before = 0;
	for (const m of messages) {
		const lat = m['position.latitude'];
		const lon = m['position.longitude'];
		if (typeof lat !== 'number' || typeof lon !== 'number') continue;
		if (before && before - m.timestamp > GAP_S) break;
		before = m.timestamp;
		line.unshift(xOf(lon), yOf(lat));
	}
	return line;
}

/** Fades towards its beginning; `tip`: where the marker is seen. */
export function drawTrail(context: CanvasRenderingContext2D, view: View, line: number[], tip: [number, number] | null): void {
	if (!tip || line.length < 2) return;
	const points = [...line, ...tip];
	const centre = (view.left + view.width / 2) / view.scale;
	const colour = palette();
	const px = (i: number): number => nearCopy(points[i]!, centre) * view.scale - view.left;
	const py = (i: number): number => points[i + 1]! * view.scale - view.top;
	context.lineCap = 'butt'; // round ends would show as beads where they overlap
	for (const [width, style, most] of [[6, colour.casing, 0.8], [3, colour.select, 1]] as const) {
		context.lineWidth = width;
		context.strokeStyle = style;
		for (let i = 2; i < points.length; i += 2) {
			if (Math.abs(points[i]! - points[i - 2]!) > 0.5) continue; // around the world
			context.globalAlpha = most * (0.12 + (0.78 * i) / points.length);
			context.beginPath();
			context.moveTo(px(i - 2), py(i - 2));
			context.lineTo(px(i), py(i));
			context.stroke();
		}
	}
	context.globalAlpha = 1;
}
