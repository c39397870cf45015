// What the numbers of the log mean: the gateway's own table, read when somebody needs it first.
import { signal } from '@preact/signals';
import { get } from '../../lib/api';
import type { Codes } from './logtext';

/** By number; empty until it was loaded. */
export const codes = signal<Codes>({});
let asked = false;

export function loadCodes(): void {
	if (asked) return;
	asked = true;
	get<{ 'toolbox/codes': { codes: Codes } }>('const/values', { query: { names: 'toolbox/codes' } })
		.then(([values]) => void (codes.value = values?.['toolbox/codes'].codes ?? {}))
		.catch(() => void (asked = false));
}
