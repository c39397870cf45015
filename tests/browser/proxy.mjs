// A reverse proxy that shows the gateway below a path, as nginx would: the path is taken away, WebSockets pass.
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/** Serves http://127.0.0.1:PORT/path/; returns its address and how to end it. */
export async function proxy(gateway, path) {
	const { hostname, port } = new URL(gateway.url);
	const inside = (url) => (url.startsWith(path) ? url.slice(path.length - 1) : null);
	const server = createServer((asked, answer) => {
		const target = inside(asked.url);
		if (target === null) return answer.writeHead(404).end();
		const own = request({ hostname, port, path: target, method: asked.method, headers: asked.headers }, (got) => {
			answer.writeHead(got.statusCode, got.headers);
			got.pipe(answer);
		});
		own.on('error', () => answer.writeHead(502).end());
		asked.pipe(own);
	});
	const sockets = new Set();
	server.on('upgrade', (asked, socket, head) => {
		const own = connect(port, hostname);
		for (const end of [socket, own]) end.on('error', () => undefined), sockets.add(end);
		const lines = [`GET ${inside(asked.url)} HTTP/1.1`];
		for (let i = 0; i < asked.rawHeaders.length; i += 2) lines.push(`${asked.rawHeaders[i]}: ${asked.rawHeaders[i + 1]}`);
		own.write(lines.join('\r\n') + '\r\n\r\n');
		own.write(head);
		own.pipe(socket).pipe(own);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		url: `http://127.0.0.1:${server.address().port}${path}`,
		close: () => (sockets.forEach((socket) => socket.destroy()), server.closeAllConnections(), server.close()),
	};
}
