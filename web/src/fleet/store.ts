// All devices, as they are now: read once over REST, then moved by what the live door tells. Thousands may
// move in a second, so a device is a plain object; who paints asks for what has changed, once a frame, and
// lists are told at most four times a second.
import { batch, signal } from '@preact/signals';
import { ApiError, get, one, stream } from '../lib/api';
import { jsonOf, textOf, watch, type LiveMessage } from '../lib/live';
import { takeValues, type Value } from './told';

export { titleOf } from './find';

export interface Device {
	id: number;
	name: string;
	ident: string;
	enabled: boolean;
	typeId: number;
	connected: boolean;
	/** Times are seconds since 1970; null: never. */
	lastActive: number | null;
	messagesTtl: number;
	messagesRotate: number;
	/** The last position that was not older than the one before; null: none yet. */
	position: Position | null;
	/** Percent; null: not told. */
	battery: number | null;
	signal: number | null;
	ignition: boolean | null;
	/** When those were told. */
	told: { battery: number; signal: number; ignition: number };
}

export interface Position {
	at: number;
	lat: number;
	lon: number;
	/** km/h; degrees clockwise from north. */
	speed: number;
	direction: number;
	valid: boolean;
}

export interface DeviceItem {
	id: number;
	name: string;
	enabled: boolean;
	device_type_id: number;
	configuration: { ident: string; phone?: string; fuel_cut_max_speed?: string };
	messages_ttl: number;
	messages_rotate: number;
	connected?: boolean;
	last_active?: number | null;
}

type Telemetry = { id: number; telemetry: Record<string, Value> | null };
export type Message = Record<string, number | string | boolean> & { timestamp: number };

export const ITEM_FIELDS = 'id,name,enabled,device_type_id,configuration,messages_ttl,messages_rotate';
const VALUES = ['battery.level', 'engine.ignition.status', 'gsm.signal.level', 'position.direction',
	'position.latitude', 'position.longitude', 'position.speed', 'position.valid'];
const LIST_MS = 250;
const RETRY_MS = 3000;

export const devices = new Map<number, Device>();
/** Moves when a device came, went, or changed anything that a list shows; at most four times a second. */
export const fleetVersion = signal(0);
/** Moves when devices came, went, or are called otherwise. */
export const fleetMembers = signal(0);
export type FleetState = 'loading' | 'ready' | 'failed';
export const fleetState = signal<FleetState>('loading');
export const fleetError = signal('');

type Listener = (moved: Set<number>) => void;
const listeners = new Set<Listener>();
let moved = new Set<number>();
let frame = 0;
let listTimer = 0;

function flush(): void {
	frame = 0;
	const now = moved;
	moved = new Set();
	for (const listener of listeners) listener(now);
}

function touch(id: number): void {
	moved.add(id);
	if (!frame && listeners.size) frame = requestAnimationFrame(flush);
	if (!listTimer)
		listTimer = window.setTimeout(() => {
			listTimer = 0;
			fleetVersion.value++;
		}, LIST_MS);
}

/** Tells, before a frame is painted, which devices have changed since the last one; returns the end of it. */
export function onMoved(listener: Listener): () => void {
	listeners.add(listener);
	return () => void listeners.delete(listener);
}

function members(): void {
	fleetMembers.value++;
}

/** Members that are missing stay as they were. */
function takeItem(item: DeviceItem): void {
	reading?.told.set(item.id, item);
	put(item);
}

/** By device: the number of what the live door has told of it last. */
const news = new Map<number, number>();
let lastNews = 0;

/** Asked for before a request that makes or changes devices, it takes what is answered; what the live door has told since
 *  is newer. */
export function taking(): (item: DeviceItem) => void {
	const then = lastNews;
	return (item) => void ((news.get(item.id) ?? 0) > then || takeItem(item));
}

function put(item: DeviceItem): void {
	let d = devices.get(item.id);
	if (!d) {
		d = { id: item.id, name: '', ident: '', enabled: true, typeId: 0, connected: false, lastActive: null,
			messagesTtl: 0, messagesRotate: 0, position: null, battery: null, signal: null, ignition: null,
			told: { battery: 0, signal: 0, ignition: 0 } };
		devices.set(item.id, d);
	}
	const isCalledSo = d.name === item.name && d.ident === item.configuration.ident;
	Object.assign(d, { name: item.name, ident: item.configuration.ident, enabled: item.enabled, typeId: item.device_type_id,
		messagesTtl: item.messages_ttl, messagesRotate: item.messages_rotate });
	if (item.connected !== undefined) d.connected = item.connected;
	if (item.last_active) d.lastActive = Math.max(d.lastActive ?? 0, item.last_active);
	touch(item.id);
	if (!isCalledSo) members(); // who listens looks at once
}

export function forget(id: number): void {
	reading?.gone.add(id);
	if (!devices.delete(id)) return;
	touch(id);
	members();
}

/** The values that it has told; what it is called stays. */
export function forgetValues(id: number): void {
	const d = devices.get(id);
	if (!d) return;
	Object.assign(d, { position: null, battery: null, signal: null, ignition: null });
	touch(id);
}

function takeTelemetry({ id, telemetry }: Telemetry): void {
	const d = devices.get(id);
	if (!d || !telemetry) return;
	takeValues(d, (name) => telemetry[name]);
	touch(id);
}

function takeMessage(id: number, m: Message): void {
	const d = devices.get(id);
	const arrived = Number(m['server.timestamp'] ?? 0);
	if (!d) return void reading?.active.set(id, arrived);
	d.lastActive = Math.max(d.lastActive ?? 0, arrived);
	takeValues(d, (name) => (m[name] === undefined ? undefined : { ts: m.timestamp, value: m[name] }));
	touch(id);
}

