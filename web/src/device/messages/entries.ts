// Entries of a journal of the gateway (logs, packets) in a range of time: newest first, read page by page,
// and added to while the range is open.
import { signal } from '@preact/signals';
import { ApiError, stream } from '../../lib/api';
import { insert, mark, type Timed, type Told } from '../rows';
import { isOpen, spanOf, type Range } from '../store';

const ENTRIES_PAGE = 2000;
/** Seconds that are read again, as several threads write the journal. */
const OVERLAP = 5;
/** Not more than this is read to get to one entry. */
const REACH = 20_000;
/** More are not held: who watches for days can load the oldest again. */
const MOST = 2 * REACH;

/** 'refused': the token may not read them, however often it asks. */
export type EntriesState = 'loading' | 'done' | 'more' | 'failed' | 'refused';

export class Entries<T extends Timed> {
	/** Newest first; the same array for its life: read it when `version` has moved. */
	readonly rows: T[] = [];
	readonly version = signal(0);
	readonly state = signal<EntriesState>('loading');
	/** Why the state is 'failed' or 'refused'. */
	readonly error = signal('');
	private abort = new AbortController();
	private range: Range = { last: 1 };
	private told: Told = new WeakSet();
	private since: number | null = null;
	/** How often was asked for what is recent. */
	private asked = 0;
	private frame = 0;
	private loading: Promise<void> = Promise.resolve();

	constructor(readonly path: string) {}

	open(range: Range): Promise<void> {
		this.close();
		this.abort = new AbortController();
		this.range = range;
		this.rows.length = 0;
		this.since = null;
		this.told = new WeakSet();
		this.changed();
		return (this.loading = this.load(isOpen(range) ? undefined : range.to));
	}

	close(): void {
		this.abort.abort();
	}

	/** The next page; after a failure, the same one again. */
	older(): void {
		if (this.state.peek() !== 'loading') this.loading = this.load(this.rows.at(-1)?.timestamp ?? (isOpen(this.range) ? undefined : this.range.to));
	}

	/** One that was told the moment it happened. */
	take(entry: T): void {
		if ((!isOpen(this.range) && entry.timestamp > this.range.to) || this.isKnown(entry, this.told)) return;
		insert(this.rows, entry, true);
		this.trim();
		this.changed();
	}

	/** Reads what has happened since the newest that was here when it was last known that nothing is missing. */
	async recent(): Promise<void> {
		const { signal } = this.abort;
		const mine = ++this.asked;
		this.since ??= this.rows[0]?.timestamp ?? null; // not of one that is told while this is asked for
		await this.loading;
		if (signal.aborted) return;
		if (this.error.peek()) return this.older();
		const newest = this.since ?? this.rows[0]?.timestamp ?? spanOf(this.range).from + OVERLAP;
		try {
			const isWhole = await this.between(newest - OVERLAP, isOpen(this.range) ? undefined : this.range.to);
			if (mine === this.asked) this.since = null; // the last one knows most
			if (!isWhole) await this.open(this.range);
			else this.trim();
		} catch {
			// the next time, it is asked for from there
		}
	}

	/** Makes the rows go to this time, also beyond the range; false: there is too much in between. */
	async reach(timestamp: number): Promise<boolean> {
		const newest = this.rows[0]?.timestamp ?? timestamp;
		const oldest = this.rows.at(-1)?.timestamp ?? timestamp;
		if (this.rows.length && timestamp >= oldest && timestamp <= newest) return true;
		return this.between(Math.min(timestamp - 1, newest), Math.max(timestamp + 1, oldest));
	}

	/** Puts in what is missing between two times; false: too much, and nothing was put in. */
	private async between(from: number, to: number | undefined): Promise<boolean> {
		const told: Told = new WeakSet();
		const { signal } = this.abort;
		const found: T[] = [];
		const data = { from, ...(to !== undefined && { to }), count: REACH };
		await stream<T>(this.path, { data, signal }, (items) => void found.push(...items));
		if (found.length >= REACH || signal.aborted) return signal.aborted;
		for (const entry of found) {
			if (this.isKnown(entry, told)) continue;
			insert(this.rows, entry, true);
		}
		if (found.length) this.changed();
		return true;
	}

	private async load(to: number | undefined): Promise<void> {
		const { signal } = this.abort;
		const told: Told = new WeakSet();
		this.state.value = 'loading';
		this.error.value = '';
		const data = { from: spanOf(this.range).from, ...(to !== undefined && { to }), reverse: true, count: ENTRIES_PAGE };
		try {
			const count = await stream<T>(this.path, { data, signal }, (items) => {
				if (signal.aborted) return;
				for (const entry of items) if (!this.isKnown(entry, told)) insert(this.rows, entry, false);
				this.changed();
			});
			if (!signal.aborted) this.state.value = count >= ENTRIES_PAGE ? 'more' : 'done';
		} catch (e) {
			if (signal.aborted) return;
			this.error.value = (e as Error).message;
			this.state.value = e instanceof ApiError && e.status === 403 ? 'refused' : 'failed';
		}
	}

	private isKnown(entry: T, told: Told): boolean {
		if (mark(this.rows, entry, told)) return true;
		told.add(entry);
		return false;
	}

	private trim(): void {
		if (this.rows.length <= MOST || this.state.peek() === 'loading') return;
		this.rows.length = REACH;
		this.state.value = 'more';
		this.error.value = '';
	}

	private changed(): void {
		if (!this.frame)
			this.frame = requestAnimationFrame(() => {
				this.frame = 0;
				this.version.value++;
			});
	}
}
