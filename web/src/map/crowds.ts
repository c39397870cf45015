// Markers that lie on top of each other: how many they are.

export interface Crowd {
	/** Pixels: its right edge, and its middle. */
	x: number;
	y: number;
	count: number;
}

/** Piles are markers of one spot: x, y, and how many. Those within `reach` pixels of the first one are a crowd,
 *  when they are at least `least` markers. More than `most` piles are a crowd all over: none is told. */
export class Piles {
	private x = new Float64Array(64);
	private y = new Float64Array(64);
	private counts = new Uint32Array(64);
	private isUsed = new Uint8Array(64);
	length = 0;

	clear(): void {
		this.length = 0;
	}

	/** Begins a pile; its number. */
	begin(x: number, y: number): number {
		if (this.length === this.x.length) this.grow();
		this.x[this.length] = x;
		this.y[this.length] = y;
		this.counts[this.length] = 1;
		return this.length++;
	}

	add(pile: number): void {
		this.counts[pile]!++;
	}

	crowds(reach: number, least: number, most: number): Crowd[] {
		const found: Crowd[] = [];
		if (this.length > most) return found;
		this.isUsed.fill(0, 0, this.length);
		for (let i = 0; i < this.length; i++) {
			if (this.isUsed[i]) continue;
			const crowd: Crowd = { x: this.x[i]!, y: this.y[i]!, count: 0 };
			for (let k = i; k < this.length; k++) {
				if (this.isUsed[k] || Math.abs(this.x[k]! - this.x[i]!) > reach || Math.abs(this.y[k]! - this.y[i]!) > reach) continue;
				this.isUsed[k] = 1;
				crowd.count += this.counts[k]!;
				crowd.x = Math.max(crowd.x, this.x[k]!);
			}
			if (crowd.count >= least) found.push(crowd);
		}
		return found;
	}

	private grow(): void {
		const larger = <T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T => (to.set(from), to);
		const size = 2 * this.x.length;
		this.x = larger(this.x, new Float64Array(size));
		this.y = larger(this.y, new Float64Array(size));
		this.counts = larger(this.counts, new Uint32Array(size));
		this.isUsed = larger(this.isUsed, new Uint8Array(size));
	}
}