// ---- messages wait for the frame: of what comes in between, all is taken, but not between two keys ----

let queue: LiveMessage[] = [];
let drain = 0;
/** More do not wait: a page that is hidden by now gets no frame, and its timers are slow. */
const QUEUE_MOST = 10_000;

function takeQueue(): void {
	drain = 0;
	const now = queue;
	queue = [];
	for (const m of now) takeMessage(idOf(m.topic), jsonOf<Message>(m));
}

function later(m: LiveMessage): void {
	queue.push(m);
	if (queue.length >= QUEUE_MOST) return takeQueue();
	// a hidden page paints no frames
	if (!drain) drain = document.hidden ? window.setTimeout(takeQueue, 1000) : requestAnimationFrame(takeQueue);
}

const LEVEL = 'flespi/state/gw/devices/'.split('/').length - 1;
/** The device of flespi/…/gw/devices/ID…. */
export const idOf = (topic: string): number => Number(topic.split('/')[LEVEL]);

function takeState(m: LiveMessage): void {
	const id = idOf(m.topic);
	news.set(id, ++lastNews);
	if (!m.payload.length) forget(id);
	else takeItem(jsonOf<DeviceItem>(m));
}

function takeConnected(m: LiveMessage): void {
	const id = idOf(m.topic);
	const connected = textOf(m) === 'true';
	reading?.connected.set(id, connected);
	const d = devices.get(id);
	if (!d) return;
	d.connected = connected;
	touch(id);
}

/** A reading of all devices, and what was told while it went on: that is newer than the list. */
interface Reading {
	gone: Set<number>;
	told: Map<number, DeviceItem>;
	connected: Map<number, boolean>;
	/** When one spoke that was not known yet. */
	active: Map<number, number>;
	abort: AbortController;
}
let reading: Reading | null = null;

let retry = 0;

function takeListed({ id, ...item }: DeviceItem, { gone, told, connected, active }: Reading): void {
	if (gone.has(id)) return;
	put({ id, ...item, ...told.get(id), connected: connected.get(id) ?? item.connected ?? false, last_active: Math.max(item.last_active ?? 0, active.get(id) ?? 0) });
}

/** What the gateway refuses, it refuses again; all else may have passed the next time. */
const isRefusal = (e: unknown): boolean => e instanceof ApiError && e.status >= 400 && e.status < 500;

/** Reads everything anew, until it succeeds; what is not there any more goes. */
async function load(): Promise<void> {
	clearTimeout(retry);
	reading?.abort.abort(); // of two, the later one knows more
	const mine: Reading = (reading = { gone: new Set(), told: new Map(), connected: new Map(), active: new Map(), abort: new AbortController() });
	const { signal } = mine.abort;
	const missing = new Set(devices.keys()); // one that was made meanwhile is not
	try {
		await stream<DeviceItem>('gw/devices/all', { query: { fields: ITEM_FIELDS + ',connected,last_active' }, signal }, (items) =>
			// who listens looks once for all of them
			batch(() => {
				for (const item of items) {
					missing.delete(item.id);
					if (!signal.aborted) takeListed(item, mine);
				}
			}),
		);
		batch(() => missing.forEach(forget));
		if (devices.size) await loadTelemetry(signal);
		fleetState.value = 'ready';
	} catch (e) {
		if (signal.aborted) return;
		fleetError.value = (e as Error).message;
		if (fleetState.value === 'loading') fleetState.value = 'failed';
		if (!isRefusal(e)) retry = window.setTimeout(() => void load(), RETRY_MS);
	} finally {
		if (reading === mine) reading = null;
	}
}

/** Who may not see values sees the devices all the same. */
async function loadTelemetry(signal: AbortSignal): Promise<void> {
	try {
		await stream<Telemetry>(`gw/devices/all/telemetry/${VALUES.join(',')}`, { signal }, (items) => signal.aborted || items.forEach(takeTelemetry));
	} catch (e) {
		if (!(e instanceof ApiError && e.status === 403)) throw e;
	}
}

/** From now on the fleet is kept true; returns the end of it. It is read at once, so that there is something to
 *  see, and again each time that changes are subscribed to, so that nothing falls in between. */
export function startFleet(): () => void {
	fleetState.value = 'loading';
	const ends = [
		watch('flespi/message/gw/devices/+', { on: later }),
		watch('flespi/state/gw/devices/+', { on: takeState, retained: false }),
		watch('flespi/state/gw/devices/+/connected', { on: takeConnected, retained: false, ready: () => void load() }),
	];
	void load();
	return () => {
		ends.forEach((end) => end());
		reading?.abort.abort();
		clearTimeout(retry);
		devices.clear();
		members();
	};
}

export const reloadFleet = load;

/** Makes a device; throws with the gateway's sentence. */
export async function register(ident: string, name: string, typeId = 1): Promise<DeviceItem> {
	const body = [{ name, device_type_id: typeId, configuration: { ident } }];
	const take = taking();
	const made = await one<DeviceItem>('POST', 'gw/devices', { body, query: { fields: ITEM_FIELDS } });
	take(made);
	return made;
}

export interface DeviceType {
	id: number;
	name: string;
	title: string;
}

export const deviceTypes = signal<DeviceType[]>([]);
export async function loadDeviceTypes(): Promise<void> {
	deviceTypes.value = await get<DeviceType>('gw/channel-protocols/cantrack/device-types/all');
}
