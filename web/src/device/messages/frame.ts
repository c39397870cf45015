// The raw frame that a message came from, found in the recorded traffic of its connection. Pure.
//
// The gateway gives a message the time at which the packet was read that made its frame whole, and records
// that packet with the same time: so the packet is known for certain. Several frames may have become whole
// in it; then the fields tell them apart. Frames that are binary give no messages (docs/protocol.md, 8 to 10).
import type { Message } from '../../fleet/store';
import { fromBase64 } from './bytes';

export interface Packet {
	conn: number;
	/** base64; none for connected and disconnected. */
	data?: string;
	timestamp: number;
	/** 0: connected, 1: disconnected, 2: received, 3: sent. */
	type: number;
}

export const RECEIVED = 2;
export const SENT = 3;
/** The longest frame that the gateway takes. */
export const FRAME_MAX = 2048;

export interface Frame {
	/** One character for each byte. */
	text: string;
	/** When its first byte came, and the one that made it whole. */
	began: number;
	ended: number;
	/** Over how many packets it was split. */
	packets: number;
}

export interface Found {
	/** recorded: false when the packet is not there (any more). */
	recorded: boolean;
	/** Those that fit best; more than one: nothing tells them apart. */
	frames: Frame[];
	/** The packet that made them whole. */
	packet: Packet | null;
}

