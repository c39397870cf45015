// Channels: making one, a tracker that connects there, what is seen of it, changing and deleting it.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, live, shot, until } from './harness.mjs';

const gateway = new Gateway();
const browser = new Browser();
before(() => Promise.all([gateway.start(), browser.start()]));
after(() => Promise.all([gateway.close(), browser.close()]));

const open = async (where, options) => {
	const page = await browser.open(gateway, where, options);
	await live(page, { state: 'attached' });
	return page;
};

test('a channel is made on a free port, changed, refused at its field, and deleted', async () => {
	const page = await open('#/health');
	await page.getByRole('link', { name: 'Channels' }).click();
	await page.getByRole('button', { name: 'New channel' }).click();
	const dialog = page.getByRole('dialog', { name: 'New channel' });
	await dialog.getByLabel('Name', { exact: true }).fill('North');
	const address = dialog.getByLabel('Address', { exact: true });
	await address.fill('nowhere');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.getByText("'nowhere' is no numeric address").waitFor();
	assert.ok(await address.evaluate((el) => el === document.activeElement));
	await shot(page, 'channel-refused');
	assert.deepEqual(await axe(page), []);
	await address.fill('127.0.0.1');
	await dialog.getByLabel('Port', { exact: true }).fill('70000');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.getByText('It must be 0 to 65,535').waitFor();
	// a port that is taken is no fault of a field
	await dialog.getByLabel('Port', { exact: true }).fill(String(gateway.port));
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.getByRole('alert').getByText('cannot listen on port').waitFor();
	await dialog.getByLabel('Port', { exact: true }).fill('0');
	await dialog.getByText('Who may come in').click();
	await dialog.getByLabel('Blocked idents').fill('999*\n130306');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.waitFor({ state: 'detached' });
	const row = page.getByRole('row', { name: /North/ });
	await row.getByText(/^127\.0\.0\.1:\d+$/).waitFor();
	const FIELDS = 'fields=id,name,enabled,messages_ttl,configuration,metadata';
	await gateway.rest('PATCH', 'gw/channels/name=North', { metadata: { site: 'north' } });
	const [made] = await gateway.rest('GET', `gw/channels/name=North?${FIELDS}`);
	assert.deepEqual(made.configuration.blocked_idents, ['999*', '130306']);
	await page.getByRole('button', { name: 'Edit North' }).click();
	const edit = page.getByRole('dialog', { name: 'Edit North' });
	const keep = edit.getByLabel('Keep messages for', { exact: true });
	await keep.fill('40');
	await edit.getByRole('button', { name: 'Save' }).click();
	await edit.getByText('It must be 0 to 30 d').waitFor();
	await keep.fill('');
	await keep.pressSequentially('1.5');
	await edit.getByText('Other', { exact: true }).click();
	assert.equal(await edit.getByLabel('Your own data').inputValue(), '{"site":"north"}');
	await edit.getByLabel('Your own data').fill('');
	await edit.getByRole('button', { name: 'Save' }).click();
	await edit.waitFor({ state: 'detached' });
	const [saved] = await gateway.rest('GET', `gw/channels/${made.id}?${FIELDS}`);
	assert.deepEqual(saved, { ...made, messages_ttl: 1.5 * 86400, metadata: {} });
	await page.getByRole('button', { name: 'Edit North' }).press('Enter');
	await edit.waitFor();
	await page.mouse.click(5, 5); // beside it: nothing that was typed is lost
	await edit.getByLabel('Name', { exact: true }).press('Escape');
	await edit.waitFor({ state: 'detached' });
	assert.ok(await page.getByRole('button', { name: 'Edit North' }).evaluate((el) => el === document.activeElement));
	await row.getByRole('switch').click();
	await row.getByText('does not listen').waitFor();
	await page.getByRole('button', { name: 'Delete North' }).click();
	const ask = page.getByRole('dialog', { name: 'Delete the channel “North”?' });
	await ask.waitFor();
	await page.goBack(); // who goes elsewhere has said no
	await ask.waitFor({ state: 'detached' });
	await page.goForward();
	await page.getByRole('button', { name: 'Delete North' }).click();
	await ask.getByText('are lost').waitFor();
	await ask.getByRole('button', { name: 'Delete' }).click();
	await row.waitFor({ state: 'detached' });
	assert.equal((await gateway.rest('GET', 'gw/channels/all')).length, 1);
	assert.deepEqual(page.faults, []);
});

