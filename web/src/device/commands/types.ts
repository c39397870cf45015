// Commands as the API has them, and what the page derives of them.
import type { Schema } from '../../ui/schema';

export type Risk = 'fuel' | 'reach';

export interface CommandType {
	name: string;
	schema: Schema & { 'x-dangerous'?: Risk };
	examples: { description: string; properties: Record<string, unknown> }[];
	tags: Record<string, number>;
}

export type CommandState = 'queued' | 'sent' | 'done' | 'failed' | 'canceled' | 'expired';

/** One that waits, or what became of it. Times are seconds since 1970. */
export interface Command {
	id: number;
	device_id: number;
	name: string;
	properties: Record<string, unknown>;
	/** When it was made; of a result: when it ended. */
	timestamp: number;
	/** 0: it never was in the queue. */
	expires: number;
	executed: boolean;
	response: string | null;
	reply: string | null;
	attempts: number;
	max_attempts: number;
	priority: number;
	condition: string;
	meta: Record<string, unknown> | null;
	sent: number | null;
	state: CommandState;
	confirmed_by_status: boolean | null;
	payload: string;
}

export const stateKinds: Record<CommandState, 'good' | 'bad' | 'warn' | ''> = { queued: '', sent: 'warn', done: 'good', failed: 'bad', canceled: '', expired: 'warn' };

const GROUPS = ['custom', 'engine', 'guard', 'state', 'setting', 'restart'] as const;
export type Group = (typeof GROUPS)[number];

const groupOf = (c: CommandType): Group => GROUPS.find((group) => group in c.tags) ?? 'setting';

/** Those that have all the words in their title, name or description, by group. */
export function groupsOf(commands: CommandType[], search: string): [Group, CommandType[]][] {
	const words = search.toLowerCase().split(/\s+/).filter(Boolean);
	const found = commands.filter((c) => {
		const text = `${c.schema.title} ${c.name} ${c.schema.description}`.toLowerCase();
		return words.every((word) => text.includes(word));
	});
	return GROUPS.map((group): [Group, CommandType[]] => [group, found.filter((c) => groupOf(c) === group)]).filter(([, list]) => list.length);
}

/** In the order of their sending: those that somebody waits for, then by priority, then the oldest. */
export function queueOrder(a: Command, b: Command): number {
	return Number(b.expires === 0) - Number(a.expires === 0) || b.priority - a.priority || a.id - b.id;
}

// What a tracker may take for a dangerous command. The gateway knows it better, but asks only those who
// have no right to it; people are asked always, rather once too often.
const CUT = /s20|stop/;
const AWAY = /(^|[^a-z0-9])s2[345]([^0-9]|$)/;

/** What sending it may do; of texts that somebody types also what they may be taken for. */
export function riskOf(type: CommandType, properties: Record<string, unknown>): Risk | null {
	const own = type.schema['x-dangerous'] ?? null;
	const texts = Object.values(properties).filter((value) => typeof value === 'string');
	const typed = texts.map((text) => text.toLowerCase().replace(/\s+/g, ''));
	if (own === 'fuel' || typed.some((text) => CUT.test(text))) return 'fuel';
	const isAway = type.name === 'custom' && typed.some((text) => AWAY.test(text));
	return own ?? (isAway ? 'reach' : null);
}

/** "seconds 60, mode 1" */
export function summaryOf(properties: Record<string, unknown>): string {
	return Object.entries(properties)
		.map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`)
		.join(', ');
}

/** What is shown of the end of a command: the text in its answer, or the answer. */
export const answerOf = (c: Command): string => c.reply ?? c.response ?? '';

/** May the next status word still tell whether fuel was cut? */
export function isUnproven(c: Command, now: number): boolean {
	return c.state === 'done' && c.confirmed_by_status === null && /^(engine\.|custom$)/.test(c.name) && now - c.timestamp < 600;
}