/** Text ends with #; without it, where the next frame begins. */
const FRAME = /\*[A-Za-z]{2},[\t\r\n -~]*?(?:#|(?=\*[A-Za-z]{2},))/g;
/** So much of the next frame must be seen to know that it is one. */
const START = '*HQ,'.length;

/** The text frames of one connection's received packets, oldest first. */
export function framesIn(packets: readonly Packet[]): Frame[] {
	const parts = packets.map((packet) => fromBase64(packet.data));
	const ends: number[] = [];
	parts.reduce((length, part, i) => (ends[i] = length + part.length), 0);
	const packetOf = (at: number): number => ends.findIndex((end) => at < end);
	const stream = parts.join('');
	const frames: Frame[] = [];
	for (const found of stream.matchAll(FRAME)) {
		const text = found[0];
		if (text.length > FRAME_MAX) continue;
		const first = packetOf(found.index);
		const last = packetOf(found.index + text.length - 1 + (text.endsWith('#') ? 0 : START));
		frames.push({ text, began: packets[first]!.timestamp, ended: packets[last]!.timestamp, packets: last - first + 1 });
	}
	return frames;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** DDMM.MMMM → degrees; NaN. */
function degrees(text: string): number {
	const found = /^(\d*?)(\d{1,2}\.\d+)$/.exec(text.trim());
	return found ? Number(found[1] || 0) + Number(found[2]) / 60 : NaN;
}

const isNear = (a: number, b: unknown): boolean => typeof b === 'number' && Math.abs(a - Math.abs(b)) < 1e-6;

/** How much of the message is in the frame; -1: another type, or of another tracker. */
export function score(frame: string, m: Message): number {
	const fields = frame.replace(/#$/, '').split(',').map((field) => field.trim());
	const ident = (fields[1] ?? '').replace(/^0+/, '');
	if (fields[2] !== m['message.type'] || (ident && ident !== m['ident'])) return -1;
	let points = 0;
	if (m.timestamp !== m['server.timestamp']) {
		const d = new Date(m.timestamp * 1000);
		const time = two(d.getUTCHours()) + two(d.getUTCMinutes()) + two(d.getUTCSeconds());
		const date = two(d.getUTCDate()) + two(d.getUTCMonth() + 1) + two(d.getUTCFullYear() % 100);
		points += Number(fields.includes(time)) + Number(fields.some((field) => field.startsWith(date)));
	}
	const state = m['vehicle.state'];
	if (typeof state === 'string') points += Number(fields.some((field) => field.endsWith(state)));
	const speed = m['position.speed'];
	if (typeof speed === 'number') points += Number(fields.some((field) => field !== '' && Math.abs(Number(field) * 1.852 - speed) < 0.0006));
	for (const name of ['position.latitude', 'position.longitude']) points += Number(fields.some((field) => isNear(degrees(field), m[name])));
	for (const name of ['battery.level', 'gsm.lac', 'gsm.cellid'])
		if (typeof m[name] === 'number') points += Number(fields.some((field) => field !== '' && Number(field) === m[name]));
	return points;
}

/** Came it over the wire at all? What was stored over REST has no frame. */
export const hasFrame = (m: Message): boolean => typeof m['message.type'] === 'string' && typeof m['peer'] === 'string';

/** `packets`: what was received up to the message's arrival, oldest first. */
export function frameOf(m: Message, packets: readonly Packet[]): Found {
	const arrival = m['server.timestamp'];
	const packet = packets.find((one) => one.timestamp === arrival && one.type === RECEIVED) ?? null;
	if (!packet) return { recorded: false, frames: [], packet: null };
	const own = packets.filter((one) => one.conn === packet.conn && one.type === RECEIVED);
	const fitting = framesIn(own)
		.filter((frame) => frame.ended === arrival)
		.map((frame) => ({ frame, points: score(frame.text, m) }))
		.filter((one) => one.points >= 0);
	const best = Math.max(...fitting.map((one) => one.points));
	return { recorded: true, frames: fitting.filter((one) => one.points === best).map((one) => one.frame), packet };
}

// ---- fields ----

export type FieldName = 'vendor' | 'id' | 'type' | 'time' | 'validity' | 'latitude' | 'longitude' | 'hemisphere' | 'speed' | 'direction'
	| 'date' | 'status' | 'percent' | 'network' | 'count' | 'lac' | 'cell' | 'strength' | 'dbm' | 'battery' | 'reboot' | 'mark' | 'wifi'
	| 'iccid' | 'command' | 'commandTime' | 'result' | 'tail' | 'unknown';

export interface Field {
	text: string;
	name: FieldName;
	/** What becomes of it. */
	parameters: string[];
}

const PARAMETERS: Partial<Record<FieldName, string[]>> = {
	vendor: ['vendor.code'],
	id: ['ident'],
	type: ['message.type'],
	time: ['timestamp'],
	date: ['timestamp'],
	validity: ['position.valid'],
	latitude: ['position.latitude'],
	longitude: ['position.longitude'],
	hemisphere: [],
	speed: ['position.speed'],
	direction: ['position.direction'],
	status: ['vehicle.state', 'engine.ignition.status'],
	percent: ['battery.level'],
	network: ['gsm.mcc', 'gsm.mnc'],
	lac: ['gsm.lac'],
	cell: ['gsm.cellid'],
	dbm: ['gsm.signal.dbm', 'gsm.signal.level'],
	battery: ['battery.voltage'],
	wifi: ['wifi.mac.address', 'wifi.signal.strength'],
	iccid: ['gsm.sim.iccid'],
};

/** Behind the time: how a position is laid out. */
const POSITION: FieldName[] = ['validity', 'latitude', 'hemisphere', 'longitude', 'hemisphere', 'speed', 'direction', 'date', 'status'];
const CELL: FieldName[] = ['lac', 'cell', 'strength', 'dbm'];

const FORMS: Partial<Record<FieldName, RegExp>> = {
	time: /^\d{6}$/,
	date: /^\d{6}([0-9A-F]{8})?$/i,
	status: /^[0-9A-F]{8}$/i,
	validity: /^([AVB\d]?)$/,
	latitude: /^[-\d.]*$/,
	longitude: /^[-\d.]*$/,
	hemisphere: /^[NSEW]?$/,
	speed: /^[\d.]*$/,
	direction: /^[\d.]*$/,
	battery: /^[0-9A-F]{4}$/i,
};

function v3(rest: string[]): FieldName[] {
	const isTwo = /^\d{3}$/.test(rest[1] ?? '');
	const head: FieldName[] = ['time', 'network', ...(isTwo ? (['network'] as const) : []), 'count'];
	const tail: FieldName[] = ['battery', 'reboot', 'mark', 'date', 'status'];
	const cells = Math.max(0, rest.length - head.length - tail.length);
	return [...head, ...Array.from({ length: cells }, (_, i) => CELL[i % CELL.length]!), ...tail];
}

function v5(rest: string[]): FieldName[] {
	if (/^[AVB]$/.test(rest[1] ?? '')) return ['time', ...POSITION];
	const head: FieldName[] = rest[0]?.length === 6 ? ['time', 'count'] : ['count'];
	const tail: FieldName[] = ['battery', 'date', 'status'];
	const points = Math.max(0, rest.length - head.length - tail.length);
	return [...head, ...Array<FieldName>(points).fill('wifi'), ...tail];
}

function v4(rest: string[]): FieldName[] {
	const at = rest.findIndex((field, i) => i > 0 && /^[AVB]$/.test(field) && /^[NS]$/.test(rest[i + 2] ?? '') && /^[EW]$/.test(rest[i + 4] ?? ''));
	if (at < 0) return ['command', ...Array<FieldName>(Math.max(0, rest.length - 1)).fill('result')];
	const names: FieldName[] = ['command', ...Array<FieldName>(at - 1).fill('result')];
	names[at - 1] = 'time';
	if (at > 2 && /^\d{6}$/.test(rest[at - 2]!)) names[at - 2] = 'commandTime';
	return [...names, ...POSITION];
}

const LAYOUTS: Partial<Record<string, (rest: string[]) => FieldName[]>> = {
	V1: () => ['time', ...POSITION],
	V2: () => ['time', ...POSITION],
	V3: v3,
	V4: v4,
	V5: v5,
	HTBT: () => ['percent'],
	ICCID: () => ['iccid'],
};

/** The fields between the commas, with what each is; 'unknown' where it has not the form that it should. */
export function fieldsOf(frame: string): Field[] {
	const texts = frame.replace(/^\*/, '').replace(/#$/, '').split(',');
	const rest = texts.slice(3).map((text) => text.trim());
	const type = (texts[2] ?? '').trim();
	const layout = LAYOUTS[type];
	const names: FieldName[] = ['vendor', 'id', 'type', ...(layout?.(rest) ?? [])];
	return texts.map((text, i) => {
		let name: FieldName = names[i] ?? (layout ? 'tail' : 'unknown');
		if (FORMS[name]?.test(text.trim()) === false) name = 'unknown';
		// the answer to a command is timed by its arrival, and gives no state
		const parameters = type === 'V4' && ['time', 'date', 'status'].includes(name) ? [] : (PARAMETERS[name] ?? []);
		return { text, name, parameters };
	});
}
