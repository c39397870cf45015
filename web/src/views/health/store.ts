// The figures of the gateway, read every two seconds while somebody looks, and their last minutes.
import { signal } from '@preact/signals';
import { ApiError, get, send } from '../../lib/api';
import { web } from '../../lib/web';
import { Series } from '../../ui/series';
import { parseMetrics, rateOf, type Metric } from './metrics';

export const EVERY_MS = 2000;
/** Values of a line: five minutes. */
export const ROOM = 150;

export interface Health {
	state: 'unknown' | 'well' | 'failing' | 'away';
	reason: string;
}

export const health = signal<Health>({ state: 'unknown', reason: '' });
export const metrics = signal(new Map<string, Metric>());
export const version = signal('');
/** Of a counter: what came in a second; else the value. */
const lines = new Map<string, Series>();
/** The values of counters, for how much they have grown in the minutes of the lines. */
const totals = new Map<string, Series>();

let last = 0;
let timer = 0;
let abort = new AbortController();

function seriesOf(map: Map<string, Series>, name: string): Series {
	let found = map.get(name);
	if (!found) map.set(name, (found = new Series(ROOM)));
	return found;
}

function take(list: Metric[]): void {
	const at = performance.now() / 1000;
	const before = metrics.peek();
	for (const m of list) {
		const was = before.get(m.name);
		if (m.kind !== 'counter') seriesOf(lines, m.name).push(m.value);
		else if (was) seriesOf(lines, m.name).push(rateOf(was.value, m.value, at - last));
		if (m.kind === 'counter') seriesOf(totals, m.name).push(m.value);
	}
	last = at;
	metrics.value = new Map(list.map((m) => [m.name, m]));
}

const PREFIX = 'cantrack_';
const full = (name: string): string => (name.startsWith(PREFIX) ? name : PREFIX + name);

/** Short names: "connections_open". 0: there is no such figure. */
export const valueOf = (name: string): number => metrics.value.get(full(name))?.value ?? 0;
export const lineOf = (name: string): number[] => lines.get(full(name))?.values ?? [];
/** How many a second, over the last ten seconds. */
export function speedOf(name: string): number {
	const some = lineOf(name).slice(-5);
	return some.length ? some.reduce((sum, v) => sum + v, 0) / some.length : 0;
}
/** What a counter has grown while the page has looked, five minutes at most. */
export function grownOf(name: string): number {
	const values = totals.get(full(name))?.values ?? [];
	return rateOf(values[0] ?? 0, values.at(-1) ?? 0, 1);
}

/** What 503 says is an answer, too. */
async function readHealth(signal: AbortSignal): Promise<Health> {
	try {
		await send('GET', 'health', { signal });
		return { state: 'well', reason: '' };
	} catch (e) {
		if (!(e instanceof ApiError) || e.status === 0) return { state: 'away', reason: (e as Error).message };
		const said = e.faults[0]?.reason ?? '';
		try {
			return { state: 'failing', reason: (JSON.parse(said) as { reason: string }).reason };
		} catch {
			return { state: 'failing', reason: said };
		}
	}
}

async function look(): Promise<void> {
	const mine = abort.signal;
	if (!document.hidden) {
		const now = await readHealth(mine);
		const text = await send('GET', 'metrics', { signal: mine }).then((r) => r.text()).catch(() => null);
		if (mine.aborted) return;
		health.value = now;
		if (text !== null) take(parseMetrics(text));
	}
	timer = window.setTimeout(() => void look(), EVERY_MS);
}

/** While the view is open; returns the end of it. What was seen before does not count: nobody looked since. */
export function startHealth(): () => void {
	abort = new AbortController();
	lines.clear();
	totals.clear();
	metrics.value = new Map();
	void look();
	web().then((found) => (version.value = found.version), () => undefined);
	return () => {
		abort.abort();
		clearTimeout(timer);
	};
}

export interface Session {
	id: number;
	client_id: string;
	connected: boolean;
	/** 0: it is connected, or never. */
	expires: number;
	source: string;
	size: number;
	messages: number;
	subscriptions: number;
	version: string;
	token_id: number;
	transport: string;
	established: number;
}

export const SESSIONS_MOST = 500;
export const readSessions = (): Promise<Session[]> => get<Session>('mqtt/sessions/all', { query: { limit: SESSIONS_MOST } });
