// Health: figures that move while trackers drive, what is refused stands out, sessions can be ended.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, live, shot, until } from './harness.mjs';

const gateway = new Gateway();
const browser = new Browser();
before(() => Promise.all([gateway.start(), browser.start()]));
after(() => Promise.all([gateway.close(), browser.close()]));

test('rates move under load, refused frames and logins stand out', async () => {
	const page = await browser.open(gateway, '#/health');
	await page.getByText('The gateway is well.').waitFor();
	const figure = (name) => page.getByRole('group', { name, exact: true });
	const value = async (name) => Number((await figure(name).locator('strong').textContent()).replaceAll(',', ''));
	await figure('Refused frames').getByText('none in the last minutes').waitFor();
	await until(async () => (await value('Messages/s')) === 0, 'a rate');
	const load = gateway.simulate('--devices', '5', '--rate', '40', '--seconds', '60');
	const socket = connect(gateway.port, '127.0.0.1');
	socket.write('*HQ,130305,V1,145452#'); // too short
	await fetch(gateway.url + 'gw/devices/all', { headers: { Authorization: 'FlespiToken wrong' } });
	await until(async () => (await value('Messages/s')) > 5, 'the rate of messages');
	await until(async () => (await value('Trackers connected')) >= 5, 'the connections');
	await figure('Refused frames').getByText('one in the last minutes').waitFor();
	await page.locator('.figure.bad').and(figure('Refused logins')).waitFor();
	await until(async () => (await figure('Messages/s').locator('polyline').count()) === 1, 'a line');
	await page.getByText(/^cantrack \d/).waitFor();

	const table = page.getByRole('table', { name: 'All figures' });
	assert.ok((await table.getByRole('row').count()) > 40);
	await page.getByLabel('Search figures').fill('tracker bytes read');
	await until(async () => (await table.getByRole('row').count()) === 2, 'one figure');
	await table.getByText('cantrack_bytes_received_total').waitFor();
	await page.getByLabel('Search figures').fill('');
	await shot(page, 'health');
	assert.deepEqual(await axe(page), []);
	await page.emulateMedia({ colorScheme: 'dark' });
	await page.setViewportSize({ width: 390, height: 844 });
	await shot(page, 'health-phone');
	assert.deepEqual(await axe(page), []);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	await load.stop();
	socket.destroy();
	assert.deepEqual(page.faults, []);
});

test('a session of MQTT can be ended', async () => {
	const other = await browser.open(gateway, '#/tokens');
	await live(other);
	// those of the test before may be there yet
	const connected = async () => (await gateway.rest('GET', 'mqtt/sessions/all')).filter((s) => s.connected);
	await until(async () => (await connected()).length === 1, 'the session alone');
	const [theirs] = await connected();
	const page = await browser.open(gateway, '#/health');
	await page.getByRole('button', { name: `End the session of ${theirs.client_id}` }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'End the session' }).click();
	await until(async () => !(await gateway.rest('GET', 'mqtt/sessions/all')).some((s) => s.id === theirs.id), 'the end of the session');
	assert.deepEqual(page.faults, []);
});

test('a gateway that does not answer is said to, and comes back', async () => {
	const page = await browser.open(gateway, '#/health');
	await page.getByText('The gateway is well.').waitFor();
	await gateway.stop();
	await page.getByText('The gateway does not answer.').waitFor();
	await gateway.start();
	await page.getByText('The gateway is well.').waitFor();
	assert.deepEqual(page.faults, []);
});
