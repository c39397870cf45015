// Which columns the table of messages has: names of parameters, in their order.
import type { Parameter } from '../../lib/parameters';

export const DEFAULT_COLUMNS: readonly string[] = [
	'timestamp',
	'message.type',
	'position.latitude',
	'position.longitude',
	'position.speed',
	'position.direction',
	'position.valid',
	'engine.ignition.status',
	'battery.level',
	'vehicle.state',
	'server.timestamp',
];

/** Shown or not; a new one comes last. One is always left. */
export function toggled(columns: readonly string[], name: string): string[] {
	if (!columns.includes(name)) return [...columns, name];
	return columns.length > 1 ? columns.filter((one) => one !== name) : [...columns];
}

/** One place up (-1) or down (1). */
export function moved(columns: readonly string[], name: string, by: 1 | -1): string[] {
	const at = columns.indexOf(name);
	const to = at + by;
	if (at < 0 || to < 0 || to >= columns.length) return [...columns];
	const list = [...columns];
	[list[at], list[to]] = [list[to]!, list[at]!];
	return list;
}

/** "gsm.signal.level" → ["gsm.signal.", "level"]; "gsm.cellid.2" keeps its number: ["gsm.", "cellid.2"]. */
export function split(name: string): [string, string] {
	const found = /^(.*\.)([^.]*[^.\d][^.]*(?:\.\d+)?)$/.exec(name);
	return found ? [found[1]!, found[2]!] : ['', name];
}

export const isTime = (name: string): boolean => name === 'timestamp' || name === 'server.timestamp';

const WIDTHS: Record<string, number> = { timestamp: 164, 'server.timestamp': 190, ident: 146, 'device.name': 150, peer: 156, 'vehicle.state': 98 };

/** Pixels that values and the two lines of the head want. */
export function widthOf(name: string, parameter: Parameter | undefined, unit: string): number {
	const [before, last] = split(name);
	const head = 22 + Math.max(6.4 * before.length, 8 * last.length + (unit ? 7.5 * unit.length + 6 : 0));
	const value = /itude$/.test(name) ? 114 : parameter?.type === 'string' ? 92 : 68;
	return Math.round(WIDTHS[name] ?? Math.max(head, value));
}
