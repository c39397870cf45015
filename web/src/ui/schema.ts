// Forms that a JSON schema describes, as far as ours go: flat objects of texts, numbers, choices and lists.
// What somebody types is kept as text; it becomes a value, or a fault at its field, when it is read.
import type { TextKey } from '../lib/text';

export interface Property {
	type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
	title?: string;
	description?: string;
	default?: unknown;
	enum?: (string | number)[];
	oneOf?: { const: string | number; title: string }[];
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	pattern?: string;
	/** ours beside JSON schema's: duration (seconds), time (seconds since 1970; 0: none), lines (a large field). */
	format?: 'ipv4' | 'duration' | 'time' | 'lines';
	items?: Property;
	minItems?: number;
	maxItems?: number;
	/** What stands in the empty field. */
	placeholder?: string;
	/** The words for 0 of a duration: "never". */
	zero?: string;
}

export interface Schema {
	title?: string;
	description?: string;
	required?: string[];
	properties: Record<string, Property>;
	'x-view-order'?: string[];
}

export type Draft = Record<string, string | boolean>;

/** What is wrong, as a key of the texts. */
export interface Fault {
	key: TextKey;
	values?: Record<string, string | number>;
	/** The values are seconds. */
	ofTime?: boolean;
}

type Read = { value: unknown } | { fault: Fault };

/** The names of the fields in the order of the form. */
export function fieldsOf(schema: Schema): string[] {
	const all = Object.keys(schema.properties);
	const first = (schema['x-view-order'] ?? []).filter((name) => name in schema.properties);
	return [...first, ...all.filter((name) => !first.includes(name))];
}

export const choicesOf = (p: Property): { const: string | number; title: string }[] | undefined =>
	p.oneOf ?? p.enum?.map((value) => ({ const: value, title: String(value) }));

export function draftOf(p: Property, value: unknown): string | boolean {
	if (p.type === 'boolean') return value === true;
	if (value === undefined || value === null) return '';
	if (Array.isArray(value)) return value.join(p.format === 'lines' ? '\n' : ', ');
	if (typeof value === 'object') return Object.keys(value).length ? JSON.stringify(value) : '';
	if (p.format === 'time' && value === 0) return '';
	return String(value);
}

/** A draft of the values that are given, and of the schema's own where there are none. */
export function draftsOf(schema: Schema, values: Record<string, unknown> = {}): Draft {
	return Object.fromEntries(Object.entries(schema.properties).map(([name, p]) => [name, draftOf(p, values[name] ?? p.default)]));
}

const PATTERNS: Record<string, TextKey> = {
	'^[^,*#]*$': 'form.patternPlain',
	'^[+]?[0-9]+$': 'form.patternPhone',
	'^([01]?[0-9]|2[0-3]):[0-5][0-9]$': 'form.patternClock',
};

function readNumber(p: Property, text: string): Read {
	const value = Number(text);
	if (!(p.type === 'integer' ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)$/).test(text)) return { fault: { key: p.type === 'integer' ? 'form.wantsInteger' : 'form.wantsNumber' } };
	const { minimum, maximum } = p;
	if (minimum !== undefined && maximum !== undefined && (value < minimum || value > maximum)) return { fault: { key: 'form.range', values: { minimum, maximum }, ...(p.format === 'duration' && { ofTime: true }) } };
	if (minimum !== undefined && value < minimum) return { fault: { key: 'form.atLeast', values: { minimum } } };
	if (maximum !== undefined && value > maximum) return { fault: { key: 'form.atMost', values: { maximum } } };
	return { value };
}

