// Where labels have been put, so that none covers another.

const CELL = 32;

export class Room {
	private readonly cells = new Map<number, [number, number, number, number][]>();

	/** True, and the place is taken, when nothing stands there yet. */
	take(x: number, y: number, width: number, height: number): boolean {
		const keys: number[] = [];
		for (let row = Math.floor(y / CELL); row <= Math.floor((y + height) / CELL); row++)
			for (let column = Math.floor(x / CELL); column <= Math.floor((x + width) / CELL); column++) keys.push(row * 4096 + column);
		const isTaken = keys.some((key) => this.cells.get(key)?.some(([a, b, w, h]) => x < a + w && a < x + width && y < b + h && b < y + height));
		if (isTaken) return false;
		for (const key of keys) {
			const cell = this.cells.get(key);
			if (cell) cell.push([x, y, width, height]);
			else this.cells.set(key, [[x, y, width, height]]);
		}
		return true;
	}
}
