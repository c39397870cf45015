// What the list of devices shows, and which of them are selected.
import { effect, signal, untracked } from '@preact/signals';
import { devices, fleetMembers, fleetVersion, type Device } from '../../fleet/store';
import { pref } from '../../lib/prefs';
import { now } from '../../lib/time';
import { comparer, countKinds, matcher, Order, type Kind, type Sort, type SortKey } from './order';

export const sort = pref<Sort>('devices.sort', { key: 'name', down: false });
export const search = signal('');
export const kind = signal<Kind>('all');
/** A new array when rows came, went or were sorted anew. */
export const rows = signal<Device[]>([]);
export const counts = signal(countKinds([], 0));
export const selected = signal<ReadonlySet<number>>(new Set());

const MEMBERS_MS = 50;
const order = new Order();
/** While a mouse moves over the rows, none moves away from under it because of what its device does. */
let heldUntil = 0;
const HOLD_S = 5;

const matches = (): ((d: Device) => boolean) => matcher(kind.peek(), search.peek(), now.peek());
const compare = (): ReturnType<typeof comparer> => comparer(sort.peek(), now.peek());

function merge(): void {
	order.merge(devices, matches(), compare());
	rows.value = order.rows;
}

export function hold(on: boolean): void {
	heldUntil = on ? now.peek() + HOLD_S : 0;
	if (!on) merge();
}

/** Values are sorted anew, as they are now. */
function resort(): void {
	order.sort(devices.values(), matches(), compare());
	rows.value = order.rows;
}

export function sortBy(key: SortKey): void {
	const { key: old, down } = sort.value;
	// of most values the large ones are wanted first, of words the A
	const first = key !== 'name' && key !== 'ident';
	sort.value = { key, down: key === old ? !down : first };
	resort(); // also when it is the same again
}

export function select(ids: Iterable<number>, on: boolean): void {
	const now = new Set(selected.value);
	for (const id of ids)
		if (on) now.add(id);
		else now.delete(id);
	selected.value = now;
}

export const clearSelection = (): void => void (selected.value = new Set());

let timer = 0;

function count(): void {
	counts.value = countKinds(devices.values(), now.peek());
}

function members(): void {
	timer = 0;
	merge();
	count();
	const gone = [...selected.peek()].filter((id) => !devices.has(id));
	if (gone.length) select(gone, false);
}

/** The list is kept true from now on; returns the end of it. */
export function startList(): () => void {
	const ends = [
		effect(() => {
			void [sort.value, search.value, kind.value];
			untracked(resort);
		}),
		effect(() => {
			void fleetMembers.value;
			// thousands may come or go one by one
			if (!timer) timer = window.setTimeout(members, MEMBERS_MS);
		}),
		effect(() => {
			void [fleetVersion.value, now.value]; // who falls silent says nothing
			untracked(() => {
				count();
				if (now.peek() > heldUntil && kind.peek() !== 'all') merge();
			});
		}),
	];
	return () => {
		ends.forEach((end) => end());
		clearTimeout(timer);
		timer = 0;
		heldUntil = 0;
		clearSelection();
	};
}
