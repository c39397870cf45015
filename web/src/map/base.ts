// The ground of every map: Natural Earth's coasts, borders and names, and a graticule, so that also a view of
// one street has something to hold on to. It needs no other host.
import { degreeText, linesOf, stepOf } from './graticule';
import { CanvasLayer } from './canvas-layer';
import { latOf, lonOf, wrapLon, xOf, yOf } from './geo';
import { FONT, palette } from './palette';
import { Room } from './room';
import { trace } from './trace';
import type { Country, Shape, World } from './topology';
import { copies, type View } from './view';

type Context = CanvasRenderingContext2D;

const BUTTONS_PX = 136; // of the upper right corner
const GRID_FROM = 1400; // pixels of the world: below, the graticule would be most of the picture

export class BaseLayer extends CanvasLayer {
	private world: World | null = null;
	/** Tiles lie above: they have names and lines of their own. */
	isCovered = false;

	constructor() {
		super('base');
	}

	setWorld(world: World): void {
		this.world = world;
		this.redraw();
	}

	protected override paint(context: Context, view: View): void {
		const colour = palette();
		context.fillStyle = colour.sea;
		context.fillRect(0, 0, view.width, view.height);
		context.lineJoin = 'round';
		if (this.world) this.lands(context, view, this.world);
		if (this.isCovered) return;
		const labels = this.grid(context, view);
		if (this.world) this.names(context, view, this.world);
		edgeLabels(context, view, labels);
	}

	private lands(context: Context, view: View, world: World): void {
		const colour = palette();
		const all = copies(view);
		context.fillStyle = colour.land;
		context.beginPath();
		for (const shift of all) draw(context, world.land, view, shift, true);
		context.fill('evenodd');
		context.strokeStyle = colour.coast;
		context.lineWidth = 1;
		context.beginPath();
		for (const shift of all) draw(context, world.coasts, view, shift);
		context.stroke();
		context.strokeStyle = colour.border;
		context.beginPath();
		for (const shift of all) draw(context, world.borders, view, shift);
		context.stroke();
	}

	private grid(context: Context, view: View): EdgeLabel[] {
		if (view.scale < GRID_FROM) return [];
		const step = stepOf(view.scale / 360);
		const labels: EdgeLabel[] = [];
		context.strokeStyle = palette().grid;
		context.lineWidth = 1;
		context.beginPath();
		for (const lon of linesOf(lonOf(view.left / view.scale), lonOf((view.left + view.width) / view.scale), step)) {
			const x = Math.round(xOf(lon) * view.scale - view.left) + 0.5;
			context.moveTo(x, 0);
			context.lineTo(x, view.height);
			labels.push({ text: degreeText(wrapLon(lon), step, 'EW'), x, y: null });
		}
		for (const lat of linesOf(latOf((view.top + view.height) / view.scale), latOf(view.top / view.scale), step)) {
			const y = Math.round(yOf(lat) * view.scale - view.top) + 0.5;
			context.moveTo(0, y);
			context.lineTo(view.width, y);
			labels.push({ text: degreeText(lat, step, 'NS'), x: null, y });
		}
		context.stroke();
		return labels;
	}

	private names(context: Context, view: View, world: World): void {
		const room = new Room();
		context.textAlign = 'center';
		context.textBaseline = 'middle';
		context.lineWidth = 3;
		context.fillStyle = palette().name;
		context.strokeStyle = palette().halo;
		for (const country of world.countries) {
			if (country.label.width * view.scale < 18) break; // the widest come first
			for (const shift of copies(view)) name(context, view, country, shift, room);
		}
	}
}

function draw(context: Context, shapes: Shape[], view: View, shift: number, isArea = false): void {
	const { scale, left, top, width, height } = view;
	for (const { line, box } of shapes) {
		const x0 = (box.left + shift) * scale - left;
		const x1 = (box.right + shift) * scale - left;
		const y0 = box.top * scale - top;
		const y1 = box.bottom * scale - top;
		if (x1 < -2 || x0 > width + 2 || y1 < -2 || y0 > height + 2 || x1 - x0 + y1 - y0 < 0.8) continue;
		trace(context, line, view, shift);
		if (isArea) context.closePath();
	}
}

function name(context: Context, view: View, { name: text, label }: Country, shift: number, room: Room): void {
	const x = (label.x + shift) * view.scale - view.left;
	const y = label.y * view.scale - view.top;
	if (x < -80 || x > view.width + 80 || y < -10 || y > view.height + 10) return;
	const pixels = label.width * view.scale;
	const size = Math.min(17, Math.max(10.5, pixels / text.length / 0.9));
	context.font = `500 ${size}px ${FONT}`;
	const width = context.measureText(text).width;
	if (width > pixels * 1.15 && pixels < 60) return;
	if (!room.take(x - width / 2 - 3, y - size / 2 - 2, width + 6, size + 4)) return;
	context.strokeText(text, x, y);
	context.fillText(text, x, y);
}

interface EdgeLabel {
	text: string;
	/** null: along the left edge. */
	x: number | null;
	/** null: along the upper edge. */
	y: number | null;
}

function edgeLabels(context: Context, view: View, labels: EdgeLabel[]): void {
	context.font = `11px ${FONT}`;
	context.lineWidth = 3;
	context.fillStyle = palette().gridText;
	context.strokeStyle = palette().halo;
	for (const { text, x, y } of labels) {
		context.textAlign = x === null ? 'right' : 'center';
		context.textBaseline = x === null ? 'middle' : 'bottom';
		const [at, down] = [x ?? view.width - 6, y ?? view.height - 5];
		// the corners belong to the scale and the attribution
		if (x === null ? down > view.height - 30 || down < BUTTONS_PX : at < 160 || at > view.width - 120) continue;
		context.strokeText(text, at, down);
		context.fillText(text, at, down);
	}
}
