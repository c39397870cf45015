// What happened to a device, and the bytes of its connection.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, ident, live, shot, until } from './harness.mjs';
import { Tracker, v1 } from './tracker.mjs';

const gateway = new Gateway();
const browser = new Browser();
const now = Math.floor(Date.now() / 1000);
let talks, noisy;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[talks, noisy] = await gateway.fleet(2);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const logs = (page) => page.getByRole('grid', { name: 'Logs' });
const traffic = (page) => page.getByRole('grid', { name: 'Traffic' });
const lines = (grid) => grid.getByRole('row').evaluateAll((rows) => rows.slice(1).map((row) => row.textContent));
const packets = (device) => gateway.rest('GET', `gw/devices/${device}/packets`);

async function open(device, options = {}) {
	const page = await browser.open(gateway, `#/devices/${device}/messages`, options);
	await logs(page).waitFor();
	await live(page);
	return page;
}

test('what happens is told live, with how bad it is, and can be filtered', async () => {
	const page = await open(talks);
	await logs(page).getByText('item created over REST').waitFor();
	const tracker = new Tracker(gateway);
	await tracker.send(v1(ident(0), now));
	await logs(page).getByText('device connected').waitFor();
	await tracker.send(`*HQ,${ident(0)},V1,bad#`);
	await logs(page).getByText(/too_short/).waitFor();
	await gateway.rest('POST', `gw/devices/${talks}/commands-queue`, [{ name: 'custom', properties: { payload: 'D1,130305,60' }, ttl: 600 }]);
	await logs(page).getByText('command sent to the device').waitFor();
	await gateway.rest('PUT', `gw/devices/${talks}`, { name: 'Lorry' });
	await logs(page).getByText('item changed over REST').waitFor();
	await shot(page, 'logs');
	assert.deepEqual(await axe(page), []);

	await page.getByRole('combobox', { name: 'Severity' }).selectOption('error');
	await until(async () => (await lines(logs(page))).length === 1, 'errors alone');
	assert.match((await lines(logs(page)))[0], /error.*could not be processed.*V1 has 4 fields/);
	await page.getByRole('combobox', { name: 'Severity' }).selectOption('');
	await page.getByRole('combobox', { name: 'Kind' }).selectOption('commands');
	await until(async () => (await lines(logs(page))).length === 2, 'commands alone');
	await page.getByRole('combobox', { name: 'Kind' }).selectOption('changes');
	await logs(page).getByText('item changed over REST').click();
	const entry = page.getByRole('dialog', { name: 'item changed over REST' });
	assert.match(await entry.getByRole('row', { name: /name/ }).first().textContent(), /name"Truck 1"→"Lorry"/);
	assert.equal(JSON.parse(await entry.locator('pre').textContent()).event_code, 2);
	await shot(page, 'log-entry');
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Escape');
	await page.getByRole('combobox', { name: 'Kind' }).selectOption('');
	tracker.close();
	await logs(page).getByText('device disconnected').waitFor();
	assert.deepEqual(page.faults, []);
});

test('entries that repeat are one with a count', async () => {
	const tracker = new Tracker(gateway);
	for (let i = 0; i < 40; i++) await tracker.send(`*HQ,${ident(1)},V1,bad${i}#`);
	await until(async () => (await packets(noisy)).map((p) => atob(p.data ?? '')).join('').includes('bad39'), 'the last one');
	const page = await open(noisy);
	await logs(page).getByText(/too_short/).first().waitFor();
	await gateway.stop(); // what is counted for a minute is written
	await gateway.start();
	await logs(page).getByText(/^× \d+$/).waitFor();
	const logged = await gateway.rest('GET', `gw/devices/${noisy}/logs`);
	await until(async () => (await lines(logs(page))).length === logged.length, 'each entry once');
	tracker.close();
	assert.deepEqual(page.faults, []);
});

test('a refused frame leads to its packet; traffic is shown as text and as hex, and goes on', async () => {
	const tracker = new Tracker(gateway);
	const text = v1(ident(0), now - 1);
	await tracker.send(text);
	await until(() => tracker.answer.includes('#'), 'an answer');
	await tracker.send('\x01\x02nonsense\r\n');
	await until(async () => (await packets(talks)).some((p) => atob(p.data ?? '').includes('nonsense')), 'the packet');
	const page = await open(talks, { colorScheme: 'dark' });
	await logs(page).getByText(/junk.*nonsense/).first().click();
	await page.getByRole('button', { name: 'Show the packet' }).click();
	const packet = page.getByRole('region', { name: 'Packet' });
	assert.equal(await packet.locator('pre').textContent(), '\\x01\\x02nonsense\\r\\n');
	const current = traffic(page).locator('[aria-selected=true]');
	assert.match(await current.textContent(), /received.*12.*nonsense/);
	await page.getByLabel('Hex', { exact: true }).check();
	assert.equal((await packet.locator('pre').textContent()).trim(), '0000 01 02 6e 6f 6e 73 65 6e 73 65 0d 0a             ..nonsense..');
	await shot(page, 'traffic');
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('Hex', { exact: true }).uncheck();

	await until(async () => (await lines(traffic(page))).length === (await packets(talks)).length, 'each packet once');
	await tracker.send(`*HQ,${ident(0)},HTBT,66#`);
	await traffic(page).getByText(`*HQ,${ident(0)},HTBT,66#`).first().waitFor();
	await until(async () => (await lines(traffic(page))).some((line) => /sent.*HTBT,66#/.test(line)), 'the answer');

	// the packet of the message that is looked at is marked
	await page.getByRole('grid', { name: 'Messages' }).getByText('HTBT').first().click();
	await until(async () => /HTBT,66#/.test((await traffic(page).locator('.of-message').textContent().catch(() => '')) ?? ''), 'the mark');
	tracker.close();
	assert.deepEqual(page.faults, []);
});
