// The text format of Prometheus, as far as a gateway prints it: HELP, TYPE, and a value a line.

export interface Metric {
	/** With its labels, if there are any: that is what is unique. */
	name: string;
	help: string;
	kind: 'counter' | 'gauge' | 'untyped';
	value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})?\s+(\S+)/;
const unescape = (text: string): string => text.replace(/\\(\\|n)/g, (_all, c: string) => (c === 'n' ? '\n' : '\\'));

/** "+Inf" and "NaN" are numbers there, too. */
const numberOf = (text: string): number => (/^[+-]?Inf$/.test(text) ? (text[0] === '-' ? -Infinity : Infinity) : Number(text));

export function parseMetrics(text: string): Metric[] {
	const help = new Map<string, string>();
	const kinds = new Map<string, Metric['kind']>();
	const metrics: Metric[] = [];
	for (const line of text.split('\n')) {
		const said = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line);
		if (said) {
			const [, what, name, rest] = said;
			if (what === 'HELP') help.set(name!, unescape(rest!));
			else kinds.set(name!, rest === 'counter' || rest === 'gauge' ? rest : 'untyped');
			continue;
		}
		const found = line.startsWith('#') ? null : LINE.exec(line);
		if (!found) continue;
		const [, name, labels = '', value] = found;
		metrics.push({ name: name! + labels, help: help.get(name!) ?? '', kind: kinds.get(name!) ?? 'untyped', value: numberOf(value!) });
	}
	return metrics;
}

/** What a counter has grown in a second; after a restart it begins anew. */
export function rateOf(before: number, after: number, seconds: number): number {
	if (!(seconds > 0)) return 0;
	return (after >= before ? after - before : after) / seconds;
}
