// The messages of one device in a range of time, for its table, map and plots alike: what one of them
// selects or zooms to, the others show. New messages come from the live door while the range is open.
import { computed, effect, signal } from '@preact/signals';
import type { Message } from '../fleet/store';
import { get, stream } from '../lib/api';
import { jsonOf, liveState, watch } from '../lib/live';
import { t } from '../lib/text';
import { now } from '../lib/time';
import { toast } from '../ui/toast';
import { DEFAULT_RANGE, sameRange } from './range';
import { alike, indexOf, insert, mark, nameOf, partsOf, placeOf, rowNamed, type Told } from './rows';

/** Seconds since 1970, or the last so many seconds: an open range, which new messages belong to. */
export type Range = { from: number; to: number } | { last: number };
export interface Span {
	from: number;
	to: number;
}

export const isOpen = (range: Range): range is { last: number } => 'last' in range;
export const spanOf = (range: Range): Span =>
	isOpen(range) ? { from: Math.floor(Date.now() / 1000 - range.last), to: Math.ceil(Date.now() / 1000) } : range;
/** May new messages belong to it: it is open, or its end is still to come. */
export const isLive = (range: Range): boolean => isOpen(range) || range.to > Date.now() / 1000;

/** Most messages that are held; older ones of the range are loaded when somebody asks for them. */
export const PAGE = 50_000;
/** Not longer than this the reading waits until new messages are being told. */
const READY_MS = 1000;
/** Arrivals of two connections are committed in nearly their order: so many seconds are read again. */
const OVERLAP = 5;
/** After so long what could not be caught up with is tried again. */
const RETRY_MS = 3000;

export type LoadState = 'loading' | 'done' | 'more' | 'failed' | 'stopped';

/** The newest arrival. */
const arrivalOf = (rows: readonly Message[]): number => rows.reduce((last, m) => Math.max(last, Number(m['server.timestamp']) || 0), 0);

export class DeviceMessages {
	/** Newest first. The array is the same one for its life: read it when `version` has moved. */
	readonly rows: Message[] = [];
	readonly version = signal(0);
	readonly range = signal<Range>(DEFAULT_RANGE);
	/** An expression of the API that must hold; ''. */
	readonly filter = signal('');
	readonly state = signal<LoadState>('loading');
	readonly error = signal('');
	/** How much of the range was read, 0..1. */
	readonly progress = signal(0);
	/** While it is paused, new messages wait and are counted here. */
	readonly paused = signal(false);
	readonly waiting = signal(0);
	/** New messages whose time is outside of the range; the newest of them. */
	readonly outside = signal(0);
	outsideAt = 0;
	/** The message that is open. */
	readonly selected = signal<Message | null>(null);
	/** What the address calls it, also while it is looked for; '': none is open. */
	readonly openName = computed(() => {
		const m = this.selected.value;
		return m ? (this.named.get(m) ?? nameOf(this.rows, m)) : this.wanted.value;
	});
	/** The part of the range that table, map and plots show; null: all of it. */
	readonly zoom = signal<Span | null>(null);
	/** The time that somebody points at on a plot or the map; null: none. */
	readonly pointed = signal<number | null>(null);

	/** When a row came from the live door, ms of performance.now(); the others have no such time. */
	readonly arrived = new WeakMap<Message, number>();
	private readonly wanted = signal(''); // the name of a message that is looked for
	private meant: Message | null = null; // that message, when it was open before
	private readonly named = new WeakMap<Message, string>(); // found outside of the rows
	private told: Told = new WeakSet(); // by the live door
	private held: Message[] = []; // as rows
	private alive = new AbortController();
	private abort = new AbortController();
	private loading: Promise<void> = Promise.resolve();
	/** What the history has told goes back to here; null: it has told nothing. */
	private back: number | null = null;
	/** New messages that arrived later may be missing; null: none is. */
	private since: number | null = null;
	/** How often the connection was lost. */
	private losses = 0;
	private unwatch: () => void = () => undefined;
	private frame = 0;
	private isOpened = false;

	constructor(readonly id: number) {}

	/** As open(), but what is shown already is not read anew. `name`: of a message to open; '': none. */
	show(range: Range, filter: string, name: string): void {
		const before = name === this.openName.peek() ? this.selected.peek() : null;
		if (!this.isOpened || !sameRange(range, this.range.peek()) || filter !== this.filter.peek()) this.open(range, filter);
		if (!partsOf(name) || name === this.openName.peek()) return;
		this.selected.value = null;
		this.wanted.value = name;
		this.meant = before;
		void this.look();
	}

	/** Another range or filter: reads it anew. */
	open(range: Range, filter = this.filter.peek()): void {
		this.close();
		this.isOpened = true;
		this.range.value = range;
		this.filter.value = filter;
		this.rows.length = this.held.length = 0;
		this.told = new WeakSet();
		this.back = null;
		this.since = 0;
		this.selected.value = this.zoom.value = this.pointed.value = null;
		this.wanted.value = '';
		this.waiting.value = this.outside.value = this.progress.value = 0;
		this.paused.value = false;
		this.error.value = '';
		this.state.value = 'loading';
		this.changed();
		this.alive = new AbortController();
		this.loading = this.begin(this.alive.signal);
	}

