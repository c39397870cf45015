// Cuts {"result":[{…},{…}]} into its items while it is still coming. A letter of several bytes may be
// split between two pieces, so bytes are looked at, not characters; all that matters here is ASCII.

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = [91, 123];
const CLOSE = [93, 125];

/** Items of `result`, one after the other, from an answer of the gateway that comes in pieces. */
export class JsonItems<T> {
	private rest = new Uint8Array(0); // of the item that has begun
	private depth = 0;
	private inText = false;
	private escaped = false;
	private readonly decoder = new TextDecoder();

	/** The items that are whole now. */
	feed(piece: Uint8Array): T[] {
		const found: T[] = [];
		const bytes = this.rest.length ? joined(this.rest, piece) : piece;
		let start = this.depth >= 2 ? 0 : -1;
		for (let i = this.rest.length; i < bytes.length; i++) {
			const depth = this.depth;
			this.step(bytes[i]!);
			// depth 1: the answer, 2: the list, 3: an item of it
			if (depth === 2 && this.depth === 3) start = i;
			if (depth === 3 && this.depth === 2) {
				found.push(JSON.parse(this.decoder.decode(bytes.subarray(start, i + 1))) as T);
				start = -1;
			}
		}
		this.rest = this.depth >= 3 && start >= 0 ? bytes.slice(start) : new Uint8Array(0);
		return found;
	}

	/** False: the answer has not come to its end. */
	get isWhole(): boolean {
		return this.depth === 0;
	}

	private step(byte: number): void {
		if (this.inText) {
			if (this.escaped) this.escaped = false;
			else if (byte === BACKSLASH) this.escaped = true;
			else if (byte === QUOTE) this.inText = false;
		} else if (byte === QUOTE) this.inText = true;
		else if (OPEN.includes(byte)) this.depth++;
		else if (CLOSE.includes(byte)) this.depth--;
	}
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
	const both = new Uint8Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}
