// The view is in the fragment of the address, so that the page needs no address of its own on the server:
// #/devices/7/messages?from=…
import { signal } from '@preact/signals';

export interface Route {
	/** Segments, decoded: ['devices', '7', 'messages']. */
	path: string[];
	query: URLSearchParams;
}

/** A percent sign that begins no code stands for itself: such an address leads nowhere, but breaks nothing. */
function decode(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}

export function parseRoute(hash: string): Route {
	const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
	return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

export const route = signal<Route>(parseRoute(location.hash));

window.addEventListener('hashchange', () => (route.value = parseRoute(location.hash)));

export type RouteQuery = Record<string, string | number | undefined>;

/** '#/devices/7?from=1' of href('devices', 7, {from: 1}). */
export function href(...parts: (string | number | RouteQuery)[]): string {
	const last = parts.at(-1);
	const query = new URLSearchParams();
	const path = parts.filter((part): part is string | number => typeof part !== 'object');
	if (typeof last === 'object')
		for (const [name, value] of Object.entries(last)) if (value !== undefined) query.set(name, String(value));
	const text = query.toString();
	return '#/' + path.map((part) => encodeURIComponent(part)).join('/') + (text && '?' + text);
}

export function go(...parts: (string | number | RouteQuery)[]): void {
	location.hash = href(...parts);
}

/** As go(), but "back" does not come here again: for a view's own settings. */
export function replace(...parts: (string | number | RouteQuery)[]): void {
	history.replaceState(null, '', href(...parts));
	route.value = parseRoute(location.hash);
}
