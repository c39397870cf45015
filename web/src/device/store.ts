// The messages of one device in a range of time, for its table, map and plots alike: what one of them
// selects or zooms to, the others show. New messages come from the live door while the range is open.
import { signal } from '@preact/signals';
import type { Message } from '../fleet/store';
import { stream } from '../lib/api';
import { jsonOf, watch } from '../lib/live';
import { placeOf } from './rows';

/** Seconds since 1970, or the last so many seconds: an open range, which new messages belong to. */
export type Range = { from: number; to: number } | { last: number };
export interface Span {
	from: number;
	to: number;
}

export const isOpen = (range: Range): range is { last: number } => 'last' in range;
export const spanOf = (range: Range): Span =>
	isOpen(range) ? { from: Math.floor(Date.now() / 1000 - range.last), to: Math.ceil(Date.now() / 1000) } : range;

/** Most messages that are held; older ones of the range are loaded when somebody asks for them. */
export const PAGE = 50_000;

export type LoadState = 'loading' | 'done' | 'more' | 'failed' | 'stopped';

export class DeviceMessages {
	/** Newest first. The array is the same one for its life: read it when `version` has moved. */
	readonly rows: Message[] = [];
	readonly version = signal(0);
	/** How many rows were ever put in before others (Grid's `head`). */
	readonly head = signal(0);
	readonly range = signal<Range>({ last: 86400 });
	/** An expression of the API that must hold; ''. */
	readonly filter = signal('');
	readonly state = signal<LoadState>('loading');
	readonly error = signal('');
	/** How much of the range was read, 0..1. */
	readonly progress = signal(0);
	/** While it is paused, new messages wait and are counted here. */
	readonly paused = signal(false);
	readonly waiting = signal(0);
	readonly selected = signal<Message | null>(null);
	/** The part of the range that table, map and plots show; null: all of it. */
	readonly zoom = signal<Span | null>(null);
	/** The time that somebody points at on a plot or the map; null: none. */
	readonly pointed = signal<number | null>(null);

	private held: Message[] = [];
	private abort = new AbortController();
	private unwatch: () => void = () => undefined;
	private frame = 0;

	constructor(readonly id: number) {}

	/** Another range or filter: reads it anew. */
	open(range: Range, filter = this.filter.value): void {
		this.close();
		this.range.value = range;
		this.filter.value = filter;
		this.rows.length = 0;
		this.held = [];
		this.selected.value = this.zoom.value = this.pointed.value = null;
		this.waiting.value = 0;
		this.changed();
		if (isOpen(range)) this.follow();
		// no end where it is open: the clock of a tracker may be ahead of ours
		void this.load(spanOf(range), isOpen(range));
	}

	/** Ends what is going on. */
	close(): void {
		this.abort.abort();
		this.unwatch();
		this.unwatch = () => undefined;
	}

	/** Stops the loading; what has come stays. */
	stop(): void {
		this.abort.abort();
		if (this.state.value === 'loading') this.state.value = 'stopped';
	}

	/** The next PAGE older messages of the range. */
	older(): void {
		const oldest = this.rows.at(-1);
		if (!oldest || this.state.value === 'loading') return;
		// those of the same time come again, all of them
		this.rows.length = placeOf(this.rows, oldest.timestamp);
		void this.load({ from: spanOf(this.range.value).from, to: oldest.timestamp });
	}

	resume(): void {
		this.paused.value = false;
		for (const message of this.held) this.insert(message);
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

	/** The row that is nearest to a time; -1: there are none. */
	nearest(timestamp: number): number {
		const at = placeOf(this.rows, timestamp);
		const older = this.rows[at];
		const newer = this.rows[at - 1];
		if (!older || !newer) return older ? at : newer ? at - 1 : -1;
		return timestamp - older.timestamp <= newer.timestamp - timestamp ? at : at - 1;
	}

	private changed(): void {
		if (!this.frame)
			this.frame = requestAnimationFrame(() => {
				this.frame = 0;
				this.version.value++;
			});
	}

	private async load(span: Span, toNow = false): Promise<void> {
		const abort = (this.abort = new AbortController());
		this.state.value = 'loading';
		this.error.value = '';
		const filter = this.filter.value;
		const data = { from: span.from, ...(!toNow && { to: span.to }), reverse: true, count: PAGE, ...(filter && { filter }) };
		try {
			const count = await stream<Message>(`gw/devices/${this.id}/messages`, { data, signal: abort.signal }, (items) => {
				if (abort.signal.aborted) return;
				for (const m of items) this.append(m);
				this.progress.value = (span.to - items.at(-1)!.timestamp) / Math.max(1, span.to - span.from);
				this.changed();
			});
			if (!abort.signal.aborted) this.state.value = count >= PAGE ? 'more' : 'done';
		} catch (e) {
			if (abort.signal.aborted) return;
			this.error.value = (e as Error).message;
			this.state.value = 'failed';
		}
	}

	/** From the history, which comes newest first. */
	private append(m: Message): void {
		const last = this.rows.at(-1);
		if (!last || last.timestamp > m.timestamp) this.rows.push(m);
		else this.put(m);
	}

	/** Where it belongs; -1: it is there already, both the history and the live door have told it. */
	private put(m: Message): number {
		const at = placeOf(this.rows, m.timestamp);
		const text = JSON.stringify(m);
		let end = at;
		for (; this.rows[end]?.timestamp === m.timestamp; end++)
			if (JSON.stringify(this.rows[end]) === text) return -1;
		this.rows.splice(this.state.value === 'loading' ? end : at, 0, m);
		return at;
	}

	private insert(m: Message): void {
		if (this.put(m) < 0) return;
		this.head.value++;
		this.changed();
	}

	private take(m: Message): void {
		if (this.paused.value) this.waiting.value = this.held.push(m);
		else this.insert(m);
	}

	private follow(): void {
		const filter = this.filter.value;
		const topic = `flespi/message/gw/devices/${this.id}`;
		this.unwatch = watch(filter ? `$filter/payload=${encodeURIComponent(filter)}/${topic}` : topic, {
			on: (m) => this.take(jsonOf<Message>(m)),
			ready: (again) => void (again && this.catchUp()),
		});
	}

	/** After a lost connection: what has arrived since the newest that is here, whatever its time. */
	private async catchUp(): Promise<void> {
		const known = [...this.rows, ...this.held];
		const since = known.reduce((newest, m) => Math.max(newest, Number(m['server.timestamp'])), 0);
		const held = new Set(this.held.map((m) => JSON.stringify(m)));
		const own = this.filter.value;
		const filter = `server.timestamp>=${since}` + (own && `&&(${own})`);
		await stream<Message>(`gw/devices/${this.id}/messages`, { data: { filter, from: spanOf(this.range.value).from } }, (items) => {
			for (const m of items) if (!held.has(JSON.stringify(m))) this.take(m);
		}).catch(() => undefined); // lost again: it will be caught up then
	}
}
