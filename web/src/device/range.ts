// Which part of time the tabs of a device show, and how the address says it: ?last=3600 or ?from=…&to=…
import type { Range } from './store';

export const DAY = 86400;
export const DEFAULT_RANGE: Range = { last: DAY };

/** What the address asks for; null: it says nothing that makes sense. */
export function rangeOf(query: URLSearchParams): Range | null {
	const [last, from, to] = ['last', 'from', 'to'].map((name) => Number(query.get(name) ?? NaN)) as [number, number, number];
	if (last > 0 && Number.isFinite(last)) return { last };
	return Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to } : null;
}

/** The same as members of an address. */
export const rangeQuery = (range: Range): Record<string, number> => ({ ...range });

export const sameRange = (a: Range, b: Range): boolean => JSON.stringify(rangeQuery(a)) === JSON.stringify(rangeQuery(b));

/** Midnight in the viewer's zone, `days` later: days may have 23 or 25 hours. */
export function midnight(at: number, days = 0): number {
	const d = new Date(at * 1000);
	return new Date(d.getFullYear(), d.getMonth(), d.getDate() + days).getTime() / 1000;
}

/** The day that a time lies in. */
export const dayOf = (at: number): Range => ({ from: midnight(at), to: midnight(at, 1) });

/** Is it one whole day? */
export const isDay = (range: Range): boolean => 'from' in range && sameRange(range, dayOf(range.from));
