// Tokens: one with a list of grants is made, used, changed and deleted; others see only what it may.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, go, ident, live, shot, until } from './harness.mjs';
import { Tracker, v1 } from './tracker.mjs';

const REFUSED = /the token does not grant/;
const gateway = new Gateway();
const browser = new Browser();
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	await gateway.fleet(2);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const open = async (where, options) => {
	const page = await browser.open(gateway, where, options);
	await live(page, { state: 'attached' });
	return page;
};

test('a token is made, its key shown once; who logs in with its link sees what it may, until it is deleted', async () => {
	const page = await open('#/tokens');
	await page.getByRole('button', { name: 'New token' }).click();
	const dialog = page.getByRole('dialog', { name: 'New token' });
	await dialog.getByLabel('What it is for').fill('Depot map');
	await dialog.getByLabel('Used from').fill('nowhere');
	await dialog.getByRole('button', { name: 'Live map only' }).click();
	await dialog.getByLabel('Which ones').fill('1');
	await dialog.getByText('Truck 1').waitFor();
	await dialog.getByLabel('Of what').selectOption({ label: 'channels' });
	await until(async () => (await dialog.getByLabel('Which ones').inputValue()) === '', 'all channels');
	await dialog.getByRole('button', { name: 'Live map only' }).click();
	await dialog.getByLabel('Which ones').fill('1');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.getByText("'nowhere' is no").waitFor();
	assert.equal(await dialog.getByLabel('Used from').getAttribute('aria-invalid'), 'true');
	await shot(page, 'token-form');
	assert.deepEqual(await axe(page), []);
	await dialog.getByLabel('Used from').fill('127.0.0.0/8');
	await dialog.getByRole('button', { name: 'Create' }).click();

	const shown = page.getByRole('dialog', { name: 'The key of “Depot map”' });
	await shown.getByRole('button', { name: 'I have it' }).waitFor();
	await page.mouse.click(5, 5); // beside it: the key would be gone
	await shown.getByRole('button', { name: 'Copy the key' }).click();
	await shown.getByRole('status').getByText('Copied').waitFor(); // in the dialog: what is behind it cannot be read
	const [key, link] = await shown.locator('.copy-line code').allTextContents();
	assert.match(key, /^\w{64}$/);
	assert.equal(link, `${gateway.url}#token=${key}`);
	await shot(page, 'token-key');
	await shown.getByRole('button', { name: 'I have it' }).click();
	const row = page.getByRole('row', { name: /Depot map/ });
	await row.getByText('devices 1: read; messages (read), telemetry (read)').waitFor();
	assert.ok(!(await page.content()).includes(key));
	const [made] = await gateway.rest('GET', 'platform/tokens/all');
	assert.deepEqual(made.access.acl, [{ uri: 'gw/devices', methods: ['GET'], ids: [1], submodules: [{ name: 'messages', methods: ['GET'] }, { name: 'telemetry', methods: ['GET'] }] }]);

	const other = await open(link.slice(gateway.url.length), { token: '' });
	await go(other, '#/devices/1/commands');
	await other.getByRole('heading', { name: 'Truck 1' }).waitFor();
	await go(other, '#/devices/2/commands');
	await other.getByText('There is no device with this number').waitFor();
	await go(other, '#/channels');
	await other.getByText('The channels cannot be read').waitFor();
	await go(other, '#/tokens');
	await other.getByText('Tokens are not for this token to see').waitFor();
	await other.getByText('devices 1: read').waitFor();
	await shot(other, 'tokens-refused');

	await page.getByRole('button', { name: 'Edit Depot map' }).click();
	const edit = page.getByRole('dialog', { name: 'Edit Depot map' });
	await edit.getByLabel('What it is for').fill('Depot');
	await edit.getByRole('group', { name: 'What may be done with logs' }).getByLabel('read').check();
	await edit.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('row', { name: /Depot/ }).getByText('logs (read)').waitFor();
	await page.getByRole('button', { name: 'Delete Depot' }).click();
	await page.getByRole('dialog').getByText('locked out at once').waitFor();
	await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
	await page.getByText('There is no token beside').waitFor();
	await other.getByLabel('Key of a token').waitFor();
	assert.deepEqual([...page.faults, ...other.faults], []);
});

