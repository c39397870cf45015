// The frame of the page: who may see it, where it leads, and that a lost connection mends itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, go, live, shot, until } from './harness.mjs';
import { proxy } from './proxy.mjs';

const gateway = new Gateway();
const browser = new Browser();
before(() => Promise.all([gateway.start(), browser.start()]));
after(() => Promise.all([gateway.close(), browser.close()]));

test('a wrong key is refused with a sentence, the right one logs in', async () => {
	const page = await browser.open(gateway, '', { token: '' });
	await page.getByLabel('Key of a token').fill('nonsense');
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.getByRole('alert').getByText('does not know this token').waitFor();
	await page.getByLabel('Key of a token').and(page.locator(':focus')).waitFor();
	await shot(page, 'login');
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('Key of a token').fill(`FlespiToken ${gateway.token}`);
	await page.keyboard.press('Enter');
	await live(page);
	assert.deepEqual(page.faults, []);
});

test('the printed link logs in, and the key leaves the address and stays in this tab', async () => {
	const page = await browser.open(gateway, `#token=${gateway.token}`, { token: '' });
	await live(page);
	await page.getByRole('heading', { name: 'your first tracker' }).waitFor();
	assert.ok(!page.url().includes(gateway.token));
	const kept = await page.evaluate(() => [Object.values(sessionStorage), Object.values(localStorage)].map(String));
	assert.ok(kept[0].includes(gateway.token) && !kept[1].includes(gateway.token));
	await page.reload();
	await live(page);
	await page.getByRole('button', { name: 'Log out' }).click();
	await page.getByLabel('Key of a token').and(page.locator(':focus')).waitFor();
	assert.equal(await page.evaluate(() => sessionStorage.length), 0);
	await page.goto(`${gateway.url}#token=${gateway.token}`); // the page is open: nothing is loaded anew
	await page.getByRole('heading', { name: 'your first tracker' }).waitFor();
	assert.ok(!page.url().includes(gateway.token));
	await page.goto(`${gateway.url}#/100%`);
	await page.getByText('There is no such view').waitFor();
	assert.deepEqual(page.faults, []);
});

test('another tab is logged in as this one, and out with it', async () => {
	const page = await browser.open(gateway, `#token=${gateway.token}`, { token: '' });
	await live(page);
	const other = await page.context().newPage();
	await other.goto(`${gateway.url}#/health`);
	await live(other);
	await page.getByRole('button', { name: 'Log out' }).click();
	await other.getByLabel('Key of a token').waitFor();
	await page.reload();
	await page.getByLabel('Key of a token').waitFor();
	assert.deepEqual(page.faults, []);
});

test('a part of the page that is lost on its way is asked for again', async () => {
	const page = await browser.open(gateway, '#/health', { token: '' });
	let asked = 0;
	await page.context().route(/assets\/.*mqtt.*\.js/, (route) => (asked++ ? route.continue() : route.abort()));
	await page.getByLabel('Key of a token').fill(gateway.token);
	await page.keyboard.press('Enter');
	await live(page);
	assert.equal(asked, 2);
});

test('a network that comes back while the live door opens makes one connection, and no other follows', async () => {
	const page = await browser.open(gateway, '#/health');
	const sockets = [];
	page.on('websocket', (socket) => sockets.push(socket));
	await page.reload();
	await until(() => sockets.length, 'the live door');
	for (let i = 0; i < 3; i++) await page.evaluate(() => dispatchEvent(new Event('online')));
	await until(() => sockets.length >= 2, 'the new connection');
	await live(page);
	const made = sockets.length;
	await page.waitForTimeout(3000); // a client that was kept would have tried anew by now
	assert.equal(sockets.length, made);
	assert.equal(sockets.filter((socket) => !socket.isClosed()).length, 1);
	assert.deepEqual(page.faults, []);
});

test('a token that is deleted ends the session with the reason', async () => {
	const [made] = await gateway.rest('POST', 'platform/tokens', { info: 'short', ttl: 600, access: { type: 1 } });
	const page = await browser.open(gateway, '#/health', { token: made.key });
	await live(page);
	await gateway.rest('DELETE', `platform/tokens/${made.id}`);
	await page.getByRole('alert').getByText('You were logged out').waitFor(); // by itself
});

