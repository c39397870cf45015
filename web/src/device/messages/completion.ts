// What could come next in a filter expression (docs/api.md, "Expressions"). Pure.

export interface Name {
	name: string;
	type: 'number' | 'string' | 'boolean';
	info: string;
}

export interface Suggestion {
	/** What is put in. */
	text: string;
	kind: 'name' | 'function' | 'operator' | 'value';
	/** What it means: an explanation, or a key of the texts for operators and functions. */
	info: string;
}

export interface Completion {
	/** The part of the text that a suggestion takes the place of. */
	from: number;
	to: number;
	items: Suggestion[];
}

interface Token {
	kind: 'space' | 'text' | 'number' | 'name' | 'operator' | 'close';
	text: string;
	at: number;
}

const TOKEN = /\s+|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\d[\d.]*|\$?[A-Za-z_][\w.]*|==|!=|<=|>=|&&|\|\||./gs;

function kindOf(text: string): Token['kind'] {
	if (/^\s/.test(text)) return 'space';
	if (/^["']/.test(text)) return 'text';
	if (/^\d/.test(text)) return 'number';
	if (/^[$A-Za-z_]/.test(text)) return 'name';
	return text === ')' ? 'close' : 'operator';
}

const tokens = (text: string): Token[] => [...text.matchAll(TOKEN)].map((m) => ({ kind: kindOf(m[0]), text: m[0], at: m.index }));

const isClosed = (text: string): boolean => text.length > 1 && text.at(-1) === text[0];

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', '~'];
const FUNCTIONS = ['exists(', 'tonumber('];

/** How well a name fits what was typed: at its beginning, at one of its parts, anywhere; -1: not at all. */
function rank(name: string, typed: string): number {
	const [a, b] = [name.toLowerCase(), typed.toLowerCase()];
	if (a.startsWith(b)) return 0;
	if (a.includes('.' + b)) return 1;
	return a.includes(b) ? 2 : -1;
}

function operands(typed: string, names: readonly Name[]): Suggestion[] {
	const all: Suggestion[] = [
		...names.map((n): Suggestion => ({ text: n.name, kind: 'name', info: n.info })),
		...FUNCTIONS.map((text): Suggestion => ({ text, kind: 'function', info: text.slice(0, -1) })),
	];
	return all
		.map((item) => ({ item, rank: rank(item.text, typed) }))
		.filter((one) => one.rank >= 0)
		.sort((a, b) => a.rank - b.rank || a.item.text.localeCompare(b.item.text))
		.map((one) => one.item);
}

function operators(of: Name | undefined): Suggestion[] {
	const list = of?.type === 'boolean' ? ['&&', '||', '==', '!='] : of?.type === 'number' ? [...COMPARISONS.slice(0, -1), '&&', '||'] : [...COMPARISONS, '&&', '||'];
	return list.map((text) => ({ text: text + ' ', kind: 'operator', info: text }));
}

function valuesFor(of: Name | undefined, typed: string, seen: (name: string) => string[]): Suggestion[] {
	const list = of?.type === 'boolean' ? ['true', 'false'] : of?.type === 'string' ? seen(of.name).map((value) => JSON.stringify(value)) : [];
	const bare = typed.replace(/^["']/, '').toLowerCase();
	return list.filter((text) => text.replace(/^"/, '').toLowerCase().startsWith(bare)).map((text) => ({ text, kind: 'value', info: '' }));
}

/** Suggestions where the caret stands. `seen`: values of a parameter that occur. */
export function complete(text: string, caret: number, names: readonly Name[], seen: (name: string) => string[]): Completion {
	const before = tokens(text.slice(0, caret));
	const last = before.at(-1);
	const isPart = last?.kind === 'name' || (last?.kind === 'text' && !isClosed(last.text));
	const typed = isPart ? last.text : '';
	const from = isPart ? last.at : caret;
	const to = caret + (last?.kind === 'name' ? /^[\w.]*/.exec(text.slice(caret))![0].length : 0);
	const done = before.filter((token) => token.kind !== 'space').slice(0, isPart ? -1 : undefined);
	const previous = done.at(-1);
	const find = (token: Token | undefined): Name | undefined => names.find((n) => n.name === token?.text.replace(/^\$/, ''));
	let items: Suggestion[] = [];
	if (previous && COMPARISONS.includes(previous.text)) items = valuesFor(find(done.at(-2)), typed, seen);
	else if (previous && previous.kind !== 'operator') items = isPart ? [] : operators(find(previous));
	else if (last?.kind !== 'text') items = operands(typed.replace(/^\$/, ''), names);
	// a number or a closed text that the caret touches is not finished: only a blank ends it
	if (!isPart && last && last.kind !== 'space' && last.kind !== 'operator') items = [];
	if (items.length === 1 && items[0]!.text === typed) items = [];
	return { from: typed.startsWith('$') ? from + 1 : from, to, items };
}

/** The text with a suggestion put in, and where the caret stands then. */
export function take(text: string, completion: Completion, item: Suggestion): { text: string; caret: number } {
	const head = text.slice(0, completion.from) + item.text;
	return { text: head + text.slice(completion.to), caret: head.length };
}
