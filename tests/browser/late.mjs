// Answers that come late, and a live door that opens late: what is older than what is known is no news, and nothing is
// done to who looks at something else by then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answer, Browser, frames, Gateway, go, hold, ident, live, until } from './harness.mjs';
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

async function open(where, options) {
	const page = await browser.open(gateway, where, options);
	await live(page);
	return page;
}
/** Another view, as it is painted. */
async function goTo(page, where) {
	await go(page, where);
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

const queue = 'gw/devices/1/commands-queue';
/** where: [what is there before the live door is open, what happens then, what is to be seen of it] */
const GAPS = {
	'#/channels': ['cantrack', () => gateway.rest('PATCH', 'gw/channels/1', { name: 'Harbour' }), 'Harbour'],
	'#/tokens': ['There is no token beside', () => gateway.rest('POST', 'platform/tokens', { info: 'Gate', ttl: 600, access: { type: 0 } }), 'Gate'],
	'#/devices/1/settings': ['They take 0 B of disk', () => gateway.rest('PATCH', 'gw/devices/1', { metadata: { plate: 'AB 123' } }), '"plate": "AB 123"'],
	'#/devices/1/commands': ['No command of this device has ended yet', async () => {
		const [{ id }] = await gateway.rest('POST', queue, [{ name: 'custom', properties: { payload: 'D1,130305,60' }, ttl: 600 }]);
		await gateway.rest('DELETE', `${queue}/${id}`);
	}, 'taken out'],
	'#/channels/1/idents': ['Nobody has called yet', () => send(truck, v1(ident(0), now - 20)), ident(0)],
	'#/channels/1/messages': [ident(0), () => send(other, v1(ident(1), now - 10)), ident(1)],
};
/** What stands in the view, and in its boxes of text. */
const shown = (page) => page.getByRole('main').evaluate((el) => [el, ...el.querySelectorAll('textarea')].map((one) => one.value ?? one.textContent).join());

for (const [where, [first, happens, then]] of Object.entries(GAPS))
	test(`what happens before the live door is open is seen in ${where}`, async () => {
		const page = await browser.open(gateway, '#/health');
		const { free } = await hold(page, /assets\/mqtt/);
		await page.reload();
		await page.getByText('The gateway is well').waitFor();
		await goTo(page, where);
		await until(async () => (await shown(page)).includes(first), first);
		await happens();
		free();
		await until(async () => (await shown(page)).includes(then), then);
		assert.deepEqual(page.faults, []);
	});

test('what is told while the history of a channel is read stands above it, once', async () => {
	const page = await open('#/health');
	const { free, came } = await hold(page, /channels\/1\/messages/);
	await goTo(page, '#/channels/1/messages');
	await came();
	const rows = page.getByRole('grid', { name: 'Messages' }).getByRole('row');
	await send(other, v1(ident(1), now - 5));
	await rows.nth(1).getByText(ident(1)).waitFor();
	free();
	await until(async () => (await rows.count()) === 4, 'all three, and a head');
	const idents = await rows.evaluateAll((all) => all.slice(1).map((row) => row.querySelector('code').textContent));
	assert.deepEqual(idents, [ident(1), ident(1), ident(0)]);
	assert.deepEqual(page.faults, []);
});

test('a list of channels that is older than what was told is no news', async () => {
	const page = await open('#/health');
	const list = /channels\/all\?/;
	const held = await hold(page, list);
	await goTo(page, '#/channels');
	await held.came();
	await gateway.rest('PATCH', 'gw/channels/1', { name: 'Quay' });
	const names = page.getByRole('table', { name: 'Channels' }).locator('td.wide a');
	await names.getByText('Quay').waitFor();
	await answer(page, list, held);
	assert.deepEqual(await names.allTextContents(), ['Quay']);
	assert.deepEqual(page.faults, []);
});

test('who goes elsewhere before a channel was read is asked nothing there, and finds no window later', async () => {
	const page = await open('#/channels');
	for (const button of ['Edit Quay', 'Delete Quay']) {
		const one = /channels\/1\?.*messages_size/;
		const held = await hold(page, one);
		await page.getByRole('button', { name: button }).click();
		await held.came();
		await goTo(page, '#/health');
		await answer(page, one, held);
		assert.equal(await page.getByRole('dialog').count(), 0);
		await goTo(page, '#/channels');
		await page.getByRole('button', { name: button }).waitFor();
		assert.equal(await page.getByRole('dialog').count(), 0);
		await page.unrouteAll();
	}
	assert.deepEqual(page.faults, []);
});

test('a token that is made after its view was left shows no key to who comes later', async () => {
	const page = await open('#/tokens');
	await page.getByRole('button', { name: 'New token' }).click();
	await page.getByRole('dialog').getByLabel('What it is for').fill('Late');
	const held = await hold(page, /platform\/tokens$/, { method: 'POST' });
	await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
	await held.came();
	await goTo(page, '#/health');
	await answer(page, /platform\/tokens$/, held);
	await page.getByText('The token “Late” was made, but nobody was there to see its key').waitFor();
	await goTo(page, '#/tokens');
	await page.getByRole('row', { name: /Late/ }).waitFor();
	assert.equal(await page.getByRole('dialog').count(), 0);
	assert.deepEqual(page.faults, []);
});

test('the key of a new token stands above what is being typed by then', async () => {
	const page = await open('#/tokens');
	await page.getByRole('button', { name: 'New token' }).click();
	await page.getByRole('dialog').getByLabel('What it is for').fill('Above');
	const { free, came } = await hold(page, /platform\/tokens$/, { method: 'POST' });
	await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
	await came();
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: 'Edit Late' }).click();
	const name = page.getByRole('dialog', { name: 'Edit Late' }).getByLabel('What it is for');
	await name.fill('Later');
	free();
	const key = page.getByRole('dialog', { name: 'The key of “Above”' });
	await key.getByRole('button', { name: 'I have it' }).click();
	await key.waitFor({ state: 'detached' });
	assert.equal(await name.inputValue(), 'Later');
	assert.deepEqual(page.faults, []);
});

