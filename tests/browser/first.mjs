// The first minute: somebody who has a gateway and no device yet.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, shot, until } from './harness.mjs';

const gateway = new Gateway();
gateway.listen = '0.0.0.0:0'; // as `make run` does
const browser = new Browser();
const sockets = [];
before(() => Promise.all([gateway.start(), browser.start()]));
after(() => Promise.all([...sockets.map((s) => s.destroy()), gateway.close(), browser.close()]));

/** A tracker's connection; what it says are frames without their head and end. */
function tracker(ident) {
	const socket = connect(gateway.port, '127.0.0.1');
	sockets.push(socket);
	return (words) => socket.write(`*HQ,${ident},${words}#`);
}

/** A position of this moment. */
function v1(knots, status = 'FFFFFBFF') {
	const now = new Date().toISOString();
	const time = now.slice(11, 19).replaceAll(':', '');
	const date = now.slice(8, 10) + now.slice(5, 7) + now.slice(2, 4);
	return `V1,${time},A,2240.55181,N,11358.32389,E,${knots},180,${date},${status}`;
}

const third = (page) => page.getByRole('region', { name: /Register it when it calls/ });

test('the words for a tracker follow the address, the model and the password that were chosen', async () => {
	const page = await browser.open(gateway, '#/add');
	const address = page.getByLabel('Address for trackers');
	await until(async () => new RegExp(`:${gateway.port}$`).test(await address.textContent()), 'the port');
	await page.getByText(/TCP port \d+|private network|this machine alone/).first().waitFor();
	await page.getByLabel('Or the host name').fill('gps.example.com');
	assert.equal(await address.textContent(), `gps.example.com:${gateway.port}`);
	await page.getByText(`adminip123456 gps.example.com ${gateway.port}`, { exact: true }).waitFor();
	await page.getByLabel('Model').selectOption({ label: 'Cantrack G06L' });
	await page.getByText(`adminip654321 gps.example.com ${gateway.port}`, { exact: true }).waitFor();
	await page.getByLabel('Its password').fill('246810');
	await page.getByLabel('APN of the SIM card').fill('iot.example');
	await page.getByText(`adminip246810 gps.example.com ${gateway.port}`, { exact: true }).waitFor();
	await page.getByText('apn246810 iot.example', { exact: true }).waitFor();
	await page.getByLabel('Or the host name').fill('gps.example.com:6000');
	await page.getByText('adminip246810 gps.example.com 6000', { exact: true }).waitFor();
	await page.getByLabel('Or the host name').fill('gps.example.com');
	await page.getByRole('button', { name: 'From another server' }).click();
	await page.getByText('takes an IPv4 address').waitFor();
	await page.getByLabel('Or the host name').fill('192.168.7.10');
	await page.getByText(/^S23,\d{6},192,168,7,10,\d+$/).waitFor();
	await page.getByText('192.168.7.10 is an address of a private network').waitFor();
	await page.getByLabel('Model').selectOption({ label: 'Cantrack GF50' });
	await page.getByText('know no such command').waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a tracker that nobody knows appears, is registered with a click, and moves', async () => {
	const page = await browser.open(gateway);
	await page.getByRole('heading', { name: 'your first tracker' }).waitFor();
	await third(page).getByText('Listening').waitFor();
	await shot(page, 'first-empty');
	assert.deepEqual(await axe(page), []);

	const say = tracker('865205030330012');
	say(v1('10.00'));
	await third(page).getByText('865205030330012', { exact: true }).waitFor();
	await page.getByRole('status').filter({ hasText: 'A new tracker speaks: 865205030330012' }).waitFor();
	await third(page).getByText('belongs to no device yet').waitFor();
	const name = page.getByLabel('Name of 865205030330012');
	assert.equal(await name.inputValue(), 'Tracker 0012');
	await name.fill('Truck 7');
	await shot(page, 'first-waiting');
	await page.getByRole('button', { name: 'Register 865205030330012' }).click();
	const messages = third(page).getByRole('link', { name: 'See its messages' });
	await messages.waitFor();
	const [device] = await gateway.rest('GET', 'gw/devices/all');
	assert.equal(device.name, 'Truck 7');
	assert.equal(await messages.getAttribute('href'), `#/devices/${device.id}/messages`);
	say(v1('20.00'));
	await third(page).getByText('2 messages').waitFor();

	await page.getByRole('link', { name: 'See the device' }).click();
	const row = page.getByRole('row', { name: /Truck 7/ });
	await row.getByText('37 km/h').waitFor();
	assert.equal(await row.getByText('%').count(), 0);
	say(v1('50.00'));
	say('HTBT,87');
	await row.getByText('93 km/h').waitFor();
	await row.getByText('87 %').waitFor();
	await row.getByText(/22\.6759, 113\.9721/).waitFor();
	await page.getByRole('button', { name: 'Moving 1' }).waitFor();
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('the simulated fleet is started with the line that is shown, and registered at once', async () => {
	const page = await browser.open(gateway, '#/add', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
	await page.getByRole('button', { name: 'No tracker at hand', exact: true }).click();
	const line = await page.getByText('cantrack simulate').textContent();
	const [program, verb, to, place, ...rest] = line.split(' ');
	assert.deepEqual([program, verb, to, place], ['build/cantrack', 'simulate', '--to', `127.0.0.1:${gateway.port}`]);
	const fleet = gateway.simulate(...rest);
	await page.getByRole('button', { name: '10 trackers wait' }).click();
	await page.getByRole('button', { name: 'Register all' }).click();
	await until(async () => (await third(page).getByRole('link', { name: 'See its messages' }).count()) === 10, 'ten registered');
	await shot(page, 'first-phone-dark');
	assert.equal((await gateway.rest('GET', 'gw/devices/all?fields=id')).length, 11);
	assert.deepEqual(await axe(page), []);
	await fleet.stop();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});
