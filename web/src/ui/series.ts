// Figures over the last minutes, a value a step, for sparklines.

/** The last `room` values, oldest first. */
export class Series {
	readonly values: number[] = [];

	constructor(readonly room: number) {}

	push(value: number): void {
		this.values.push(value);
		if (this.values.length > this.room) this.values.shift();
	}

	get last(): number {
		return this.values.at(-1) ?? 0;
	}
}

/** Counts what happens between two steps; each step turns the count into a rate per second. */
export class RateSeries extends Series {
	private count = 0;

	add(n = 1): void {
		this.count += n;
	}

	step(seconds: number): void {
		this.push(this.count / seconds);
		this.count = 0;
	}

	/** The mean of the last `n` steps: a rate that does not jump. */
	mean(n = 5): number {
		const last = this.values.slice(-n);
		return last.length ? last.reduce((sum, v) => sum + v, 0) / last.length : 0;
	}
}
