// Who is at the keyboard, and where the gateway is. The token lives as long as the browser's tab.
import { signal } from '@preact/signals';

const KEY = 'cantrack.token';

/** The key of the token, 64 characters; '' before somebody has logged in. */
export const token = signal(sessionStorage.getItem(KEY) ?? '');

/** Why the login is shown again, or ''. */
export const farewell = signal('');

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
window.addEventListener('hashchange', takeTokenFromAddress);

/** An address of the gateway: the page may lie below any path, so nothing here begins with a slash. */
export function place(path: string): URL {
	return new URL(path.replace(/^\//, ''), new URL('.', location.href));
}