test('until a day means that day: the limit that stood there already gives way, once', async () => {
	const page = await open('#/tokens');
	await page.getByRole('button', { name: 'New token' }).click();
	const dialog = page.getByRole('dialog', { name: 'New token' });
	await dialog.getByLabel('What it is for').fill('A day');
	const within = dialog.getByLabel('Valid while used within', { exact: true });
	assert.equal(await within.inputValue(), '30');
	await dialog.getByLabel('Valid until').fill('2040-01-01T12:00');
	assert.equal(await within.inputValue(), '0');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await page.getByRole('dialog', { name: 'The key of “A day”' }).waitFor();
	const [made] = await gateway.rest('GET', 'platform/tokens/info=A day');
	assert.deepEqual([made.ttl, made.expire], [0, Date.parse('2040-01-01T11:00Z') / 1000]);
	await gateway.rest('DELETE', `platform/tokens/${made.id}`);
	assert.deepEqual(page.faults, []);
});

test('who deletes the token in use is warned; off means off', async () => {
	const [mine] = await gateway.rest('POST', 'platform/tokens', [{ info: 'mine', ttl: 600, access: { type: 1 } }]);
	await gateway.rest('POST', 'platform/tokens', [{ info: 'theirs', expire: 4e9, access: { type: 0 } }]);
	const page = await open('#/tokens', { token: mine.key, colorScheme: 'dark' });
	const theirs = page.getByRole('switch', { name: 'theirs can be used' });
	await theirs.click();
	await page.locator('tr.off').getByText('theirs').waitFor();
	assert.equal(await theirs.isChecked(), false);
	await page.getByText('in use here').waitFor();
	await shot(page, 'tokens');
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Delete mine' }).click();
	await page.getByRole('dialog').getByText('you will be logged out').waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	assert.deepEqual((await gateway.rest('GET', `platform/tokens/${mine.id}`)).map((token) => token.info), ['mine']);
	await page.setViewportSize({ width: 390, height: 844 });
	await shot(page, 'tokens-phone');
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	assert.deepEqual(page.faults, []);
});

test('what a token may not read is refused in words, not told as empty', async () => {
	const reads = ['messages', 'telemetry'].map((name) => ({ name, methods: ['GET'] }));
	const [few] = await gateway.rest('POST', 'platform/tokens', [{ info: 'few', ttl: 600, access: { type: 2, acl: [{ uri: 'gw/devices', methods: ['GET'], submodules: reads }] } }]);
	await new Tracker(gateway).send(v1(ident(0), Math.floor(Date.now() / 1000)));
	await gateway.rest('POST', 'gw/devices/1/commands-queue', [{ name: 'custom', properties: { payload: 'D1,130305,60' }, ttl: 600, condition: 'position.speed > 500' }]);
	const page = await open('#/devices/1/settings', { token: few.key });
	const connections = page.locator('.card', { hasText: 'Connections' });
	await connections.getByText(REFUSED).waitFor();
	assert.equal(await page.getByText('is not connected').count(), 0);
	await shot(page, 'token-few-settings');
	await go(page, '#/devices/1/commands');
	const queue = page.getByRole('region', { name: 'Queue' });
	await queue.getByText(REFUSED).waitFor();
	assert.equal(await queue.getByRole('heading').textContent(), 'Queue ');
	assert.equal(await queue.getByText('Nothing waits').count(), 0);
	await shot(page, 'token-few-commands');
	await go(page, '#/devices/1/messages');
	await page.getByRole('grid', { name: 'Logs' }).getByText(REFUSED).waitFor();
	await shot(page, 'token-few-logs');
	assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
	assert.deepEqual(page.faults, []);
});