test('below a path of a proxy nothing is asked for outside of it', async () => {
	const way = await proxy(gateway, '/some/fleet/');
	const page = await browser.open(gateway, `#token=${gateway.token}`, { token: '', base: way.url });
	const outside = [];
	page.on('request', (r) => !r.url().startsWith(way.url) && outside.push(r.url()));
	page.on('websocket', (w) => !w.url().startsWith(way.url.replace('http', 'ws')) && outside.push(w.url()));
	await live(page);
	for (const name of ['Map', 'Health', 'Channels']) {
		await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
		await page.getByRole('navigation').getByRole('link', { name, exact: true }).and(page.locator('[aria-current=page]')).waitFor();
	}
	await page.getByText('127.0.0.1:').first().waitFor(); // where the channel listens: REST has answered
	await page.reload();
	await live(page);
	assert.deepEqual(outside, []);
	assert.deepEqual(page.faults, []);
	way.close();
});

test('the description of the API opens with the token of the page', async () => {
	const page = await browser.open(gateway, `#token=${gateway.token}`, { token: '' });
	await live(page);
	const [docs] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'REST API' }).click()]);
	await docs.locator('#get_auth_info summary').click();
	await docs.getByRole('button', { name: 'GET', exact: true }).click();
	await docs.getByText(/^200 OK/).waitFor();
	await docs.getByRole('button', { name: 'Forget' }).click();
	await docs.getByRole('button', { name: 'GET', exact: true }).click();
	await docs.getByText('The token is missing').waitFor();
	assert.deepEqual(page.faults, []);
});

test('a proxy that cannot reach the gateway is no answer of the gateway', async () => {
	const page = await browser.open(gateway, '#/tokens');
	await live(page);
	let isAway = true;
	await page.route('**/gw/channels/all*', (route) => (isAway ? route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }) : route.continue()));
	await page.getByRole('link', { name: 'Channels' }).click();
	await page.getByText('The connection to the gateway is lost').waitFor();
	isAway = false;
	assert.equal(await page.getByText('Bad Gateway').count(), 0);
	await page.getByText(`127.0.0.1:${gateway.port}`).waitFor();
	await page.getByText('The connection to the gateway is lost').waitFor({ state: 'detached' });
	assert.deepEqual(page.faults, []);
});

test('every view can be reached with the keyboard alone', async () => {
	const page = await browser.open(gateway);
	await live(page);
	await page.keyboard.press('Tab');
	await page.getByText('Skip to the content').waitFor();
	for (const name of ['Map', 'Add a tracker', 'Channels', 'Tokens', 'Health', 'Devices']) {
		const link = page.getByLabel('Views').getByRole('link', { name, exact: true });
		await link.focus();
		await page.keyboard.press('Enter');
		await until(async () => (await link.getAttribute('aria-current')) === 'page', name);
		await until(() => page.evaluate(() => document.activeElement.id === 'main'), `the focus in ${name}`);
		await until(async () => (await page.title()) === `${name} – cantrack`, `the title of ${name}`);
	}
	assert.deepEqual(page.faults, []);
});

test('a gateway that goes is told, and all goes on when it is back', async () => {
	const page = await browser.open(gateway, '#/tokens');
	await live(page);
	await gateway.stop();
	await page.getByText('The connection to the gateway is lost').waitFor();
	assert.match(page.url(), /#\/tokens$/);
	await gateway.start();
	await live(page);
	await page.getByText('The connection to the gateway is lost').waitFor({ state: 'detached' });
	assert.match(page.url(), /#\/tokens$/);
	assert.deepEqual(page.faults, []);
});

test('a view that is opened while the gateway is away shows what it has as soon as it is back', async () => {
	const [truck] = await gateway.fleet(1);
	const pages = await Promise.all(Array.from({ length: 6 }, () => browser.open(gateway, '#/devices')));
	await Promise.all(pages.map(live));
	await Promise.all(pages.map((page) => page.getByRole('row', { name: /Truck 1/ }).waitFor()));
	await gateway.stop();
	const words = {
		[`#/devices/${truck}/commands`]: 'Put into the queue',
		[`#/devices/${truck}/settings`]: 'Danger zone',
		'#/tokens': 'There is no token beside',
		'#/channels': `127.0.0.1:${gateway.port}`,
		'#/channels/1/logs': 'Refused frames',
		'#/map': 'No device has told its position yet',
	};
	for (const [i, where] of Object.keys(words).entries()) {
		await pages[i].getByText('The connection to the gateway is lost').waitFor();
		await go(pages[i], where);
		await pages[i].getByText(/the gateway cannot be reached|This part of the page could not be loaded/).waitFor();
	}
	await gateway.start();
	for (const [i, text] of Object.values(words).entries()) await pages[i].getByText(text).first().waitFor();
	for (const page of pages) assert.deepEqual(page.faults, []);
});
