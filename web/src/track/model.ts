// What the map, the plots and the lists of a device's track show: computed once from its messages, and the
// choices of the viewer.
import { batch, computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { placeOf } from '../device/rows';
import { isOpen, type DeviceMessages, type Range, type Span } from '../device/store';
import { pref } from '../lib/prefs';
import { seriesOf, type Series } from '../plots/series';
import { PLOTS } from '../plots/list';
import { advance } from './playback';
import { scaleOf } from './speed';
import { restsOf, stopsOf, totalsOf, type Rest } from './stops';
import { trackOf, type Track } from './track';

export const stopMinutes = pref('track.stop', 3);
export const showsDoubtful = pref('track.doubtful', false);
export const pace = pref('track.pace', 60);
export const panelIsOpen = pref('track.panel', true);

const AHEAD_S = 86_400; // a clock that is wrong by its zone is no reason
const LONGEST_FRAME_MS = 250; // a hidden page paints none: it goes on where it was
const REST_MS = 150; // between two computations, at least; and nine times as long as one takes

export class TrackModel {
	readonly track = signal<Track>(trackOf([]));
	readonly rests = signal<Rest[]>([]);
	readonly series = signal<Map<string, Series>>(new Map());
	/** From the first message to the last one. */
	readonly extent = signal<Span | null>(null);
	/** The track is all of what was to be read. */
	readonly isWhole = signal(false);
	/** Messages of an open range that are dated so far ahead of now that they are left out: an axis with them would
	 *  show nothing else. */
	readonly ahead = signal(0);
	/** What it was read of: for a moment after another one was chosen, the range before. */
	readonly range = signal<Range | null>(null);
	/** km/h at the end of the colours. */
	readonly scale = signal(60);
	/** Those of the zoomed part, or all. */
	readonly stops = computed(() => {
		const zoom = this.log.zoom.value;
		const all = stopsOf(this.track.value, this.rests.value, stopMinutes.value * 60);
		return zoom ? all.filter((stop) => stop.to > zoom.from && stop.from < zoom.to) : all;
	});
	/** What is shown: the zoomed part, or everything. */
	readonly span: ReadonlySignal<Span | null> = computed(() => this.log.zoom.value ?? this.extent.value);
	readonly totals = computed(() => totalsOf(this.track.value, this.rests.value, stopMinutes.value * 60, this.log.zoom.value ?? undefined));

	/** What is played: the time of the positions that are shown; null: there is no way to play. */
	readonly playable = computed<Span | null>(() => {
		const { count, time } = this.track.value;
		const zoom = this.log.zoom.value;
		const from = Math.max(time[0] ?? 0, zoom?.from ?? 0);
		const to = Math.min(time[count - 1] ?? 0, zoom?.to ?? Infinity);
		return from < to ? { from, to } : null;
	});
	/** Where the playback is; null: it was not begun. */
	readonly at = signal<number | null>(null);
	readonly isPlaying = signal(false);
	readonly follows = signal(false);
	/** What the marker shows: somebody points at it, or it is played. */
	readonly moment = computed(() => (this.isPlaying.value ? null : this.log.pointed.value) ?? this.at.value);

	private timer = 0;
	private frame = 0;
	private frameAt = 0; // ms; 0: it has just begun

	constructor(readonly log: DeviceMessages) {}

	/** Returns the end of it. */
	start(): () => void {
		let rest = 0;
		const ends = [
			effect(() => {
				void (this.log.version.value, this.log.state.value);
				if (!this.timer) this.timer = window.setTimeout(() => (rest = this.compute()), rest);
			}),
			effect(() => {
				void this.log.range.value;
				this.at.value = null;
				this.isPlaying.value = false;
			}),
			effect(() => {
				cancelAnimationFrame(this.frame);
				this.frameAt = 0;
				if (this.isPlaying.value) this.frame = requestAnimationFrame((now) => this.play(now));
			}),
		];
		this.compute();
		return () => {
			ends.forEach((end) => end());
			clearTimeout(this.timer);
			cancelAnimationFrame(this.frame);
			this.timer = 0;
			this.log.pointed.value = null;
		};
	}

	/** Returns how long to wait until the next time, so that the page stays quick while messages stream in. */
	private compute(): number {
		const start = performance.now();
		const ahead = isOpen(this.log.range.peek()) ? placeOf(this.log.rows, Date.now() / 1000 + AHEAD_S) : 0;
		const rows = ahead ? this.log.rows.slice(ahead) : this.log.rows;
		clearTimeout(this.timer);
		this.timer = 0;
		const track = trackOf(rows);
		const [newest, oldest] = [rows[0], rows.at(-1)];
		batch(() => {
			this.ahead.value = ahead;
			this.isWhole.value = this.log.state.peek() !== 'loading';
			this.range.value = this.log.range.peek();
			this.track.value = track;
			this.rests.value = restsOf(track);
			this.scale.value = scaleOf(track.speed);
			this.series.value = new Map(PLOTS.map((plot) => [plot.key, seriesOf(rows, plot.names)]));
			this.extent.value = newest && oldest ? spanAround(oldest.timestamp, newest.timestamp) : null;
		});
		return Math.max(REST_MS, 9 * (performance.now() - start));
	}

	private play(now: number): void {
		const span = this.playable.peek();
		const at = this.at.peek();
		// what was played to its end begins anew
		const isAway = !span || at === null || at < span.from || (at >= span.to && !this.frameAt);
		const from = isAway ? (span?.from ?? 0) : at;
		const ms = this.frameAt ? Math.min(LONGEST_FRAME_MS, now - this.frameAt) : 0;
		this.frameAt = now;
		if (!span) this.isPlaying.value = false;
		else if ((this.at.value = Math.min(span.to, advance(this.track.peek(), from, ms, pace.peek()))) >= span.to) this.isPlaying.value = false;
		else this.frame = requestAnimationFrame((next) => this.play(next));
	}

	toggle(): void {
		this.isPlaying.value = !this.isPlaying.peek() && this.playable.peek() !== null;
		this.log.pointed.value = null;
	}

	/** The playback goes there. */
	seek(time: number): void {
		const span = this.playable.peek();
		if (span) this.at.value = Math.min(span.to, Math.max(span.from, time));
		this.log.pointed.value = null;
	}
}

/** A single message also wants some room on the axis. */
const spanAround = (from: number, to: number): Span => (to - from >= 60 ? { from, to } : { from: from - 30, to: to + 30 });
