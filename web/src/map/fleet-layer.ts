// All devices with a position, on one canvas: thousands of them, gliding. A frame is painted only when the
// map or a marker moves.
import type * as L from 'leaflet';
import { devices, onMoved, titleOf, type Device } from '../fleet/store';
import { isDark } from '../lib/prefs';
import { number } from '../lib/text';
import { CanvasLayer } from './canvas-layer';
import { mayMove } from './create';
import { nearCopy, tightBox, xOf, yOf, type Box } from './geo';
import { Piles } from './crowds';
import { glideTo, glideX, glideY, still, type Glide } from './glide';
import { LABEL_HEIGHT, Labels } from './labels';
import { palette } from './palette';
import { Room } from './room';
import { sizeOf, Sprites } from './sprites';
import { stateOf, type State } from '../fleet/state';
import { drawTrail, Trail } from './trail';
import type { View } from './view';

interface Mark {
	device: Device;
	glide: Glide;
	state: State;
	/** Pixels of the map; NaN: not painted in the last frame. */
	px: number;
	py: number;
}

/** Pixels of the world's width from which all markers are large, however many. */
const CLOSE = 256 * 2 ** 12;
const MANY = 400;
/** With so few in sight, or so close, all names stand beside them. */
const NAMED = 90;
const NAMED_CLOSE = 256 * 2 ** 14;
/** So many within so few pixels are a crowd; its number stands beside it. */
const CROWD = 12;
const CROWD_PX = 22;
const MOST_PILES = 350;
const REACH_PX = 16;
const CELL = 3; // pixels: of several markers in one such square, one is painted

export class FleetLayer extends CanvasLayer {
	selected = 0;
	private readonly trail = new Trail();
	hovered = 0;
	/** States that are shown. */
	shown: ReadonlySet<State> = new Set();
	/** After each frame, with where the selected device and the one under the pointer are. */
	onDrawn: () => void = () => undefined;
	/** The last frame: how many markers were in sight. */
	inSight = 0;

	private readonly marks = new Map<number, Mark>();
	private sprites: Sprites | null = null;
	private labels: Labels | null = null;
	private wasDark = false;
	private taken = new Uint32Array(0);
	private pileAt = new Uint32Array(0);
	private readonly piles = new Piles();
	private round = 0;
	private ends: () => void = () => undefined;

	constructor() {
		super('markerPane');
	}

	override onAdd(map: L.Map): this {
		super.onAdd(map);
		for (const id of devices.keys()) this.take(id, 0, Date.now() / 1000);
		this.ends = onMoved((moved) => {
			const now = performance.now();
			const clock = Date.now() / 1000;
			for (const id of moved) this.take(id, now, clock);
			this.redrawInTime();
		});
		return this;
	}

	override onRemove(): this {
		this.ends();
		this.trail.of(0, null, () => undefined);
		return super.onRemove();
	}

	/** States change also when nothing comes. */
	refresh(): void {
		const now = Date.now() / 1000;
		for (const mark of this.marks.values()) mark.state = stateOf(mark.device, now);
		this.redraw();
	}

	/** `now`: of animations, ms; 0: nothing glides. `clock`: seconds since 1970. */
	private take(id: number, now: number, clock: number): void {
		const device = devices.get(id);
		let mark = this.marks.get(id);
		if (!device?.position) {
			if (mark) this.marks.delete(id);
			return;
		}
		const x = xOf(device.position.lon);
		const y = yOf(device.position.lat);
		if (!mark) this.marks.set(id, (mark = { device, glide: still(x, y), state: 'offline', px: NaN, py: NaN }));
		else if (mark.glide.toX !== x || mark.glide.toY !== y) glideTo(mark.glide, x, y, now, now > 0 && mayMove());
		mark.device = device;
		if (id === this.selected) this.trail.add(device.position, now);
		mark.state = stateOf(device, clock);
	}

	/** How many have told where they are. */
	get placed(): number {
		return this.marks.size;
	}

	/** Around the devices that are shown; null: there are none. */
	box(): Box | null {
		const places: number[] = [];
		for (const { glide, state } of this.marks.values()) if (this.shown.has(state)) places.push(glide.toX, glide.toY);
		return tightBox(places);
	}

	/** Where the device is seen, in pixels of the map. */
	pixelOf(id: number): [number, number] | null {
		const mark = this.marks.get(id);
		return mark && !Number.isNaN(mark.px) ? [mark.px, mark.py] : null;
	}

	/** The device that is painted nearest to a point, within reach; 0: none. */
	at(x: number, y: number): number {
		let best = 0;
		let least = REACH_PX * REACH_PX;
		for (const { device, px, py } of this.marks.values()) {
			const far = (px - x) ** 2 + (py - y) ** 2;
			if (far < least) [best, least] = [device.id, far];
		}
		return best;
	}

	protected override paint(context: CanvasRenderingContext2D, view: View, now: number, ratio: number): boolean {
		const seen = this.place(view, now);
		this.inSight = seen.length;
		const isSmall = seen.length > MANY && view.scale < CLOSE;
		this.prepare(ratio, isSmall);
		drawTrail(context, view, this.trail.line, this.selected ? this.tip(now) : null);
		this.stamp(context, view, seen, ratio);
		if (seen.length <= NAMED || view.scale >= NAMED_CLOSE) this.name(context, seen, ratio);
		else this.count(context, ratio);
		for (const id of [this.hovered, this.selected]) this.highlight(context, id, isSmall);
		this.onDrawn();
		return this.isGliding;
	}

	private isGliding = false;

	/** Where the selected device is seen, in the square of geo.ts. */
	private tip(now: number): [number, number] | null {
		const glide = this.marks.get(this.selected)?.glide;
		return glide ? [glideX(glide, now), glideY(glide, now)] : null;
	}

