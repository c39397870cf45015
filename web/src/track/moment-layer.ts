// Above the track: where the device was at the time that is pointed at or played, and the selected message.
import { CanvasLayer } from '../map/canvas-layer';
import { palette } from '../map/palette';
import { drawMarker } from '../map/sprites';
import { MOVING_KMH } from '../fleet/state';
import type { View } from '../map/view';
import type { Moment } from './playback';

const SIZE = { arrow: 24, dot: 16, line: 2.2 };

export class MomentLayer extends CanvasLayer {
	moment: Moment | null = null;
	/** x, y of the selected message. */
	selected: [number, number] | null = null;

	/** `shift`: the copy of the world in which the track is drawn. */
	constructor(private readonly shift: (view: View) => number) {
		super('markerPane');
	}

	protected override paint(context: CanvasRenderingContext2D, view: View): void {
		const colour = palette();
		const shift = this.shift(view);
		const place = (x: number, y: number): [number, number] => [(x + shift) * view.scale - view.left, y * view.scale - view.top];
		if (this.selected) {
			const [x, y] = place(...this.selected);
			for (const [radius, width, style] of [[11, 5, colour.casing], [11, 2.5, colour.select], [3.5, 2, colour.casing]] as const) {
				context.beginPath();
				context.arc(x, y, radius, 0, 2 * Math.PI);
				context.lineWidth = width;
				context.strokeStyle = style;
				context.stroke();
			}
			context.fillStyle = colour.select;
			context.fill();
		}
		if (!this.moment) return;
		const [x, y] = place(this.moment.x, this.moment.y);
		context.beginPath();
		context.arc(x, y, 19, 0, 2 * Math.PI);
		context.globalAlpha = 0.2;
		context.fillStyle = colour.select;
		context.fill();
		context.globalAlpha = 1;
		context.translate(x, y);
		const state = this.moment.isUnknown ? 'offline' : this.moment.speed >= MOVING_KMH ? 'moving' : 'parked';
		drawMarker(context, state, this.moment.direction, SIZE, { ...colour, moving: colour.select, parked: colour.select });
		context.translate(-x, -y);
	}
}
