// Answers that come late, and a live door that opens late: what is older than what is known is no news, and nothing is
// done to who looks at something else by then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answer, Browser, frames, Gateway, hold, ident, until } from './harness.mjs';
import { Tracker, v1 } from './tracker.mjs';

const gateway = new Gateway();
const browser = new Browser();
const now = Math.floor(Date.now() / 1000);
let truck, other, quiet;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[truck, other, quiet] = await gateway.fleet(3);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const live = (page) => page.locator('.live.on').waitFor();
async function open(where, options) {
	const page = await browser.open(gateway, where, options);
	await live(page);
	return page;
}
/** Another view without loading the page anew. */
async function go(page, where) {
	await page.evaluate((hash) => (location.hash = hash), where);
	await frames(page);
}
/** The frame of a tracker, once it is stored. */
async function send(device, frame) {
	const stored = async () => (await gateway.rest('GET', `gw/devices/${device}/messages`)).length;
	const before = await stored();
	const tracker = new Tracker(gateway);
	await tracker.send(frame);
	await until(async () => (await stored()) > before, 'the message');
	tracker.close();
}

test('who has closed the window of a new device, or left one that is deleted, is not taken elsewhere', async () => {
	const page = await open('#/devices');
	await page.getByRole('button', { name: 'Add device' }).click();
	await page.getByRole('dialog').getByLabel('Ident').fill(ident(7));
	await page.getByRole('dialog').getByLabel('Name').fill('Newcomer');
	const made = await hold(page, /gw\/devices\?/, { method: 'POST' });
	await page.keyboard.press('Enter');
	await made.came();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	await answer(page, /gw\/devices\?/, made);
	await page.getByRole('link', { name: 'Newcomer' }).waitFor();
	assert.match(page.url(), /#\/devices$/);

	await page.getByRole('link', { name: 'Newcomer' }).click();
	await page.getByRole('link', { name: 'Settings' }).click();
	await page.getByRole('button', { name: 'Delete the device…' }).click();
	const gone = await hold(page, /gw\/devices\/\d+$/, { method: 'DELETE' });
	await page.getByRole('dialog').getByRole('button', { name: 'Delete the device' }).click();
	await gone.came();
	await go(page, '#/health');
	await answer(page, /gw\/devices\/\d+$/, gone);
	assert.match(page.url(), /#\/health$/);
	assert.deepEqual(page.faults, []);
});

test('the answer to a change is older than what was told since', async () => {
	const page = await open(`#/devices/${quiet}/settings`);
	await page.getByLabel('Name').fill('Mine');
	const { free, came } = await hold(page, /gw\/devices\/\d+\?/, { method: 'PATCH' });
	await page.getByRole('button', { name: 'Save' }).click();
	await came();
	await gateway.rest('PATCH', `gw/devices/${quiet}`, { name: 'Theirs' });
	await page.getByRole('heading', { name: 'Theirs' }).waitFor();
	free();
	await page.getByText('Saved').first().waitFor();
	await until(async () => (await page.getByLabel('Name').inputValue()) === 'Theirs', 'the name in the form');
	assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Theirs');
	assert.deepEqual(page.faults, []);
});

test('what was asked for before a change is older than its answer', async () => {
	const page = await open(`#/devices/${quiet}/settings`);
	await page.getByLabel('Name').waitFor();
	const own = new RegExp(`gw/devices/${quiet}\\?`);
	const later = await hold(page, own);
	const early = await hold(page, own, { times: 1 });
	await page.getByLabel('At most, MB').focus(); // the size is looked at
	await early.came();
	await page.getByLabel('Name').fill('Yard');
	await page.getByRole('button', { name: 'Save' }).click();
	await later.came(); // what the change makes it ask for
	await page.getByText('Saved').first().waitFor();
	await answer(page, own, early);
	assert.equal(await page.getByLabel('Name').inputValue(), 'Yard');
	later.free();
	assert.deepEqual(page.faults, []);
});

test('what is refused to who has gone elsewhere is told there', async () => {
	const page = await open(`#/devices/${quiet}/settings`);
	await page.getByLabel('Fuel is cut up to').fill('abc');
	const settings = await hold(page, /gw\/devices\/\d+\?/, { method: 'PATCH' });
	await page.getByRole('button', { name: 'Save' }).click();
	await settings.came();
	await go(page, `#/devices/${quiet}/commands`);
	settings.free();
	await page.getByText("The settings of Yard are not saved: configuration.fuel_cut_max_speed: 'abc' is no speed").waitFor();

	await page.getByText('Options').click();
	await page.getByLabel('Payload string').fill('D1,130305,60');
	await page.getByLabel('Condition').fill('position.speed<');
	const command = await hold(page, /commands-queue/, { method: 'POST' });
	await page.getByRole('button', { name: 'Put into the queue' }).click();
	await command.came();
	await go(page, '#/health');
	command.free();
	await page.getByText(/^Custom command: .*column 16: a value is expected/).waitFor();
	assert.deepEqual(page.faults, []);
});

test('a filter that is refused says nothing of the one that was typed since', async () => {
	const page = await open(`#/devices/${truck}/messages`);
	const box = page.getByRole('combobox', { name: 'Filter expression' });
	const check = /from%22%3A4000000000/;
	const held = await hold(page, check);
	await box.fill('position.speed>)');
	await page.keyboard.press('Enter');
	await held.came();
	await box.fill('');
	await answer(page, check, held);
	assert.equal(await page.getByRole('alert').getByText(/^column/).count(), 0);
	assert.equal(await box.getAttribute('aria-invalid'), 'false');
	assert.deepEqual(page.faults, []);
});

test('a device that is granted is called by its name when the list is there', async () => {
	const page = await browser.open(gateway, '#/tokens');
	const { free, came } = await hold(page, /gw\/devices\/all\?/);
	await page.reload();
	await came();
	await page.getByRole('button', { name: 'New token' }).click();
	const dialog = page.getByRole('dialog', { name: 'New token' });
	await dialog.getByRole('button', { name: 'Live map only' }).click();
	await dialog.getByLabel('Which ones').fill(String(truck));
	await frames(page);
	free();
	await dialog.getByText('Truck 1').waitFor();
	assert.deepEqual(page.faults, []);
});

test('a device that speaks while the list is read was heard', async () => {
	const page = await browser.open(gateway, '#/channels/1/messages');
	const { free, came } = await hold(page, /gw\/devices\/all\?/);
	await page.reload();
	await came();
	await live(page);
	await send(quiet, v1(ident(2), now - 2));
	await page.getByRole('grid', { name: 'Messages' }).getByText(ident(2)).waitFor();
	await frames(page);
	free();
	await go(page, '#/devices');
	await page.getByRole('row', { name: new RegExp(ident(2)) }).getByRole('img', { name: 'online' }).waitFor();
	assert.deepEqual(page.faults, []);
});