	/** Ends what is going on. */
	close(): void {
		this.isOpened = false;
		this.alive.abort();
		this.abort.abort();
		this.unwatch();
		this.unwatch = () => undefined;
	}

	/** Stops the loading; what has come stays. */
	stop(): void {
		this.abort.abort();
		if (this.state.value !== 'loading') return;
		this.state.value = 'stopped';
		void this.look();
	}

	/** The next PAGE older messages of the range; after a failure, where it broke off. */
	older(): void {
		if (this.state.value !== 'loading') this.loading = this.load();
	}

	resume(): void {
		// a pause that was too long for the memory: it is read anew
		if (this.waiting.peek() > this.held.length) return this.open(this.range.peek());
		this.paused.value = false;
		for (const m of this.held.reverse()) this.insert(m);
		this.held = [];
		this.waiting.value = 0;
		this.changed();
	}

	/** [first, last) of the rows that the zoom leaves. */
	shown(): [number, number] {
		const zoom = this.zoom.value;
		if (!zoom) return [0, this.rows.length];
		return [placeOf(this.rows, zoom.to), placeOf(this.rows, zoom.from - 1e-6)];
	}

	/** Of this very row; -1: it is not here any more. */
	indexOf(m: Message): number {
		return indexOf(this.rows, m);
	}

	/** The row that is nearest to a time; -1: there are none. */
	nearest(timestamp: number): number {
		const at = placeOf(this.rows, timestamp);
		const older = this.rows[at];
		const newer = this.rows[at - 1];
		if (!older || !newer) return older ? at : newer ? at - 1 : -1;
		return timestamp - older.timestamp <= newer.timestamp - timestamp ? at : at - 1;
	}

	/** The newest message that the device has, whatever its time; null: none that the filter leaves. */
	async newest(): Promise<Message | null> {
		const filter = this.filter.peek();
		let found: Message | null = null;
		const data = { reverse: true, count: 1, ...(filter && { filter }) };
		await stream<Message>(this.path, { data }, (items) => void (found = items[0]!));
		return found;
	}

	private get path(): string {
		return `gw/devices/${this.id}/messages`;
	}

	private changed(): void {
		if (!this.frame)
			this.frame = requestAnimationFrame(() => {
				this.frame = 0;
				this.version.value++;
			});
	}

	/** New messages are told before the history is read, so that none falls in between. */
	private async begin(alive: AbortSignal): Promise<void> {
		let isReady: () => void = () => undefined;
		const ready = new Promise<void>((done) => (isReady = done));
		let hasBegun = false;
		this.follow(() => {
			if (hasBegun) return void this.catchUp();
			this.since = null;
			isReady();
		});
		if (isLive(this.range.peek()) && liveState.peek() === 'online')
			await Promise.race([ready, new Promise((done) => setTimeout(done, READY_MS))]);
		hasBegun = true;
		if (!alive.aborted) await this.load();
	}

	/** From the newest, or from where the history was told to, back to the beginning of the range. */
	private async load(): Promise<void> {
		const abort = (this.abort = new AbortController());
		const told: Told = new WeakSet();
		const range = this.range.peek();
		const span = spanOf(range);
		const filter = this.filter.peek();
		// an open range has no end: the clock of a tracker may be ahead of ours
		const to = this.back ?? (isOpen(range) ? undefined : span.to);
		this.state.value = 'loading';
		this.error.value = '';
		const data = { from: span.from, ...(to !== undefined && { to }), reverse: true, count: PAGE, ...(filter && { filter }) };
		try {
			const count = await stream<Message>(this.path, { data, signal: abort.signal }, (items) => {
				if (abort.signal.aborted) return;
				for (const m of items) if (!this.isKnown(m, told)) insert(this.rows, m, false);
				if (this.since === 0) this.since = arrivalOf(items);
				this.back = items.at(-1)!.timestamp;
				this.progress.value = Math.min(1, Math.max(0, (span.to - this.back) / Math.max(1, span.to - span.from)));
				this.changed();
				void this.look();
			});
			if (abort.signal.aborted) return;
			this.state.value = count >= PAGE ? 'more' : 'done';
			void this.look();
		} catch (e) {
			if (abort.signal.aborted) return;
			this.error.value = (e as Error).message;
			this.state.value = 'failed';
		}
	}

