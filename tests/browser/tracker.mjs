// Trackers of which a test decides every byte.
import { connect } from 'node:net';

const two = (n) => String(n).padStart(2, '0');

/** A V1 frame of a moment (seconds since 1970); knots. */
export function v1(ident, at, { knots = 10, status = 'FFFFFBFF' } = {}) {
	const d = new Date(at * 1000);
	const time = two(d.getUTCHours()) + two(d.getUTCMinutes()) + two(d.getUTCSeconds());
	const date = two(d.getUTCDate()) + two(d.getUTCMonth() + 1) + two(d.getUTCFullYear() % 100);
	return `*HQ,${ident},V1,${time},A,2240.55181,N,11358.32389,E,${knots.toFixed(2)},180,${date},${status}#`;
}

export class Tracker {
	constructor(gateway) {
		this.answer = '';
		this.socket = connect(gateway.port, '127.0.0.1');
		this.socket.setNoDelay(true);
		this.socket.on('error', () => undefined);
		this.socket.on('data', (bytes) => (this.answer += bytes));
	}

	/** One packet. */
	send(text) {
		return new Promise((done) => this.socket.write(text, 'latin1', done));
	}

	close() {
		this.socket.destroy();
	}
}
