// Tokens as the API has them, and what a list of grants may hold.

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Action = 'publish' | 'subscribe';
export const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
export const ACTIONS: readonly Action[] = ['publish', 'subscribe'];

/** What a token of type 2 is granted: methods on the items of `uri`, and on what lies below them. */
export interface Grant {
	uri: string;
	methods: Method[];
	/** Absent or "all": all of them. */
	ids?: 'all' | number[];
	/** Absent: the methods hold below the items, too; else only what is named. */
	submodules?: { name: string; methods: Method[] }[];
	/** Of MQTT: a filter, and what may be done with the topics that it matches. */
	topic?: string;
	actions?: Action[];
}

export interface Access {
	/** 0: all but tokens and the platform, 1: everything, 2: what the list grants. */
	type: 0 | 1 | 2;
	acl?: Grant[];
}

export interface Token {
	id: number;
	info: string;
	enabled: boolean;
	/** Times are seconds since 1970; 0: never, or no limit. */
	created: number;
	accessed: number;
	expire: number;
	ttl: number;
	ips: string;
	access: Access;
	key?: string;
	metadata?: Record<string, unknown> | null;
}

/** What can lie below the items of a uri. */
export const BELOW: Record<string, readonly string[]> = {
	'gw/channels': ['connections', 'idents', 'logs', 'messages', 'packets'],
	'gw/devices': ['commands', 'commands-dangerous', 'commands-queue', 'commands-result', 'connections', 'logs', 'messages', 'packets', 'telemetry'],
	mqtt: ['logs', 'messages', 'sessions'],
};

const read = (...names: string[]): { name: string; methods: Method[] }[] => names.map((name) => ({ name, methods: ['GET'] }));

export const PRESETS = {
	readOnly: [
		{ uri: 'gw/channels', methods: ['GET'] },
		{ uri: 'gw/devices', methods: ['GET'] },
	],
	map: [{ uri: 'gw/devices', methods: ['GET'], submodules: read('messages', 'telemetry') }],
	commands: [
		{
			uri: 'gw/devices',
			methods: ['GET'],
			submodules: [
				...read('messages', 'telemetry', 'logs', 'commands-result'),
				{ name: 'commands', methods: ['POST'] },
				{ name: 'commands-queue', methods: ['GET', 'POST', 'DELETE'] },
			],
		},
	],
} satisfies Record<string, Grant[]>;
export type Preset = keyof typeof PRESETS;
export const presetNames = Object.keys(PRESETS) as Preset[];

/** When it ends if it is not used any more; null: it does not say. Of two limits the later one counts. */
export function endOf({ expire, ttl, accessed, created }: Token): number | null {
	const unused = ttl ? Math.max(accessed, created) + ttl : 0;
	return Math.max(expire, unused) || null;
}

/** One that says something the gateway does not take, or nothing at all, is not sent as it is. */
export function tidy(grant: Grant): Grant {
	const { uri, methods, ids, submodules, topic, actions } = grant;
	const isMqtt = uri === 'mqtt';
	return {
		uri,
		methods,
		...(!isMqtt && ids !== undefined && ids !== 'all' && { ids }),
		...(submodules && { submodules: submodules.filter((one) => one.methods.length) }),
		...(isMqtt && topic && { topic, actions: actions ?? [] }),
	};
}

/** "1, 2" → [1, 2]; empty → all. What is no number is told to nobody but the gateway, which says why not. */
export function idsOf(text: string): 'all' | number[] {
	const parts = text.split(/[,\s]+/).filter(Boolean);
	return parts.length ? parts.map(Number) : 'all';
}

export function toggle<T>(list: readonly T[], one: T, order: readonly T[]): T[] {
	const has = list.includes(one);
	return order.filter((each) => (each === one ? !has : list.includes(each)));
}
