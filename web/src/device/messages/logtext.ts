// What an entry of the log means for people: how bad it is, of what kind, and what it says in a line. Pure.

export interface LogEntry {
	timestamp: number;
	event_code: number;
	event_text?: string;
	[member: string]: unknown;
}

export interface Code {
	code: number;
	description: string;
	severity: string;
	extra_codes?: Record<string, { description: string; severity: string }>;
}
export type Codes = Record<string, Code>;

export const SEVERITIES = ['good', 'info', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];
export const KINDS = ['connections', 'commands', 'changes', 'errors'] as const;
export type Kind = (typeof KINDS)[number];

const BY_NAME: Record<string, Severity> = { notice: 'good', info: 'info', warning: 'warning', alert: 'error' };
/** The gateway's table calls these warnings; for the reader they are what somebody wanted. */
const CHANGES = [1, 2, 3];
const PROCESSED = 332;

export function severityOf(entry: LogEntry, codes: Codes): Severity {
	const code = codes[entry.event_code];
	if (CHANGES.includes(entry.event_code)) return 'info';
	if (entry.event_code === PROCESSED) return entry['state'] === 'failed' ? 'error' : 'good';
	const close = code?.extra_codes?.[String(entry['close_code'])];
	if (close) return close.severity === 'notice' ? 'info' : (BY_NAME[close.severity] ?? 'info');
	return BY_NAME[code?.severity ?? ''] ?? 'info';
}

export function kindOf(code: number): Kind {
	if (CHANGES.includes(code)) return 'changes';
	if (code >= 330 && code <= 334) return 'commands';
	if ([100, 101, 102, 300, 301].includes(code)) return 'connections';
	return 'errors';
}

export const titleOf = (entry: LogEntry, codes: Codes): string => entry.event_text ?? codes[entry.event_code]?.description ?? `#${entry.event_code}`;

export interface Summary {
	/** Texts and numbers of the entry that say more than its title. */
	reason: string;
	name: string;
	response: string;
	duration: number | null;
	messages: number | null;
	received: number | null;
	source: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number | null => (typeof value === 'number' ? value : null);

export function summaryOf(entry: LogEntry, codes: Codes): Summary {
	const close = codes[entry.event_code]?.extra_codes?.[String(entry['close_code'])];
	return {
		reason: close?.description ?? text(entry['error_text']),
		name: text(entry['name']),
		response: text(entry['response']),
		duration: count(entry['duration']),
		messages: count(entry['msgs']),
		received: count(entry['recv']),
		source: text(entry['source']) || text(entry['host']),
	};
}

/** When the packet came that a refused frame was in; null: it names none. */
export function packetTimeOf(entry: LogEntry): number | null {
	const traffic = entry['traffic'] as { timestamp?: number } | undefined;
	return traffic?.timestamp ?? null;
}

/** The members that a change moved: [name, before, after]. Inner objects are looked into. */
export function changesOf(before: unknown, after: unknown, path = ''): [string, unknown, unknown][] {
	const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
	if (!isObject(before) || !isObject(after)) return JSON.stringify(before) === JSON.stringify(after) ? [] : [[path, before, after]];
	const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
	return names.flatMap((name) => changesOf(before[name], after[name], path ? `${path}.${name}` : name));
}
