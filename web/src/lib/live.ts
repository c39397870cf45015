// The live door: MQTT 5 over a WebSocket (docs/mqtt.md). Whoever watches a filter gets its messages until
// they stop; a lost connection mends itself, and all filters are subscribed to again.
import { effect, signal } from '@preact/signals';
import type { IClientOptions, MqttClient } from 'mqtt';
import { get, reachable } from './api';
import { bundlingSocket } from './bundle';
import { part } from './part';
import { place, token } from './session';

export type LiveState = 'off' | 'connecting' | 'online' | 'lost';

export const liveState = signal<LiveState>('off');

export interface LiveMessage {
	topic: string;
	/** Empty for what was retained and is deleted. */
	payload: Uint8Array;
	/** Seconds since 1970. */
	timestamp: number;
}

export interface Watch {
	/** For each message, in their order. It must be quick: thousands may come in a second. */
	on: (message: LiveMessage) => void;
	/** All that is retained has come. What was read over REST before may be old by now, and what failed may succeed: it is
	 *  also told when the gateway was out of reach. */
	ready?: () => void;
	/** False: what is retained is not wanted. */
	retained?: boolean;
}

interface Subscription {
	filter: string;
	id: number;
	watches: Set<Watch>;
}

const RETRY_MS = 3000;
/** A lost network is noticed soon: nothing else tells of it. */
const KEEPALIVE_S = 15;
/** The gateway is more patient: in a page that nobody sees, browsers let a timer run once a minute, and it takes two. */
const PATIENCE_S = 120;
const decoder = new TextDecoder();
const subscriptions = new Map<string, Subscription>();
const byId = new Map<number, Subscription>();
let client: MqttClient | null = null;
/** Makes a new one, while somebody is logged in and the client's code is here. */
let open: (() => void) | null = null;
let lastId = 0;

export const textOf = (message: LiveMessage): string => decoder.decode(message.payload);
export const jsonOf = <T>(message: LiveMessage): T => JSON.parse(textOf(message)) as T;

function subscribe(s: Subscription): void {
	const wanted = [...s.watches].some((w) => w.retained !== false);
	// the identifier comes back with each message: no need to know what the filter means
	client?.subscribe(
		s.filter,
		{ qos: 0, rh: wanted ? 0 : 2, properties: { subscriptionIdentifier: s.id } },
		(error) => {
			if (!error && byId.get(s.id) === s) tellReady(s);
		},
	);
}

function tellReady(s: Subscription): void {
	for (const watch of s.watches) watch.ready?.();
}

const lose = (): void => void (liveState.value = 'lost');

/** Watches a filter of MQTT (the gateway's lists and $filter/ included); the function that is returned
 *  ends it. Who watches the same filter later makes the retained messages come again, for all. */
export function watch(filter: string, w: Watch): () => void {
	let s = subscriptions.get(filter);
	if (!s) {
		s = { filter, id: ++lastId, watches: new Set() };
		subscriptions.set(filter, s);
		byId.set(s.id, s);
	}
	const mine = s;
	mine.watches.add(w);
	if (liveState.peek() === 'online') subscribe(mine);
	return () => {
		if (!mine.watches.delete(w) || mine.watches.size) return;
		subscriptions.delete(filter);
		byId.delete(mine.id);
		if (liveState.peek() === 'online') client?.unsubscribe(filter);
	};
}

/** As watch(), for state that is retained: what is not told again after a lost connection has gone meanwhile, and
 *  is told as deleted. */
export function watchState(filter: string, w: Omit<Watch, 'retained'>): () => void {
	let told = new Set<string>();
	let before = new Set<string>(); // told before the connection was lost, and not again yet
	const ends = [
		effect(() => {
			if (liveState.value !== 'lost') return;
			before = new Set([...before, ...told]);
			told = new Set();
		}),
		watch(filter, {
			on: (m) => {
				before.delete(m.topic);
				if (m.payload.length) told.add(m.topic);
				else told.delete(m.topic);
				w.on(m);
			},
			ready: () => {
				const gone = before;
				before = new Set();
				for (const topic of gone) w.on({ topic, payload: new Uint8Array(0), timestamp: Date.now() / 1000 });
				w.ready?.();
			},
		}),
	];
	return () => ends.forEach((end) => end());
}

