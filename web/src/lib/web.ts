// What the gateway tells its own page (docs/api.md, web.json): read once, when somebody needs it first.
import { get } from './api';

export interface Web {
	version: string;
	/** Of the machine that it runs on. */
	addresses: string[];
	tiles: string | null;
	attribution: string | null;
}

let once: Promise<Web> | null = null;

/** Who asks after a failure asks the gateway again. */
export function web(): Promise<Web> {
	once ??= get<Web>('web.json').then(([found]) => found!);
	once.catch(() => (once = null));
	return once;
}
