// The fleet is told truly, however its list and the news of it come.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Gateway, hold, until } from './harness.mjs';

const gateway = new Gateway();
const browser = new Browser();
let id;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[id] = await gateway.fleet(1);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const LIST = /gw\/devices\/all\?/;
const rename = (name) => gateway.rest('PUT', `gw/devices/${id}`, { name });
const row = (page, name) => page.getByRole('row', { name: new RegExp(name) });

test('what changes before the live door is open is not missed', async () => {
	await rename('Early');
	const page = await browser.open(gateway);
	const { free } = await hold(page, /assets\/mqtt/);
	await page.reload();
	await row(page, 'Early').waitFor();
	await rename('Between');
	free();
	await row(page, 'Between').waitFor();
	assert.deepEqual(page.faults, []);
});

test('what is told while the list is read is newer than the list', async () => {
	await rename('Old');
	const page = await browser.open(gateway);
	let lists = 0;
	page.on('request', (request) => LIST.test(request.url()) && lists++);
	await page.reload();
	await row(page, 'Old').waitFor();
	await until(() => lists === 2, 'the list that is read when the live door is open');
	const { free, came } = await hold(page, LIST);
	await page.evaluate(() => dispatchEvent(new Event('online'))); // the live door is connected to anew
	await came();
	await rename('New');
	await row(page, 'New').waitFor();
	const answered = page.waitForResponse(/telemetry/);
	free();
	await answered;
	await gateway.rest('POST', 'gw/devices', [{ name: 'Third', device_type_id: 1, configuration: { ident: '5' } }]);
	await row(page, 'Third').waitFor();
	assert.equal(await row(page, 'Old').count(), 0);
	await row(page, 'New').waitFor();
	assert.deepEqual(page.faults, []);
});

test('a list that could not be read is read again by itself', async () => {
	await rename('Found');
	const page = await browser.open(gateway);
	let tries = 0;
	await page.route(LIST, (route) => (++tries < 3 ? route.fulfill({ status: 502, body: 'no gateway' }) : route.continue()));
	await page.reload();
	await page.getByText('the gateway cannot be reached').waitFor();
	await row(page, 'Found').waitFor();
	await until(() => tries >= 3, 'the third time');
	// that it could not be read does not mean that a device is gone
	tries = 0;
	await page.goto(`${gateway.url}#/devices/${id}/settings`);
	await page.reload();
	await page.getByRole('heading', { name: 'the gateway cannot be reached' }).waitFor();
	assert.equal(await page.getByText('There is no device').count(), 0);
	await page.getByRole('heading', { name: 'Found' }).waitFor();
	assert.deepEqual(page.faults, []);
});