function deliver(topic: string, payload: Uint8Array, properties: Record<string, unknown> | undefined): void {
	const ids = properties?.['subscriptionIdentifier'];
	const user = properties?.['userProperties'] as { timestamp?: string } | undefined;
	const message = { topic, payload, timestamp: Number(user?.timestamp ?? Date.now() / 1000) };
	for (const id of Array.isArray(ids) ? ids : [ids]) byId.get(id as number)?.watches.forEach((w) => w.on(message));
}

function options(key: string): IClientOptions {
	return {
		protocolVersion: 5,
		username: key,
		clientId: 'web-' + crypto.getRandomValues(new Uint32Array(2)).join('-'),
		keepalive: PATIENCE_S,
		reconnectPeriod: 1000,
		connectTimeout: 10_000,
		resubscribe: false,
		queueQoSZero: false,
		createWebsocket: bundlingSocket,
		timerVariant: 'native', // the other one makes a script on the fly, which the page's policy refuses
	};
}

/** The client's code. It is large: the first view need not wait for it. What is lost on its way is asked for again; null:
 *  somebody else is logged in by then, or nobody. */
async function code(key: string): Promise<typeof import('mqtt').default | null> {
	while (token.peek() === key) {
		try {
			return (await part(() => import('mqtt'))).default;
		} catch {
			lose();
			await new Promise((go) => setTimeout(go, RETRY_MS));
		}
	}
	return null;
}

async function connect(key: string): Promise<void> {
	liveState.value = 'connecting';
	const url = place('mqtt');
	url.protocol = url.protocol.replace('http', 'ws');
	const mqtt = await code(key);
	if (!mqtt || token.peek() !== key) return;
	open = () => tend(mqtt.connect(url.href, options(key)));
	open();
}

/** From now on `mine` is the client; the one before is not listened to any more. */
function tend(mine: MqttClient): void {
	drop();
	client = mine;
	mine.on('connect', () => {
		if (client !== mine) return;
		mine.keepaliveManager.setKeepalive(KEEPALIVE_S);
		liveState.value = 'online';
		for (const s of subscriptions.values()) subscribe(s);
	});
	mine.on('message', (topic, payload, packet) => {
		if (client === mine) deliver(topic, payload, packet.properties as never);
	});
	mine.on('close', () => {
		if (client === mine) lose();
	});
	// 'close' follows. Perhaps the token is not valid any more: then REST says so, and ends the session
	mine.on('error', () => void get('auth/info').catch(() => undefined));
}

function drop(): void {
	const last = client;
	client = null;
	last?.end(true);
}

function disconnect(): void {
	open = null;
	drop();
	liveState.value = 'off';
}

/** The network is another one than before: the connection is lost, though nothing says so for a while. */
function reopen(): void {
	if (!open) return;
	lose();
	open();
}

/** One request that failed while the live door stays open: it is tried whether others get through. Then all are told:
 *  it was perhaps theirs. */
function keepReaching(): (() => void) | undefined {
	if (reachable.value || !token.value) return undefined;
	const timer = setInterval(() => void get('auth/info').catch(() => undefined), RETRY_MS);
	return () => {
		clearInterval(timer);
		if (!reachable.peek() || liveState.peek() !== 'online') return;
		for (const s of subscriptions.values()) tellReady(s);
	};
}

/** From now on, connected while somebody is logged in. */
export function startLive(): void {
	effect(() => {
		const key = token.value;
		if (key) void connect(key);
		return disconnect;
	});
	effect(keepReaching);
	window.addEventListener('online', reopen);
}
