// Channels as the API has them, and the form of one.
import type { Property, Schema } from '../../ui/schema';

export interface Channel {
	id: number;
	name: string;
	enabled: boolean;
	messages_ttl: number;
	configuration: Record<string, unknown>;
	/** Real host:port; empty: it does not listen. */
	uri: string;
	messages_size?: number;
	metadata?: Record<string, unknown> | null;
}

export interface Connection {
	id: number;
	/** Null: it did not say yet. */
	ident: string | null;
	source: string;
	established: number;
	channel_id: number;
	device_id: number | null;
}

export interface Ident {
	ident: string;
	/** Bytes and number of its messages. */
	size: number;
	messages: number;
	last: number;
	peer: string;
	device_id: number | null;
	/** Why its messages go to no device; the live door does not tell it. */
	reason?: string | null;
}

/** The parts of the form, each with its fields in order. */
export const PARTS = {
	general: ['name', 'enabled', 'messages_ttl'],
	listen: ['configuration.address', 'configuration.port'],
	talk: ['configuration.silence_s', 'configuration.ack_v1', 'configuration.extended', 'configuration.auto_devices'],
	limits: ['configuration.max_connections', 'configuration.max_per_address', 'configuration.max_junk_bytes'],
	access: ['configuration.allowed_idents', 'configuration.blocked_idents', 'configuration.allowed_networks', 'configuration.blocked_networks'],
	other: ['metadata'],
} as const;
export type Part = keyof typeof PARTS;
export const partNames = Object.keys(PARTS) as Part[];
type Field = (typeof PARTS)[Part][number];
/** 'configuration.port' has the words formPort and formPortHint. */
export type Words = (key: Field) => { title: string; description: string; zero?: string };

const count = (maximum: number, initial: number): Property => ({ type: 'integer', minimum: 0, maximum, default: initial });
const list = (placeholder: string): Property => ({ type: 'array', items: { type: 'string' }, format: 'lines', placeholder });

const FIELDS: Record<Field, Property> = {
	name: { type: 'string', maxLength: 256 },
	enabled: { type: 'boolean', default: true },
	messages_ttl: { type: 'integer', format: 'duration', minimum: 0, maximum: 2592000, default: 86400 },
	'configuration.address': { type: 'string', minLength: 1, maxLength: 63, default: '0.0.0.0' },
	'configuration.port': count(65535, 0),
	'configuration.silence_s': { type: 'integer', format: 'duration', minimum: 0, maximum: 1000000, default: 600 },
	'configuration.ack_v1': { type: 'boolean', default: true },
	'configuration.extended': { type: 'boolean', default: false },
	'configuration.auto_devices': { type: 'boolean', default: false },
	'configuration.max_connections': count(10000000, 1000000),
	'configuration.max_per_address': count(10000000, 0),
	'configuration.max_junk_bytes': count(1000000000, 8192),
	'configuration.allowed_idents': list('8652*\n130305'),
	'configuration.blocked_idents': list('999*'),
	'configuration.allowed_networks': list('10.0.0.0/8'),
	'configuration.blocked_networks': list('203.0.113.0/24'),
	metadata: { type: 'object', placeholder: '{"site": "north"}' },
};

export function channelSchema(words: Words): Schema {
	const properties: Schema['properties'] = {};
	for (const [name, p] of Object.entries(FIELDS)) properties[name] = { ...p, ...words(name as Field) };
	return { properties };
}

/** {configuration: {port: 1}} → {'configuration.port': 1} */
export function flatten(channel: Partial<Channel>): Record<string, unknown> {
	const { configuration = {}, ...rest } = channel;
	return { ...rest, ...Object.fromEntries(Object.entries(configuration).map(([name, value]) => [`configuration.${name}`, value])) };
}

/** The way back. */
export function nest(values: Record<string, unknown>): Record<string, unknown> {
	const body: Record<string, unknown> = {};
	const configuration: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(values)) {
		const inner = name.startsWith('configuration.') ? name.slice('configuration.'.length) : '';
		if (inner) configuration[inner] = value;
		else body[name] = value;
	}
	return { ...body, configuration };
}
