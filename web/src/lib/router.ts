// The view is in the fragment of the address, so that the page needs no address of its own on the server:
// #/devices/7/messages?from=…
import { signal } from '@preact/signals';
import './session'; // takes a key out of the address first

export interface Route {
	/** Segments, decoded: ['devices', '7', 'messages']. */
	path: string[];
	query: URLSearchParams;
}

/** Somebody may have typed it. */
function decoded(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}

function parseRoute(hash: string): Route {
	const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
	return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

export const route = signal<Route>(parseRoute(location.hash));

/** The view and, in it, the device or channel; what it shows of that is not a part of it. */
export const placeOf = ({ path }: Route): string => path.slice(0, 2).join('/');

/** How often somebody has gone elsewhere. */
let moves = 0;

function follow(): void {
	const next = parseRoute(location.hash);
	if (placeOf(next) !== placeOf(route.peek())) moves++;
	route.value = next;
}
window.addEventListener('hashchange', follow);

/** Asked for before a request: is who has made it still there? Who is elsewhere when the answer comes is not asked
 *  anything, nor taken anywhere. */
export function stays(): () => boolean {
	const then = moves;
	return () => moves === then;
}

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
	follow();
}
