// What the window is like, as a signal. Call it once for a question, at the top of a module.
import { signal, type ReadonlySignal } from '@preact/signals';

export function media(query: string): ReadonlySignal<boolean> {
	const list = matchMedia(query);
	const matches = signal(list.matches);
	list.addEventListener('change', () => (matches.value = list.matches));
	return matches;
}