	/** Opens the message that is wanted, once all of its time was read. One that the range does not have, or what
	 *  was loaded of it, is asked for by itself. */
	private async look(): Promise<void> {
		const name = this.wanted.peek();
		if (!name) return;
		const [at, n] = partsOf(name)!;
		const { meant } = this;
		const pick = (rows: Message[]): Message | null => (meant ? alike(rows, meant) : rowNamed(rows, at, n));
		const isLoading = this.state.peek() === 'loading';
		const isRead = !isLoading || (this.back !== null && this.back < at);
		let m = isRead ? pick(this.rows) : null;
		if (!m) {
			if (isLoading) return;
			const rows = await this.messagesAt(at).catch(() => null);
			if (!rows || this.wanted.peek() !== name) return;
			m = pick(rows);
			if (m) this.named.set(m, nameOf(rows, m));
			else toast(t('message.notHere'));
		}
		this.wanted.value = '';
		this.selected.value ??= m; // somebody may have opened another one meanwhile
	}

	/** All of this time that the filter leaves, as rows. */
	private messagesAt(timestamp: number): Promise<Message[]> {
		const filter = this.filter.peek();
		const data = { from: timestamp, to: timestamp, reverse: true, ...(filter && { filter }) };
		return get<Message>(this.path, { data, signal: this.alive.signal });
	}

	/** Is it there already, told by another one? If not, it is told now. */
	private isKnown(m: Message, told: Told): boolean {
		if (mark(this.rows, m, told) || mark(this.held, m, told)) return true;
		told.add(m);
		return false;
	}

	private insert(m: Message): void {
		insert(this.rows, m, true);
		this.arrived.set(m, performance.now());
		// who watches for days: the oldest go, and can be loaded again
		if (this.rows.length > 2 * PAGE && this.state.peek() !== 'loading') {
			this.rows.length = PAGE;
			this.back = this.rows.at(-1)!.timestamp;
			this.state.value = 'more';
		}
		this.changed();
	}

	private take(m: Message, told: Told): void {
		const range = this.range.peek();
		if (m.timestamp < spanOf(range).from || (!isOpen(range) && m.timestamp > range.to)) {
			this.outsideAt = m.timestamp;
			this.outside.value++;
		} else if (this.isBeyond(m) || this.isKnown(m, told)) return;
		else if (this.paused.peek()) {
			if (this.held.length < PAGE) insert(this.held, m, true);
			this.waiting.value++;
		} else this.insert(m);
	}

	/** Older than what was read: it comes when that is read, else there would be a gap behind it. */
	private isBeyond(m: Message): boolean {
		const isWhole = this.state.peek() === 'done' || this.state.peek() === 'loading';
		return !isWhole && (this.back === null || m.timestamp < this.back);
	}

	private follow(ready: () => void): void {
		if (!isLive(this.range.peek())) {
			// a reading that a lost connection broke off goes on
			this.unwatch = effect(() => {
				if (liveState.value === 'online' && this.state.peek() === 'failed') this.older();
			});
			return;
		}
		const filter = this.filter.peek();
		const topic = `flespi/message/gw/devices/${this.id}`;
		const on = (m: Message): void => this.take(m, this.told);
		const ends = [
			effect(() => {
				// before anything is told again
				if (liveState.value !== 'lost') return;
				this.losses++;
				this.since ??= Math.max(arrivalOf(this.rows), arrivalOf(this.held));
			}),
			effect(() => this.forget(now.value)),
			watch(filter ? `$filter/payload=${encodeURIComponent(filter)}/${topic}` : topic, { on: (m) => on(jsonOf<Message>(m)), ready }),
		];
		this.unwatch = () => ends.forEach((end) => end());
	}

	/** An open range moves on: what is older than it goes, unless somebody has stopped it. */
	private forget(at: number): void {
		const range = this.range.peek();
		if (!isOpen(range) || this.paused.peek() || this.state.peek() === 'loading') return;
		const { length } = this.rows;
		while ((this.rows.at(-1)?.timestamp ?? at) < Math.floor(at - range.last)) this.rows.pop();
		if (this.rows.length === length) return;
		if (this.back !== null) this.state.value = 'done'; // to where it was read lies outside now
		this.changed();
	}

	/** Told again after a pause: what has arrived since then, whatever its time, and the rest of a reading that
	 *  broke off. */
	private async catchUp(): Promise<void> {
		const { signal } = this.alive;
		await this.loading;
		if (signal.aborted) return;
		if (this.state.peek() === 'failed') {
			this.older();
			await this.loading;
		}
		if (this.since === null || signal.aborted) return;
		const own = this.filter.peek();
		const filter = `server.timestamp>=${Math.max(0, this.since - OVERLAP)}` + (own && `&&(${own})`);
		const range = this.range.peek();
		const data = { filter, from: spanOf(range).from, ...(!isOpen(range) && { to: range.to }) };
		const told: Told = new WeakSet();
		const { losses } = this;
		try {
			await stream<Message>(this.path, { data, signal }, (items) => {
				for (const m of items) if (!signal.aborted) this.take(m, told);
			});
			// else it may not know what came after the last loss
			if (losses === this.losses) this.since = null;
		} catch {
			// when the connection is lost again, it will be caught up then
			setTimeout(() => void (signal.aborted || liveState.peek() !== 'online' || this.catchUp()), RETRY_MS);
		}
	}
}
