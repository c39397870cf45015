// The map of a track: its layers follow the model, and what is done on it goes back there.
import type * as L from 'leaflet';
import { effect } from '@preact/signals';
import { isDark } from '../lib/prefs';
import { fitBox, flyTo, nearPlace, onPanned } from '../map/create';
import { boxOf, nearCopy, xOf, yOf } from '../map/geo';
import { viewOf } from '../map/canvas-layer';
import { showsDoubtful, type TrackModel } from './model';
import { MomentLayer } from './moment-layer';
import { momentAt } from './playback';
import type { Stop } from './stops';
import { pointsOf, type Track } from './track';
import { TrackLayer } from './track-layer';

const REACH_PX = 14;
const STOP_ZOOM = 16;

/** The point of the track that is nearest to a pixel, within reach; -1: none. */
function pointAt(track: Track, map: L.Map, shift: number, x: number, y: number): number {
	const { scale, left, top } = viewOf(map);
	const [atX, atY, reach] = [(x + left) / scale - shift, (y + top) / scale, REACH_PX / scale];
	let best = -1;
	let least = reach * reach;
	for (let i = 0; i < track.count; i++) {
		const far = (track.line[2 * i]! - atX) ** 2 + (track.line[2 * i + 1]! - atY) ** 2;
		if (far < least) [best, least] = [i, far];
	}
	return best;
}

export class TrackMap {
	private map: L.Map | null = null;
	private readonly layer = new TrackLayer();
	private readonly above = new MomentLayer((view) => this.layer.shift(view));
	/** The range that is in sight already: it is not moved there again while messages stream in. */
	private fitted: unknown = null;

	constructor(private readonly model: TrackModel) {}

	start(map: L.Map): () => void {
		this.map = map;
		const { model } = this;
		const { log } = model;
		this.layer.addTo(map);
		this.above.addTo(map);
		map.on('mousemove', (e) => this.pointed(e.containerPoint));
		map.on('mouseout', () => void (log.pointed.value = null));
		map.on('click', (e) => this.clicked(e.containerPoint));
		onPanned(map, () => (model.follows.value = false));
		const ends = [effect(() => this.paintTrack()), effect(() => this.paintMoment()), effect(() => this.fitWhenKnown()), effect(() => this.fitZoom()), effect(() => this.follow()), effect(() => this.showSelected())];
		return () => {
			ends.forEach((end) => end());
			this.map = null;
		};
	}

	private paintTrack(): void {
		const { layer, model } = this;
		layer.track = model.track.value;
		layer.scale = model.scale.value;
		layer.stops = model.stops.value;
		layer.zoom = model.log.zoom.value;
		layer.showsDoubtful = showsDoubtful.value;
		void isDark.value;
		layer.redraw();
	}

	private paintMoment(): void {
		const { above, model } = this;
		const at = model.moment.value;
		above.moment = at === null ? null : momentAt(model.track.value, at);
		const m = model.log.selected.value;
		const [lat, lon] = [m?.['position.latitude'], m?.['position.longitude']];
		above.selected = typeof lat === 'number' && typeof lon === 'number' ? [nearCopy(xOf(lon), model.track.value.line[0] ?? 0.5), yOf(lat)] : null;
		void isDark.value;
		above.redraw();
	}

	/** Once for each range: when it begins to come, and again when it is there. */
	private fitWhenKnown(): void {
		const { isWhole, range, track } = this.model;
		if ((!track.value.count && !track.value.doubtful.length) || this.fitted === range.value) return;
		if (isWhole.value) this.fitted = range.value;
		this.fitShown(false);
	}

	private fitZoom(): void {
		if (this.model.log.zoom.value || this.fitted) this.fitShown();
	}

	/** The zoomed part, or everything. */
	private fitShown(animate = true): void {
		const zoom = this.model.log.zoom.peek();
		const track = this.model.track.peek();
		if (!zoom) return this.fit(animate);
		const [first, last] = pointsOf(track, zoom);
		this.fitPlaces(track.line.subarray(2 * first, 2 * last), animate);
	}

	fit(animate = true): void {
		const { count, doubtful, line } = this.model.track.peek();
		this.fitPlaces(count ? line : doubtful.flat(), animate);
	}

	private fitPlaces(places: ArrayLike<number>, animate: boolean): void {
		const box = boxOf(places);
		// the legend lies in the upper left corner
		const isWide = innerWidth > 760;
		if (box && this.map) fitBox(this.map, box, { animate, left: isWide ? 150 : 0, top: isWide ? 0 : 60 });
	}

	/** Keeps what moves in sight: the playback, or the newest position. */
	private follow(): void {
		const { at: played, follows, track } = this.model;
		const at = played.value ?? track.value.time[track.value.count - 1];
		const found = at === undefined ? null : momentAt(track.value, at);
		const { map } = this;
		if (!follows.value || !found || !map) return;
		const view = viewOf(map);
		const x = nearCopy(found.x, (view.left + view.width / 2) / view.scale) * view.scale - view.left - view.width / 2;
		const y = found.y * view.scale - view.top - view.height / 2;
		if (Math.abs(x) + Math.abs(y) >= 1) map.panBy([Math.round(x), Math.round(y)], { animate: false });
	}

	private showSelected(): void {
		const m = this.model.log.selected.value;
		const [lat, lon] = [m?.['position.latitude'], m?.['position.longitude']];
		if (typeof lat !== 'number' || typeof lon !== 'number' || !this.map) return;
		const place = nearPlace(this.map, lat, lon);
		if (!this.map.getBounds().contains(place)) this.map.panTo(place);
	}

	private pointed(at: L.Point): void {
		const { model } = this;
		const track = model.track.peek();
		const index = pointAt(track, this.map!, this.layer.shift(viewOf(this.map!)), at.x, at.y);
		model.log.pointed.value = index < 0 ? null : track.time[index]!;
		this.map!.getContainer().classList.toggle('pointing', index >= 0);
	}

	private clicked(at: L.Point): void {
		const { log, track } = this.model;
		const index = pointAt(track.peek(), this.map!, this.layer.shift(viewOf(this.map!)), at.x, at.y);
		const time = track.peek().time[index];
		// of those of its second, the one with the position
		log.selected.value = log.rows.find((m) => m.timestamp === time && m['position.latitude'] !== undefined) ?? null;
	}

	/** To a stop of the list. */
	goTo(stop: Stop): void {
		this.model.follows.value = false;
		if (this.map) flyTo(this.map, stop.lat, stop.lon, Math.max(STOP_ZOOM, this.map.getZoom()));
		if (!this.model.isPlaying.peek()) this.model.seek(stop.from);
	}

	mark(index: number): void {
		this.layer.marked = index;
		this.layer.redraw();
	}
}
