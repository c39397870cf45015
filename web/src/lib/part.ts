// Parts of the page whose code comes when somebody wants it.
import { get } from './api';

/** A page that was loaded anew and still lacks a part is not loaded anew all the time. */
const RELOAD_MS = 60_000;

function wasJustReloaded(): boolean {
	const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
	return navigation?.type === 'reload' && performance.now() < RELOAD_MS;
}

/** `load`: () => import(…). Rejects while the gateway is out of reach: try again later. Where it can be reached, a part
 *  that cannot be had is one of another version, or one that was lost on its way before, which some browsers
 *  (Chromium 150 is one) remember for as long as the page is open: the page is loaded anew. */
export async function part<T>(load: () => Promise<T>): Promise<T> {
	try {
		return await load();
	} catch {
		await get('auth/info');
		return load().catch((e: Error) => {
			if (!wasJustReloaded()) location.reload();
			throw e;
		});
	}
}
