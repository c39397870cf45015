// What the numbers in logs mean: the gateway's own table.
import { signal } from '@preact/signals';
import { get } from './api';

export type Severity = 'info' | 'notice' | 'warning' | 'alert';

interface Code {
	description: string;
	severity: Severity;
	extra_codes?: Record<string, { description: string; severity: Severity }>;
}

const codes = signal<Record<string, Code>>({});

/** Once; the page works without it. */
export async function loadCodes(): Promise<void> {
	if (Object.keys(codes.peek()).length) return;
	const [found] = await get<{ 'toolbox/codes': { codes: Record<string, Code> } }>('const/values', { query: { names: 'toolbox/codes' } });
	if (found) codes.value = found['toolbox/codes'].codes;
}

export const severityOf = (code: number): Severity => codes.value[code]?.severity ?? 'info';

/** Why a connection ended; '' when it is not known. */
export const closeText = (code: number, close: number): string => codes.value[code]?.extra_codes?.[close]?.description ?? '';
