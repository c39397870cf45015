// Which devices are in the list, and where. A row stays where it is while its values change: it is sorted
// anew only when somebody asks for another order, another search or another choice.
import type { Device } from '../../fleet/store';
import { byTitle, finder } from '../../fleet/find';
import { isOnline, ONLINE, stateOf, STATES, type State } from '../../fleet/state';

export type SortKey = 'online' | 'name' | 'ident' | 'lastActive' | 'position' | 'speed' | 'battery' | 'ignition' | 'signal';
export interface Sort {
	key: SortKey;
	down: boolean;
}

export const kinds = ['all', 'online', 'moving', 'idle', 'parked', 'offline', 'never'] as const;
export type Kind = (typeof kinds)[number];

const SHOWN: Record<Kind, readonly State[]> = {
	all: STATES,
	online: ONLINE,
	moving: ['moving'],
	idle: ['idle'],
	parked: ['parked'],
	offline: ['offline'],
	never: ['never'],
};

/** `now`: seconds since 1970, here and below. */
export function countKinds(all: Iterable<Device>, now: number): Record<Kind, number> {
	const count = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
	for (const d of all) {
		const state = stateOf(d, now);
		for (const kind of kinds) if (SHOWN[kind].includes(state)) count[kind]++;
	}
	return count;
}

export function matcher(kind: Kind, search: string, now: number): (d: Device) => boolean {
	const isFound = finder(search);
	return (d) => SHOWN[kind].includes(stateOf(d, now)) && isFound(d);
}

const VALUE: Record<Exclude<SortKey, 'name'>, (d: Device, now: number) => number | null> = {
	online: (d, now) => Number(isOnline(d, now)),
	ident: (d) => Number(d.ident),
	lastActive: (d) => d.lastActive,
	position: (d) => d.position?.at ?? null,
	speed: (d) => d.position?.speed ?? null,
	battery: (d) => d.battery,
	ignition: (d) => (d.ignition === null ? null : Number(d.ignition)),
	signal: (d) => d.signal,
};

export type Compare = (a: Device, b: Device) => number;

/** What is not known stands at the end, whichever the direction; equal ones by name. */
export function comparer({ key, down }: Sort, now: number): Compare {
	const sign = down ? -1 : 1;
	if (key === 'name') return (a, b) => sign * byTitle(a, b);
	const value = VALUE[key];
	return (a, b) => {
		const [x, y] = [value(a, now), value(b, now)];
		if (x === y) return byTitle(a, b);
		return x === null ? 1 : y === null ? -1 : sign * (x - y);
	};
}

export class Order {
	/** The devices that are shown, in their order. */
	rows: Device[] = [];

	sort(all: Iterable<Device>, matches: (d: Device) => boolean, compare: Compare): void {
		this.rows = [...all].filter(matches).sort(compare);
	}

	/** Takes out what does not belong here any more and puts in what does now; all others stay in their order. */
	merge(all: Map<number, Device>, matches: (d: Device) => boolean, compare: Compare): void {
		const kept = this.rows.filter((d) => all.get(d.id) === d && matches(d));
		const known = new Set(kept);
		const fresh = [...all.values()].filter((d) => !known.has(d) && matches(d)).sort(compare);
		if (!fresh.length && kept.length === this.rows.length) return;
		this.rows = fresh.length ? woven(kept, fresh, compare) : kept;
	}
}

/** Each new one stands before the first that comes behind it; the old ones may be out of order by now. */
function woven(kept: Device[], fresh: Device[], compare: Compare): Device[] {
	const out: Device[] = [];
	let next = 0;
	for (const d of kept) {
		while (next < fresh.length && compare(fresh[next]!, d) < 0) out.push(fresh[next++]!);
		out.push(d);
	}
	return out.concat(fresh.slice(next));
}
