// Where a tracker is pointed to, and the words that tell it so.

export interface Channel {
	id: number;
	name: string;
	enabled: boolean;
	/** host:port where it listens; '': it does not. */
	uri: string;
}

export interface Place {
	host: string;
	port: number;
}

/** 127.0.0.1:5013 and [::1]:5013, in two. */
export function parsePlace(uri: string): Place | null {
	const found = /^\[?([^\]]+?)\]?:(\d+)$/.exec(uri);
	return found && { host: found[1]!, port: Number(found[2]) };
}

/** What somebody typed: a name or an address; perhaps with a port, where another one leads to the gateway's; perhaps
 *  the address of a page, whose port is none for trackers. null: nothing. */
export function typedPlace(text: string, port: number): Place | null {
	const page = /^\w+:\/\/([^/]+)/.exec(text.trim());
	if (page) return { host: typedPlace(page[1]!, port)!.host, port };
	const host = text.trim().replace(/\/.*$/, '');
	if (!host) return null;
	const isBare = host.includes(':', host.indexOf(':') + 1) && !host.startsWith('['); // an IPv6 address
	return (isBare ? null : parsePlace(host)) ?? { host: host.replace(/^\[|\]$|:$/g, ''), port };
}

export const placeText = ({ host, port }: Place): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** The channel listens on every address of the machine. */
export const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(\\.${OCTET}){3}$`);
export const isIpv4 = (host: string): boolean => IPV4.test(host);

/** loopback: this machine alone; private: its network alone; public, name: perhaps from everywhere. */
export type Reach = 'loopback' | 'private' | 'public' | 'name';

const PRIVATE = [/^10\./, /^192\.168\./, /^172\.(1[6-9]|2\d|3[01])\./, /^169\.254\./, /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./];

export function reachOf(host: string): Reach {
	const name = host.toLowerCase();
	if (isIpv4(name)) {
		if (name.startsWith('127.')) return 'loopback';
		return PRIVATE.some((range) => range.test(name)) ? 'private' : 'public';
	}
	if (name.includes(':')) {
		if (name === '::1') return 'loopback';
		return /^f[cd]|^fe[89ab]/.test(name) ? 'private' : 'public';
	}
	if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
	return name.endsWith('.local') || name.endsWith('.lan') || !name.includes('.') ? 'private' : 'name';
}

const ORDER: Record<Reach, number> = { name: 0, public: 1, private: 2, loopback: 3 };

/** What trackers could be told, the best first: where it listens or, when that is everywhere, the name of
 *  this page and the machine's addresses. */
export function candidates(listens: string, page: string, machine: string[]): string[] {
	if (!isAny(listens)) return [listens];
	const all = [page.replace(/^\[|\]$/g, ''), ...machine].filter(Boolean);
	return [...new Set(all)].sort((a, b) => ORDER[reachOf(a)] - ORDER[reachOf(b)]);
}

/** As it leaves the factory, by name of the device type. */
export const factoryPassword = (model: string): string => (model === 'g06l' ? '654321' : '123456');

export const smsServer = (password: string, { host, port }: Place): string => `adminip${password} ${host} ${port}`;
export const smsApn = (password: string, apn: string): string => `apn${password} ${apn}`;

/** Models whose papers have the command S23; generic ones may. */
const MOVABLE = ['generic', 'tk100', 'tk100b', 'g05', 'g06l', 'g07'];
export const canMove = (model: string): boolean => MOVABLE.includes(model);

/** The command that moves a tracker here; null: it takes an IPv4 address and nothing else. `at`: seconds since 1970. */
export function moveCommand({ host, port }: Place, at: number): string | null {
	if (!isIpv4(host)) return null;
	const time = new Date(at * 1000).toISOString().slice(11, 19).replaceAll(':', '');
	return `S23,${time},${host.replaceAll('.', ',')},${port}`;
}

/** A fleet to play with, on the gateway's own machine. */
export function simulateLine(listens: Place): string {
	const to = isAny(listens.host) ? { host: '127.0.0.1', port: listens.port } : listens;
	return `build/cantrack simulate --to ${placeText(to)} --devices 10 --seconds 600`;
}

/** What a tracker is called before somebody gives it a name. */
export const nameOf = (ident: string): string => `Tracker ${ident.slice(-4)}`;
