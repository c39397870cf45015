// All words that people read come from texts/: t('devices.title'), t('devices.count', {n: 3}).
import { en } from '../texts/en';
import { languages } from '../texts/languages';

export type Plural = { one: string; other: string };
type Tree = { [key: string]: string | Plural | Tree };
/** The shape of a language: the keys of English, other words. */
export type Texts<T = typeof en> = { [K in keyof T]: T[K] extends string ? string : T[K] extends Plural ? Plural : Texts<T[K]> };

type Keys<T> = {
	[K in keyof T & string]: T[K] extends string | Plural ? K : `${K}.${Keys<T[K]>}`;
}[keyof T & string];
export type TextKey = Keys<typeof en>;

const wanted = [...navigator.languages].map((tag) => tag.split('-')[0]!).find((tag) => tag in languages) ?? 'en';
const texts = languages[wanted] as unknown as Tree;
export const language = wanted;

const plural = new Intl.PluralRules(wanted);
const numbers = new Intl.NumberFormat(wanted);

function find(key: string): string | Plural | undefined {
	let at: string | Plural | Tree | undefined = texts;
	for (const part of key.split('.')) at = typeof at === 'object' ? (at as Tree)[part] : undefined;
	return at as string | Plural | undefined;
}

/** The words of a key. {name} in them is replaced; `n` also chooses between one and other. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
	const found = find(key) ?? key;
	const n = Number(values['n']);
	const text = typeof found === 'string' ? found : plural.select(n) === 'one' ? found.one : found.other;
	return text.replace(/\{(\w+)\}/g, (all, name: string) => {
		const value = values[name];
		return value === undefined ? all : typeof value === 'number' ? numbers.format(value) : value;
	});
}

/** A number with the viewer's separators. */
export const number = (value: number, digits?: number): string =>
	digits === undefined ? numbers.format(value) : value.toLocaleString(wanted, { maximumFractionDigits: digits });

/** 1536 → "1.5 KB". */
export function bytes(n: number): string {
	const units = ['B', 'KB', 'MB', 'GB', 'TB'];
	let unit = 0;
	for (; n >= 1000 && unit < units.length - 1; unit++) n /= 1024;
	return `${number(n, unit && n < 10 ? 1 : 0)} ${units[unit]}`;
}
