// A canvas as large as the map, painted anew for each view: also while the map zooms, so that lines stay
// sharp and nothing is blank. At most once a frame, and only when the view or the content has changed.
import * as L from 'leaflet';
import { between, ease, type View } from './view';

const ZOOM_MS = 250; // of Leaflet's own transition
const LATE_MS = 30;
const LONGEST_PAUSE_MS = 250;
const MAX_RATIO = 2; // pixels of the canvas for one of the page: more costs time and shows nothing

export abstract class CanvasLayer extends L.Layer {
	protected map: L.Map | null = null;
	protected canvas: HTMLCanvasElement | null = null;
	private context: CanvasRenderingContext2D | null = null;
	private frame = 0;
	private timer = 0;
	private late = 0; // ms from asking for the last frame to painting it
	private zoomFrom: View | null = null;
	private zoomTo: View | null = null;
	private zoomStart = 0;

	constructor(private readonly paneName: string) {
		super();
	}

	/** Draws everything; the canvas is clear. True: there is more to be drawn in the next frame. */
	protected abstract paint(context: CanvasRenderingContext2D, view: View, now: number): boolean | void;

	override onAdd(map: L.Map): this {
		this.map = map;
		this.canvas = L.DomUtil.create('canvas', 'map-canvas', map.getPane(this.paneName));
		this.context = this.canvas.getContext('2d')!;
		this.redraw();
		return this;
	}

	override onRemove(): this {
		cancelAnimationFrame(this.frame);
		clearTimeout(this.timer);
		this.frame = this.timer = 0;
		this.canvas?.remove();
		this.canvas = this.context = this.map = null;
		return this;
	}

	override getEvents(): { [name: string]: L.LeafletEventHandlerFn } {
		const changed = (): void => this.redraw();
		const settled = (): void => {
			this.zoomFrom = this.zoomTo = null;
			this.redraw();
		};
		return { move: changed, zoom: changed, viewreset: changed, resize: changed, moveend: settled, zoomend: settled, zoomanim: (e) => this.zooms(e as L.ZoomAnimEvent) };
	}

	/** Before the next frame. */
	redraw(): void {
		if (this.frame || !this.map) return;
		clearTimeout(this.timer);
		this.timer = 0;
		const asked = performance.now();
		this.frame = requestAnimationFrame((now) => {
			this.late = performance.now() - asked;
			this.draw(now);
		});
	}

	/** As redraw(), for what moves by itself: where frames come late, it leaves out as many as they are late, so
	 *  that painting does not take the time of what has to be read meanwhile. */
	protected redrawInTime(): void {
		if (this.frame || this.timer || !this.map) return;
		if (this.late < LATE_MS) this.redraw();
		else this.timer = window.setTimeout(() => this.redraw(), Math.min(LONGEST_PAUSE_MS, 2 * this.late));
	}

	/** What the map shows, or is about to show while it zooms. */
	protected view(now: number): View {
		if (!this.zoomFrom || !this.zoomTo) return viewOf(this.map!);
		return between(this.zoomFrom, this.zoomTo, ease((now - this.zoomStart) / ZOOM_MS));
	}

	private zooms(e: L.ZoomAnimEvent): void {
		const map = this.map!;
		const size = map.getSize();
		const corner = map.project(e.center, e.zoom).subtract(size.divideBy(2));
		this.zoomStart = performance.now();
		this.zoomFrom = viewOf(map);
		this.zoomTo = { scale: scaleOf(e.zoom), left: corner.x, top: corner.y, width: size.x, height: size.y };
		this.redraw();
	}

	private draw(now: number): void {
		this.frame = 0;
		const { canvas, context, map } = this;
		if (!canvas || !context || !map) return;
		const view = this.view(now);
		const ratio = Math.min(MAX_RATIO, devicePixelRatio || 1);
		const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
		if (canvas.width !== width || canvas.height !== height) {
			[canvas.width, canvas.height] = [width, height];
			[canvas.style.width, canvas.style.height] = [`${view.width}px`, `${view.height}px`];
		}
		L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
		context.clearRect(0, 0, view.width, view.height);
		const goesOn = this.paint(context, view, now);
		if (this.zoomTo) this.redraw();
		else if (goesOn) this.redrawInTime();
	}
}

const scaleOf = (zoom: number): number => 256 * 2 ** zoom;

export function viewOf(map: L.Map): View {
	const corner = map.getPixelBounds().min!;
	const size = map.getSize();
	return { scale: scaleOf(map.getZoom()), left: corner.x, top: corner.y, width: size.x, height: size.y };
}
