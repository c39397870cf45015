// A WebSocket that hands over what comes in bundles. The MQTT client takes one message of the socket for each
// turn of a timer; on a page that also has much to paint, turns are few, and thousands of messages a second
// would wait for them longer and longer.

/** One buffer with the bytes of all. */
export function joined(pieces: ArrayBuffer[]): ArrayBuffer {
	if (pieces.length === 1) return pieces[0]!;
	const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
	let at = 0;
	for (const piece of pieces) {
		all.set(new Uint8Array(piece), at);
		at += piece.byteLength;
	}
	return all.buffer;
}

/** Collects pieces: the first is handed over at once, those that follow within `ms` together. */
export class Bundler {
	private pieces: ArrayBuffer[] = [];
	private timer: ReturnType<typeof setTimeout> | undefined;

	constructor(private readonly take: (bundle: ArrayBuffer) => void, private readonly ms: number) {}

	add(piece: ArrayBuffer): void {
		this.pieces.push(piece);
		if (this.timer !== undefined) return;
		this.flush();
		this.rest();
	}

	/** Hands over what was collected. */
	flush(): void {
		const { pieces } = this;
		this.pieces = [];
		if (pieces.length) this.take(joined(pieces));
	}

	private rest(): void {
		this.timer = setTimeout(() => {
			this.timer = undefined;
			if (!this.pieces.length) return;
			this.flush();
			this.rest();
		}, this.ms);
	}
}

const BUNDLE_MS = 8;

type Listener = (event: MessageEvent<ArrayBuffer>) => void;

/** For a client that listens with addEventListener, to array buffers. */
export function bundlingSocket(url: string, protocols: string[]): WebSocket {
	const socket = new WebSocket(url, protocols);
	const listen = socket.addEventListener.bind(socket) as typeof socket.addEventListener;
	socket.addEventListener = ((type: string, listener: EventListener, options?: AddEventListenerOptions) => {
		if (type !== 'message') return listen(type, listener, options);
		const bundler = new Bundler((data) => (listener as Listener)(new MessageEvent('message', { data })), BUNDLE_MS);
		listen('message', (e) => bundler.add((e as MessageEvent<ArrayBuffer>).data));
		listen('close', () => bundler.flush());
	}) as typeof socket.addEventListener;
	return socket;
}
