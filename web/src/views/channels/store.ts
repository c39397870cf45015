// The channels as they are now, and how much they are doing: what comes is counted as it comes, how many
// are connected is asked for every few seconds.
import { signal } from '@preact/signals';
import { get, inOrder, one, send } from '../../lib/api';
import { jsonOf, watch, type LiveMessage } from '../../lib/live';
import { RateSeries } from '../../ui/series';
import type { Channel } from './types';

const FIELDS = 'id,name,enabled,messages_ttl,configuration,uri,metadata';
const STEP_MS = 1000;
const COUNT_STEPS = 3;
/** Values of a line: two minutes. */
export const ROOM = 120;

export class Activity {
	readonly messages = new RateSeries(ROOM);
	readonly bytes = new RateSeries(ROOM);
	/** Null: not known. */
	connections: number | null = null;
	idents: number | null = null;
	private readonly asked = inOrder();

	take(m: LiveMessage): void {
		this.messages.add();
		this.bytes.add(m.payload.length);
	}

	step(seconds: number): void {
		this.messages.step(seconds);
		this.bytes.step(seconds);
	}

	async count(id: number): Promise<void> {
		const isNews = this.asked();
		const [connections, idents] = await Promise.all([countOf(`gw/channels/${id}/connections/all`), countOf(`gw/channels/${id}/idents/*`)]);
		if (!isNews()) return;
		this.connections = connections;
		this.idents = idents;
	}
}

/** How many items an address has; null: it does not say. */
async function countOf(path: string): Promise<number | null> {
	try {
		const answer = (await (await send('GET', path, { query: { limit: 1 } })).json()) as { pagination?: { count: number } };
		return answer.pagination?.count ?? null;
	} catch {
		return null;
	}
}

export const channels = signal<Map<number, Channel>>(new Map());
export const channelsError = signal('');
export const channelsState = signal<'loading' | 'ready' | 'failed'>('loading');
/** By channel; read it when `beat` has moved. */
const activities = new Map<number, Activity>();
/** Moves with each step of the figures. */
export const beat = signal(0);

export function activityOf(id: number): Activity {
	let found = activities.get(id);
	if (!found) activities.set(id, (found = new Activity()));
	return found;
}

const idOf = (topic: string): number => Number(topic.split('/')[4]);

function put(channel: Channel | undefined, id: number): void {
	const next = new Map(channels.value);
	if (channel) next.set(id, { ...next.get(id), ...channel });
	else if (next.delete(id)) activities.delete(id);
	channels.value = next;
}

/** How often a channel was told of. */
let told = 0;
const asked = inOrder();

/** What the gateway answers to a change. Somebody else may have made another one since: all is read anew. */
export function takeChannel(channel: Channel): void {
	put(channel, channel.id);
	void load();
}
export const dropChannel = (id: number): void => put(undefined, id);

function takeState(m: LiveMessage): void {
	told++;
	const id = idOf(m.topic);
	put(m.payload.length ? jsonOf<Channel>(m) : undefined, id);
}

/** A list that is as new as what was told meanwhile; null: another one was asked for and is there. */
async function newList(): Promise<Channel[] | null> {
	const isNews = asked();
	for (;;) {
		const before = told;
		const list = await get<Channel>('gw/channels/all', { query: { fields: FIELDS } });
		if (!isNews()) return null;
		if (told === before) return list;
	}
}

async function load(): Promise<void> {
	try {
		const list = await newList();
		if (!list) return;
		channels.value = new Map(list.map((channel) => [channel.id, channel]));
		channelsState.value = 'ready';
		for (const { id } of list) void activityOf(id).count(id);
	} catch (e) {
		channelsError.value = (e as Error).message;
		if (channelsState.value === 'loading') channelsState.value = 'failed';
	}
}

/** The whole of one: also what the list does not show. */
export const readChannel = (id: number): Promise<Channel> => one<Channel>('GET', `gw/channels/${id}`, { query: { fields: FIELDS + ',messages_size' } });

let steps = 0;
let lastStep = 0;

function step(): void {
	const now = performance.now();
	const seconds = (now - lastStep) / 1000; // the timer of a page that nobody sees is slow
	lastStep = now;
	const counts = steps++ % COUNT_STEPS === 0 && !document.hidden;
	for (const id of channels.peek().keys()) {
		const activity = activityOf(id);
		activity.step(seconds);
		if (counts) void activity.count(id);
	}
	beat.value++;
}

/** While a view of channels is open; returns the end of it. */
export function startChannels(): () => void {
	void load();
	activities.clear();
	steps = 0;
	lastStep = performance.now();
	const timer = setInterval(step, STEP_MS);
	const ends = [
		watch('flespi/state/gw/channels/+', {
			on: takeState,
			ready: () => void load(),
			retained: false,
		}),
		watch('flespi/message/gw/channels/+/+', { on: (m) => activityOf(idOf(m.topic)).take(m) }),
	];
	return () => {
		clearInterval(timer);
		for (const end of ends) end();
	};
}