function readText(p: Property, text: string): Read {
	const { minLength = 0, maxLength = Infinity } = p;
	const length = new TextEncoder().encode(text).length;
	if (length < minLength || length > maxLength) return { fault: { key: 'form.length', values: { minimum: minLength, maximum: maxLength } } };
	if (p.pattern && !new RegExp(p.pattern).test(text)) return { fault: { key: PATTERNS[p.pattern] ?? 'form.pattern', values: { pattern: p.pattern } } };
	if (p.format === 'ipv4' && !/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return { fault: { key: 'form.ipv4' } };
	return { value: text };
}

function readList(p: Property, text: string): Read {
	const entries = text.split(/[,\s]+/).filter(Boolean);
	const { minItems = 0, maxItems = Infinity } = p;
	if (entries.length < minItems || entries.length > maxItems) return { fault: { key: maxItems === Infinity ? 'form.itemsAtLeast' : 'form.items', values: { minimum: minItems, maximum: maxItems } } };
	const values: unknown[] = [];
	for (const entry of entries) {
		const read = readOne(p.items ?? { type: 'string' }, entry);
		if ('fault' in read) return read;
		values.push(read.value);
	}
	return { value: values };
}

function readObject(text: string): Read {
	try {
		const value: unknown = JSON.parse(text);
		if (value && typeof value === 'object' && !Array.isArray(value)) return { value };
	} catch {
		// said below
	}
	return { fault: { key: 'form.wantsObject' } };
}

function readOne(p: Property, draft: string): Read {
	const choices = choicesOf(p);
	if (choices) {
		const found = choices.find((choice) => String(choice.const) === draft);
		return found ? { value: found.const } : { fault: { key: 'form.wantsChoice' } };
	}
	switch (p.type) {
		case 'integer':
		case 'number':
			return readNumber(p, draft.trim());
		case 'array':
			return readList(p, draft);
		case 'object':
			return readObject(draft);
		default:
			return readText(p, draft);
	}
}

/** An empty field says nothing: the other end's own value holds. Lists and fields that may be empty say so. */
function readField(p: Property, draft: string | boolean, isRequired: boolean): Read | undefined {
	if (typeof draft === 'boolean') return { value: draft };
	if (draft.trim() !== '') return readOne(p, draft);
	if (isRequired) return { fault: { key: 'form.missing' } };
	if (p.type === 'array' && !p.minItems) return { value: [] };
	if (p.type === 'object') return { value: {} };
	if (p.type === 'string' && p.default === undefined && !p.minLength) return { value: '' };
	if (p.format === 'time') return { value: 0 };
	return undefined;
}

/** The values of a draft, and what is wrong with it by field. */
export function readDraft(schema: Schema, draft: Draft): { values: Record<string, unknown>; faults: Record<string, Fault> } {
	const values: Record<string, unknown> = {};
	const faults: Record<string, Fault> = {};
	for (const name of fieldsOf(schema)) {
		const read = readField(schema.properties[name]!, draft[name] ?? '', schema.required?.includes(name) ?? false);
		if (!read) continue;
		if ('fault' in read) faults[name] = read.fault;
		else values[name] = read.value;
	}
	return { values, faults };
}

/** What may be typed, in words; undefined: anything. */
export function rangeOf(p: Property): Fault | undefined {
	if (p.type === 'array' && p.maxItems !== undefined) return { key: 'form.hintItems', values: { minimum: p.minItems ?? 0, maximum: p.maxItems } };
	if (p.type === 'array') return { key: 'form.hintList' };
	if (p.format === 'ipv4') return { key: 'form.hintIpv4' };
	if (p.format === 'duration' || choicesOf(p)) return undefined;
	if (p.minimum !== undefined && p.maximum !== undefined) return { key: 'form.hintRange', values: { minimum: p.minimum, maximum: p.maximum } };
	if (p.type === 'string' && !p.description && p.maxLength !== undefined && p.maxLength < 100) return { key: 'form.hintLength', values: { minimum: p.minLength ?? 0, maximum: p.maxLength } };
	return undefined;
}

const UNITS = [86400, 3600, 60, 1] as const;
export type Unit = (typeof UNITS)[number];

/** The largest unit in which so many seconds are a whole number. */
export const unitFor = (seconds: number): Unit => UNITS.find((unit) => seconds > 0 && seconds % unit === 0) ?? 1;
