// Who is at the keyboard, and where the gateway is. The token lives as long as one of the browser's tabs.
import { signal } from '@preact/signals';

const KEY = 'cantrack.token';

/** The key of the token, 64 characters; '' before somebody has logged in. */
export const token = signal(sessionStorage.getItem(KEY) ?? '');

/** Why the login is shown again, or ''. */
export const farewell = signal('');

/** Somebody is, or was, logged in here. */
let wasUsed = token.peek() !== '';

export function logIn(key: string): void {
	if (key === token.peek()) return;
	sessionStorage.setItem(KEY, key);
	// nothing of what another token has seen stays in the memory of the page
	if (wasUsed) return location.reload();
	wasUsed = true;
	farewell.value = '';
	token.value = key;
}

export function logOut(why = ''): void {
	sessionStorage.removeItem(KEY);
	farewell.value = why;
	token.value = '';
}

/** The tabs of this page in this browser: a new one is logged in as another one is, and who logs out is out in all.
 *  With the last of them the token is gone. Of two gateways below one host each has its own. */
const tabs = new BroadcastChannel(`cantrack ${location.pathname}`);

type Word = { ask: true } | { key: string } | { out: string };

export function logOutEverywhere(): void {
	tabs.postMessage({ out: token.peek() } satisfies Word);
	logOut();
}

tabs.onmessage = ({ data }: MessageEvent<Word>) => {
	if ('out' in data) return void (data.out === token.peek() && logOut());
	// who has logged out here, or typed a key, is not logged in by another tab
	if ('key' in data) return void (wasUsed || logIn(data.key));
	if (token.peek()) tabs.postMessage({ key: token.peek() } satisfies Word);
};

/** The gateway prints a link with #token=KEY. The key leaves the address bar before anybody sees it, also when the
 *  link is opened where the page is open already. */
function takeTokenFromAddress(): void {
	const found = /^#token=([\w-]+)$/.exec(location.hash);
	if (!found) return;
	history.replaceState(null, '', location.pathname + location.search + '#/');
	logIn(found[1]!);
}

// before lib/router looks at the address, at the beginning and later
takeTokenFromAddress();
if (!wasUsed) tabs.postMessage({ ask: true } satisfies Word);
window.addEventListener('hashchange', takeTokenFromAddress);

/** An address of the gateway: the page may lie below any path, so nothing here begins with a slash. */
export function place(path: string): URL {
	return new URL(path.replace(/^\//, ''), new URL('.', location.href));
}
