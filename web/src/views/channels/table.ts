// Rows by key that the live door moves, perhaps thousands of times a second; who shows them is told four
// times a second at most.
import { signal } from '@preact/signals';

const TELL_MS = 250;

/** Tells soon that something has changed, but not with each change. */
export class Bell {
	readonly version = signal(0);
	/** All that there was has been told. */
	isKnown = false;
	private timer = 0;

	known(): void {
		this.isKnown = true;
		this.ring();
	}

	ring(): void {
		if (!this.timer)
			this.timer = window.setTimeout(() => {
				this.timer = 0;
				this.version.value++;
			}, TELL_MS);
	}
}

export class LiveTable<Row> {
	readonly bell = new Bell();
	readonly rows = new Map<string, Row>();

	set(key: string, row: Row): void {
		this.rows.set(key, row);
		this.bell.ring();
	}

	delete(key: string): void {
		if (this.rows.delete(key)) this.bell.ring();
	}
}

/** The newest first, so many at most. While it is paused, what comes is only counted. */
export class Tail<Row> {
	readonly bell = new Bell();
	readonly rows: Row[] = [];
	readonly paused = signal(false);
	/** How many came while it was paused. */
	missed = 0;
	/** How many were ever put in at the top. */
	head = 0;

	constructor(readonly room: number) {}

	add(row: Row): void {
		if (this.paused.peek()) this.missed++;
		else {
			this.rows.unshift(row);
			this.head++;
			if (this.rows.length > this.room) this.rows.pop();
		}
		this.bell.ring();
	}

	/** Those that came since `head` was so many. */
	since(head: number): Row[] {
		return this.rows.slice(0, this.head - head);
	}

	/** From the history, newest first: behind `newer`, and instead of all that was there. */
	refill(newer: Row[], rows: Row[]): void {
		this.rows.splice(0, this.rows.length, ...newer, ...rows.slice(0, this.room - newer.length));
		this.bell.ring();
	}

	resume(): void {
		this.missed = 0;
		this.paused.value = false;
		this.bell.ring();
	}
}