test('a tracker that comes is seen: figures, connection, ident, messages, logs', async () => {
	const page = await open('#/channels/1');
	await page.getByText('No tracker is connected').waitFor();
	const tracker = connect(gateway.port, '127.0.0.1');
	tracker.on('error', () => undefined);
	const closed = new Promise((done) => tracker.once('close', done));
	const say = (text) => tracker.write(`*HQ,130305,${text}#`);
	say('HTBT');
	const connection = page.getByRole('row', { name: /130305/ });
	await connection.waitFor();
	const power = page.getByRole('switch', { name: 'cantrack listens' });
	await power.press('Space');
	await page.getByRole('dialog').getByText('One tracker is disconnected').waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	assert.ok(await power.evaluate((el) => el === document.activeElement && el.checked));
	const speaks = setInterval(() => say('V1,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFBFF'), 100);
	const rate = page.getByRole('group', { name: 'Messages/s' }).locator('strong');
	await until(async () => Number(await rate.textContent()) > 2, 'the rate moves');
	say('V1,145452'); // too short
	await until(async () => (await page.getByRole('group', { name: 'Refused frames' }).locator('strong').textContent()) === '1', 'the refused frame');
	await shot(page, 'channel-connections');
	await page.getByRole('link', { name: 'Idents' }).click();
	await page.getByRole('button', { name: 'Register 130305' }).click();
	await page.getByRole('row', { name: /130305/ }).getByRole('link', { name: '130305' }).waitFor();
	const messages = page.getByRole('row', { name: /130305/ }).getByRole('gridcell').nth(2);
	const before = Number(await messages.textContent());
	await until(async () => Number(await messages.textContent()) > before, 'the count of its messages');
	await shot(page, 'channel-idents');
	await page.getByRole('link', { name: 'Messages' }).click();
	const lines = page.getByRole('grid', { name: 'Messages' });
	await lines.getByText('V1').first().waitFor();
	await page.getByRole('button', { name: 'Pause' }).click();
	await page.getByText(/Paused\. \d+ messages have come/).waitFor();
	const paused = Number(await lines.getAttribute('aria-rowcount'));
	await page.getByRole('button', { name: 'Go on' }).click();
	await until(async () => Number(await lines.getAttribute('aria-rowcount')) > paused, 'it goes on');
	await shot(page, 'channel-messages');
	assert.deepEqual(await axe(page), []);
	await page.getByRole('link', { name: 'Logs' }).click();
	await page.getByText('V1 has 4 fields').waitFor();
	await page.getByRole('link', { name: 'Connections' }).click();
	await page.getByRole('button', { name: 'Close the connection of 130305' }).click();
	await closed;
	clearInterval(speaks);
	await page.getByText('No tracker is connected').waitFor();
	await page.getByRole('link', { name: 'Logs' }).click();
	await page.getByText('closed over REST').waitFor();
	await shot(page, 'channel-logs');
	assert.deepEqual(page.faults, []);
});

test('what came while the connection was lost is read, and the tail goes on', async () => {
	const page = await open('#/channels/1/messages');
	const say = (hour) => {
		const tracker = connect(gateway.port, '127.0.0.1');
		tracker.on('error', () => undefined);
		tracker.write(`*HQ,130305,V1,${hour}0000,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFBFF#`);
		return tracker;
	};
	const lines = page.getByRole('grid', { name: 'Messages' });
	const first = say('01');
	await lines.getByText('2015-08-10 03:00:00').waitFor();
	await gateway.stop();
	await page.getByText('The connection to the gateway is lost').waitFor();
	await gateway.start();
	const second = say('02');
	await until(async () => (await gateway.rest('GET', 'gw/channels/1/messages?reverse=true&count=1'))[0].timestamp === 1439172000, 'the message');
	await lines.getByText('2015-08-10 04:00:00').waitFor();
	assert.equal(await lines.getByText('2015-08-10 03:00:00').count(), 1);
	for (const one of [first, second]) one.destroy();
	assert.deepEqual(page.faults, []);
});

test('the list and a channel fit a phone, in the dark', async () => {
	const page = await open('#/channels', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
	await page.getByRole('link', { name: 'cantrack', exact: true }).and(page.locator('td a')).waitFor();
	assert.deepEqual(await axe(page), []);
	await shot(page, 'channels-phone');
	await page.locator('td a').click();
	await page.getByRole('group', { name: 'Messages/s' }).waitFor();
	await shot(page, 'channel-phone');
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	assert.deepEqual(page.faults, []);
});
