// What a viewer has chosen for this browser: columns, theme, units. Nothing secret.
import { effect, signal, type Signal } from '@preact/signals';
import { media } from './media';

function read<T>(name: string, otherwise: T): T {
	try {
		const text = localStorage.getItem('cantrack.' + name);
		return text === null ? otherwise : (JSON.parse(text) as T);
	} catch {
		return otherwise; // no storage, or not ours
	}
}

/** A signal that is remembered. Call it once for a name, at the top of a module. */
export function pref<T>(name: string, otherwise: T): Signal<T> {
	const value = signal(read(name, otherwise));
	let first = true;
	effect(() => {
		const text = JSON.stringify(value.value);
		if (!first)
			try {
				localStorage.setItem('cantrack.' + name, text);
			} catch {
				// full or forbidden: it holds for this page only
			}
		first = false;
	});
	return value;
}

export type Theme = 'auto' | 'light' | 'dark';
export const theme = pref<Theme>('theme', 'auto');

const systemIsDark = media('(prefers-color-scheme: dark)');

/** For what is painted by script: maps and plots. */
export const isDark = signal(false);

effect(() => {
	isDark.value = theme.value === 'dark' || (theme.value === 'auto' && systemIsDark.value);
	document.documentElement.style.colorScheme = isDark.value ? 'dark' : 'light';
});
