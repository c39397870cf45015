// What the viewer of the fleet map has chosen, and the lists that follow from it.
import { computed, signal } from '@preact/signals';
import { byTitle, finder } from '../fleet/find';
import { STATES, stateOf, type State } from '../fleet/state';
import { devices, fleetMembers, fleetState, type Device } from '../fleet/store';
import { pref } from '../lib/prefs';
import { replace, route } from '../lib/router';
import { now } from '../lib/time';

export const hiddenStates = pref<State[]>('map.hidden', []);
export const listIsOpen = pref('map.list', innerWidth > 760);
export const search = signal('');
/** Whether the map keeps the selected device in its middle. */
export const following = signal(false);

/** 0: none. It is in the address, so that a link can name it. */
export const selected = computed(() => (route.value.path[0] === 'map' ? Number(route.value.query.get('device') ?? 0) : 0));

export function select(id: number): void {
	if (id === selected.peek()) return;
	following.value = false;
	replace('map', { device: id || undefined });
}

export function toggleState(state: State): void {
	const hidden = hiddenStates.value;
	hiddenStates.value = hidden.includes(state) ? hidden.filter((one) => one !== state) : [...hidden, state];
}

export const shownStates = computed<ReadonlySet<State>>(() => new Set(STATES.filter((state) => !hiddenStates.value.includes(state))));

let sorted: Device[] = [];
let sortedAt = -1;

/** By name. Sorting thousands takes a while: only when some came or went. */
function byName(): Device[] {
	if (sortedAt !== fleetMembers.peek() || sorted.length !== devices.size) {
		sorted = [...devices.values()].sort(byTitle);
		sortedAt = fleetMembers.peek();
	}
	return sorted;
}

export interface FleetList {
	rows: Device[];
	counts: Record<State, number>;
	/** Have a position. */
	placed: number;
}

/** Moves once a second: counts and rows need no more, and the frames belong to the map. */
export const fleetList = computed<FleetList>(() => {
	const at = now.value;
	if (fleetState.value === 'ready') void fleetMembers.value; // else they come in pieces, too many to sort each time
	const word = search.value.trim();
	const isNamed = finder(word);
	const shown = shownStates.value;
	const all = byName();
	const counts: Record<State, number> = { moving: 0, idle: 0, parked: 0, offline: 0, never: 0 };
	let placed = 0;
	for (const device of all) {
		counts[stateOf(device, at)]++;
		if (device.position) placed++;
	}
	const isFound = (device: Device): boolean => (word ? isNamed(device) : shown.has(stateOf(device, at)));
	return { rows: word || shown.size < STATES.length ? all.filter(isFound) : all, counts, placed };
});