	/** Another one is selected, or none: 0. */
	select(id: number): void {
		this.selected = id;
		this.trail.of(id, devices.get(id)?.position ?? null, () => this.redraw());
	}

	/** Computes where the markers are; those in sight. */
	private place(view: View, now: number): Mark[] {
		const { scale, left, top, width, height } = view;
		const centre = (left + width / 2) / scale;
		const seen: Mark[] = [];
		this.isGliding = false;
		for (const mark of this.marks.values()) {
			const { glide } = mark;
			const px = nearCopy(glideX(glide, now), centre) * scale - left;
			const py = glideY(glide, now) * scale - top;
			mark.px = NaN;
			if (px < -20 || py < -20 || px > width + 20 || py > height + 20 || !(this.shown.has(mark.state) || mark.device.id === this.selected)) continue;
			mark.px = px;
			mark.py = py;
			seen.push(mark);
			// what moves less than half a pixel may stand
			if (glide.end > now && (Math.abs(glide.toX - glide.fromX) + Math.abs(glide.toY - glide.fromY)) * scale > 0.5) this.isGliding = true;
		}
		return seen;
	}

	private prepare(ratio: number, isSmall: boolean): void {
		if (this.sprites?.ratio === ratio && this.sprites.isSmall === isSmall && this.wasDark === isDark.peek()) return;
		const colours = palette();
		this.wasDark = isDark.peek();
		this.sprites = new Sprites(colours, ratio, isSmall);
		this.labels = new Labels(colours.text, colours.halo, ratio);
	}

	/** In whole pixels of the canvas: so they are copied, not computed anew. */
	private stamp(context: CanvasRenderingContext2D, view: View, seen: Mark[], ratio: number): void {
		const { canvas, cell } = this.sprites!;
		const columns = Math.ceil(view.width / CELL) + 16;
		const cells = columns * (Math.ceil(view.height / CELL) + 16);
		if (this.taken.length !== cells) [this.taken, this.pileAt] = [new Uint32Array(cells), new Uint32Array(cells)];
		this.piles.clear();
		const round = ++this.round;
		const half = cell / 2;
		context.setTransform(1, 0, 0, 1, 0, 0);
		for (const { state, device, px, py } of seen) {
			const place = (Math.floor(py / CELL) + 8) * columns + Math.floor(px / CELL) + 8;
			if (this.taken[place] === round) {
				this.piles.add(this.pileAt[place]!);
				continue;
			}
			this.taken[place] = round;
			this.pileAt[place] = this.piles.begin(px, py);
			const [x, y] = [this.sprites!.x(state, device.position!.direction), this.sprites!.y(state)];
			context.drawImage(canvas, x, y, cell, cell, Math.round(px * ratio - half), Math.round(py * ratio - half), cell, cell);
		}
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
	}

	private name(context: CanvasRenderingContext2D, seen: Mark[], ratio: number): void {
		const room = new Room();
		for (const id of [this.selected, this.hovered]) {
			const mark = this.marks.get(id);
			if (mark && !Number.isNaN(mark.px)) room.take(mark.px, mark.py - LABEL_HEIGHT / 2, 22 + this.labels!.of(titleOf(mark.device)).width, LABEL_HEIGHT);
		}
		for (const mark of seen) room.take(mark.px - 6, mark.py - 6, 12, 12);
		let count = 0;
		for (const mark of seen) {
			if (mark.device.id === this.selected || mark.device.id === this.hovered) continue;
			const label = this.labels!.of(titleOf(mark.device));
			const [x, y] = [mark.px + 11, mark.py - LABEL_HEIGHT / 2];
			if (!room.take(x, y, label.width, LABEL_HEIGHT)) continue;
			context.drawImage(label.canvas, Math.round(x * ratio) / ratio, Math.round(y * ratio) / ratio, label.canvas.width / ratio, LABEL_HEIGHT);
			if (++count > 2 * NAMED) return;
		}
	}

	/** How many lie on top of each other. */
	private count(context: CanvasRenderingContext2D, ratio: number): void {
		for (const { x, y, count } of this.piles.crowds(CROWD_PX, CROWD, MOST_PILES)) {
			const label = this.labels!.of(number(count));
			context.drawImage(label.canvas, Math.round((x + 8) * ratio) / ratio, Math.round((y - LABEL_HEIGHT / 2) * ratio) / ratio, label.canvas.width / ratio, LABEL_HEIGHT);
		}
	}

	/** A ring around it, and it lies above the others, with its name. */
	private highlight(context: CanvasRenderingContext2D, id: number, isSmall: boolean): void {
		const mark = this.marks.get(id);
		if (!mark || Number.isNaN(mark.px)) return;
		const { px, py } = mark;
		const colours = palette();
		const size = sizeOf(isSmall).arrow / 2 + 5;
		context.beginPath();
		context.arc(px, py, size, 0, 2 * Math.PI);
		context.globalAlpha = 0.22;
		context.fillStyle = colours.select;
		context.fill();
		context.globalAlpha = 1;
		context.lineWidth = id === this.selected ? 2.5 : 1.5;
		context.strokeStyle = colours.select;
		context.stroke();
		const { canvas, cell, ratio } = this.sprites!;
		const own = cell / ratio;
		context.drawImage(canvas, this.sprites!.x(mark.state, mark.device.position!.direction), this.sprites!.y(mark.state), cell, cell, px - own / 2, py - own / 2, own, own);
		const label = this.labels!.of(titleOf(mark.device));
		context.drawImage(label.canvas, px + size + 3, py - LABEL_HEIGHT / 2, label.width, LABEL_HEIGHT);
	}
}
