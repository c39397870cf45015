// Who has called, and what becomes of it: idents as the gateway tells of them. Where an ident stands in the
// list does not change while it speaks; new ones come in at the top.
import { computed, signal } from '@preact/signals';
import { devices, fleetMembers } from '../../fleet/store';
import { get } from '../../lib/api';
import { jsonOf, watchState, type LiveMessage } from '../../lib/live';

export interface Seen {
	key: string;
	channel: number;
	ident: string;
	messages: number;
	/** Seconds since 1970. */
	last: number;
	peer: string;
	deviceId: number | null;
	/** Why it belongs to no device, as the gateway says it; '': it does not; null: it was not asked. */
	reason: string | null;
	/** Its device was there when the page was opened. */
	isOld: boolean;
}

interface Told {
	ident: string;
	messages: number;
	last: number;
	peer: string;
	device_id: number | null;
}

const LIST_MS = 250;
const EXPLAIN_MS = 200;
/** Rows that are drawn at most; the others come up when these are registered. */
export const SHOWN_MOST = 50;

const seen = new Map<string, Seen>();
let order: Seen[] = [];
let timer = 0;
let explaining = 0;
let isReady = false;

/** Moves when the list has changed; at most four times a second. */
export const identsVersion = signal(0);
/** All that had called before has been told. */
export const identsReady = signal(false);
/** The idents that came in last, for those who cannot see the list. */
export const newcomers = signal<string[]>([]);
let arrived: string[] = [];

/** Devices by ident. */
const byIdent = computed(() => {
	void fleetMembers.value;
	return new Map([...devices.values()].map((d) => [d.ident, d.id]));
});

/** Its device; null: it has none. */
export const deviceOf = (one: Seen): number | null =>
	byIdent.value.get(one.ident) ?? (one.deviceId !== null && devices.has(one.deviceId) ? one.deviceId : null);

export const idents = (): Seen[] => order;

function touch(): void {
	if (!timer)
		timer = window.setTimeout(() => {
			timer = 0;
			if (arrived.length) newcomers.value = arrived;
			arrived = [];
			identsVersion.value++;
			if (!explaining && unexplained().length) explaining = window.setTimeout(() => void explain(), EXPLAIN_MS);
		}, LIST_MS);
}

function add(key: string, channel: number, told: Told): void {
	const one: Seen = { key, channel, ident: told.ident, messages: told.messages, last: told.last, peer: told.peer,
		deviceId: told.device_id, reason: null, isOld: told.device_id !== null };
	seen.set(key, one);
	if (!isReady) order.push(one);
	else {
		order.unshift(one);
		if (told.device_id === null) arrived.push(told.ident);
	}
}

function take(m: LiveMessage): void {
	const [, , , , channel, , ident] = m.topic.split('/');
	const key = `${channel}/${ident}`;
	const old = seen.get(key);
	if (!m.payload.length) {
		seen.delete(key);
		order = order.filter((one) => one !== old);
	} else {
		const told = jsonOf<Told>(m);
		if (!old) add(key, Number(channel), told);
		else Object.assign(old, { messages: told.messages, last: told.last, peer: told.peer, deviceId: told.device_id });
	}
	touch();
}

/** Of those that are shown, who was not asked about. */
const unexplained = (): Seen[] =>
	order.filter((one) => one.deviceId === null).slice(0, SHOWN_MOST).filter((one) => one.reason === null);

/** The live door does not tell why. */
async function explain(): Promise<void> {
	explaining = 0;
	const open = unexplained();
	if (!open.length) return;
	for (const one of open) one.reason = '';
	const list = [...new Set(open.map((one) => one.ident))].join(',');
	const rows = await get<{ channel_id: number; ident: string; reason: string | null }>(`gw/channels/all/idents/${list}`, {
		query: { fields: 'channel_id,ident,reason' },
	}).catch(() => []); // the list is useful without
	for (const row of rows) {
		const one = seen.get(`${row.channel_id}/${row.ident}`);
		if (one) one.reason = row.reason ?? '';
	}
	touch();
}

/** From now on the list is kept true; returns the end of it. */
export function startIdents(): () => void {
	seen.clear();
	order = [];
	isReady = identsReady.value = false;
	newcomers.value = [];
	arrived = []; // another one: what is put into it is news
	const end = watchState('flespi/state/gw/channels/+/idents/+', {
		on: take,
		ready: () => {
			if (!isReady) order.sort((a, b) => b.last - a.last);
			isReady = identsReady.value = true;
			touch();
		},
	});
	return () => {
		end();
		clearTimeout(explaining);
		clearTimeout(timer);
		explaining = timer = 0;
	};
}