test('what was saved does not shut the window that was opened since', async () => {
	const page = await open('#/tokens');
	await page.getByRole('button', { name: 'Edit Late' }).click();
	const { free, came } = await hold(page, /platform\/tokens/, { method: 'PUT' });
	await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
	await came();
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: 'Edit Gate' }).click();
	const name = page.getByRole('dialog', { name: 'Edit Gate' }).getByLabel('What it is for');
	await name.fill('Gate 2');
	free();
	await page.getByText('The token is changed').waitFor();
	assert.equal(await name.inputValue(), 'Gate 2');
	assert.deepEqual(page.faults, []);
});

test('who has closed the window of a new device, or left one that is deleted, is not taken elsewhere', async () => {
	const page = await open('#/devices');
	await page.getByRole('button', { name: 'Add device' }).click();
	await page.getByRole('dialog').getByLabel('Ident').fill(ident(7));
	await page.getByRole('dialog').getByLabel('Name').fill('Newcomer');
	const made = await hold(page, /gw\/devices\?/, { method: 'POST' });
	await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click(); // when the models are there
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
	await goTo(page, '#/health');
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
	await goTo(page, `#/devices/${quiet}/commands`);
	settings.free();
	await page.getByText("The settings of Yard are not saved: configuration.fuel_cut_max_speed: 'abc' is no speed").waitFor();

	await page.getByText('Options').click();
	await page.getByLabel('Payload string').fill('D1,130305,60');
	await page.getByLabel('Condition').fill('position.speed<');
	const command = await hold(page, /commands-queue/, { method: 'POST' });
	await page.getByRole('button', { name: 'Put into the queue' }).click();
	await command.came();
	await goTo(page, '#/health');
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
	await goTo(page, '#/devices');
	await page.getByRole('row', { name: new RegExp(ident(2)) }).getByRole('img', { name: 'online' }).waitFor();
	assert.deepEqual(page.faults, []);
});
