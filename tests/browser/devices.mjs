// Thousands of devices in one list, what is done to many of them, and the settings of one.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, ident, shot, until } from './harness.mjs';

const COUNT = 5000;
const YEAR = 31536000;
const gateway = new Gateway(['--retention-seconds', '1', '--settle-seconds', '1']);
const browser = new Browser();
let ids;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	ids = await gateway.fleet(COUNT);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const rows = (page) => page.locator('.grid-row');
const names = (page) => page.locator('.grid-row .name-link').allTextContents();
const count = async (page, name) => page.getByRole('button', { name }).waitFor();

/** The list, when all devices are in it. */
async function open(options) {
	const page = await browser.open(gateway, '#/devices', options);
	await count(page, `All ${COUNT.toLocaleString('en')}`);
	return page;
}

test('5,000 devices: scrolled, searched and sorted with mouse and keys, in a hundred rows', async () => {
	const page = await open();
	const grid = page.getByRole('grid', { name: 'Devices' });
	await page.getByRole('row', { name: /Truck 1 / }).waitFor();
	assert.equal(await grid.getAttribute('aria-rowcount'), String(COUNT + 1));
	await grid.evaluate((el) => (el.scrollTop = el.scrollHeight / 2));
	await page.getByText('Truck 2500', { exact: true }).waitFor();
	assert.ok((await rows(page).count()) < 100);
	// another one above them does not move what somebody looks at
	const place = async () => (await page.getByText('Truck 2500', { exact: true }).boundingBox()).y;
	const before = await place();
	const [{ id }] = await gateway.rest('POST', 'gw/devices', [{ name: 'A first one', device_type_id: 1, configuration: { ident: '5' } }]);
	await until(async () => (await grid.getAttribute('aria-rowcount')) === String(COUNT + 2), 'one more');
	assert.equal(await place(), before);
	await gateway.rest('DELETE', `gw/devices/${id}`);
	await count(page, 'All 5,000');

	await page.keyboard.press('/');
	await page.keyboard.type('truck 77');
	await page.getByText('95 found').waitFor();
	await until(async () => (await names(page)).every((name) => name.includes('77')), 'the search');
	assert.equal(await grid.evaluate((el) => el.scrollTop), 0); // the first ones that were found
	await page.keyboard.press('ArrowDown');
	assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid');
	await page.keyboard.press('End');
	await page.getByText('Truck 4977', { exact: true }).waitFor();
	await page.keyboard.press('/');
	await page.keyboard.type(ident(41));
	await page.keyboard.press('Enter');
	await page.getByText('1 found').waitFor();
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Truck 42', exact: true }).waitFor();
	assert.match(page.url(), new RegExp(`#/devices/${ids[41]}$`));
	await page.goBack();
	await page.getByText('1 found').waitFor(); // as it was left
	await page.keyboard.press('/');
	await page.keyboard.press('Escape');
	await page.getByText('Truck 2', { exact: true }).waitFor();
	await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
	await until(async () => (await names(page))[0] === `Truck ${COUNT}`, 'the other direction');
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('what a tracker does is seen in its row, which stays where it is', async () => {
	const page = await open();
	await page.getByRole('columnheader', { name: 'Last seen' }).getByRole('button').click();
	const before = await names(page);
	const row = page.getByRole('row', { name: /Truck 7 / });
	await row.getByRole('img', { name: 'no data' }).waitFor();
	await page.mouse.move(700, 400);
	const socket = connect(gateway.port, '127.0.0.1');
	const drive = (day, time) => socket.write(`*HQ,${ident(6)},V1,${time},A,2240.55181,N,11358.32389,E,30.00,180,${day},FFFFFBFF#*HQ,${ident(6)},HTBT,64#`);
	drive('100820', '120000');
	await row.getByText('56 km/h').waitFor();
	await count(page, 'Moving 0'); // a speed of years ago is none of now
	const [, year, month, day, time] = /^..(..)-(..)-(..)T(.{8})/.exec(new Date().toISOString());
	drive(day + month + year, time.replaceAll(':', ''));
	await count(page, 'Moving 1');
	await row.getByRole('img', { name: 'online' }).waitFor();
	await row.getByText('56 km/h').waitFor();
	await row.getByText('64 %').waitFor();
	await count(page, 'Online 1');
	assert.deepEqual(await names(page), before);
	await page.getByRole('columnheader', { name: 'Last seen' }).getByRole('button').click();
	await page.getByRole('columnheader', { name: 'Last seen' }).getByRole('button').click();
	await until(async () => (await names(page))[0] === 'Truck 7', 'sorted anew');
	await page.getByRole('button', { name: 'Moving 1' }).click();
	await page.mouse.move(700, 300);
	await until(async () => (await rows(page).count()) === 1, 'only what moves');
	await shot(page, 'devices-moving');
	socket.destroy();
	await until(async () => !(await gateway.rest('GET', `gw/devices/${ids[6]}?fields=connected`))[0].connected, 'the end of the connection');
	await row.getByRole('img', { name: 'online' }).waitFor(); // trackers hang up, and call again
	await page.evaluate(() => {
		const { now } = Date;
		Date.now = () => now() + 601_000;
	});
	await count(page, 'Online 0');
	await page.getByText('No device is like that').waitFor();
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Offline 1' }).click();
	await row.getByRole('img', { name: 'offline' }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('many devices keep their messages for another time: with progress, and an end in between', async () => {
	const page = await open({ colorScheme: 'dark' });
	await page.getByRole('checkbox', { name: 'Select all that are shown' }).check();
	await page.getByText('5,000 selected').waitFor();
	await page.getByRole('button', { name: 'Keep messages' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByText('Now: 1 year.').waitFor();
	await dialog.getByLabel('Messages are kept for').selectOption('30 days');
	await dialog.getByText('5,000 devices will keep less').waitFor();
	await shot(page, 'devices-keep-dark');
	assert.deepEqual(await axe(page), []);
	// the third piece is held back until somebody has cancelled
	let go;
	const held = new Promise((done) => (go = done));
	let pieces = 0;
	await page.route('**/gw/devices/*', async (route) => {
		if (route.request().method() === 'PATCH' && ++pieces === 3) await held;
		await route.continue();
	});
	await dialog.getByRole('button', { name: 'Change 5,000 devices' }).click();
	const job = page.getByLabel('Work in progress');
	await job.getByText('200 of 5,000').waitFor();
	assert.equal(await job.getByRole('progressbar').getAttribute('value'), '0.04');
	await job.getByRole('button', { name: 'Cancel' }).click();
	go();
	await dialog.getByText('300 of 5,000 devices have the new time').waitFor();
	const changed = () => gateway.rest('GET', `gw/devices/messages_ttl=${30 * 86400}?fields=id`).catch(() => []);
	assert.equal((await changed()).length, 300);
	await dialog.getByRole('button', { name: 'Put them back' }).click();
	await until(async () => (await changed()).length === 0, 'as before');
	await page.getByText('300 of 300 are as before').waitFor();
	await page.unroute('**/gw/devices/*');

	await page.getByRole('button', { name: 'Keep messages' }).click();
	await dialog.getByLabel('Messages are kept for').selectOption('another time …');
	await dialog.getByLabel('Number').fill('45');
	await dialog.getByLabel('Unit').selectOption('days');
	await dialog.getByRole('button', { name: 'Change 5,000 devices' }).click();
	await job.waitFor({ state: 'hidden', timeout: 120_000 }); // fifty requests, one after the other
	await page.getByText('5,000 devices keep their messages for 45 days').waitFor();
	assert.equal((await gateway.rest('GET', `gw/devices/messages_ttl=${45 * 86400}?fields=id`)).length, COUNT);

	// the gateway is lost on the way
	pieces = 0;
	await page.route('**/gw/devices/*', (route) => (route.request().method() === 'PATCH' && ++pieces === 3 ? route.abort() : route.continue()));
	await page.getByRole('button', { name: 'Keep messages' }).click();
	await dialog.getByLabel('Messages are kept for').selectOption('30 days');
	await dialog.getByRole('button', { name: 'Change 5,000 devices' }).click();
	await page.getByText('200 devices keep their messages for 30 days').waitFor();
	await page.getByText('4,800 were left out: the gateway cannot be reached').waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('devices are selected with shift, deleted after a question, and added with the gateway’s word on it', async () => {
	const page = await open();
	await page.getByLabel('Search name or ident').fill('truck 499');
	await page.getByText('15 found').waitFor();
	await page.getByRole('checkbox', { name: 'Select Truck 4990' }).click();
	await page.getByRole('checkbox', { name: 'Select Truck 4992' }).click({ modifiers: ['Shift'] });
	await page.getByText('3 selected').waitFor();
	// the keys go on from the row that was clicked, and what is out of sight is told
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Space');
	await page.getByText('4 selected').waitFor();
	await page.keyboard.press('/');
	await page.keyboard.type('truck 4992');
	await page.getByText('4 selected, 3 of them not shown').waitFor();
	// a range begins at the row that was checked last, wherever that is by now
	await page.getByLabel('Search name or ident').fill('truck 499');
	await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
	await until(async () => (await names(page))[0] === 'Truck 4999', 'the other direction');
	await page.getByRole('checkbox', { name: 'Select Truck 4995' }).click({ modifiers: ['Shift'] });
	await page.getByText('6 selected').waitFor();
	await page.getByRole('button', { name: 'Select none' }).click();
	await until(() => page.evaluate(() => document.activeElement.getAttribute('role') === 'grid'), 'the focus in the list');
	await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
	await page.getByRole('checkbox', { name: 'Select Truck 4990' }).click();
	await page.getByRole('checkbox', { name: 'Select Truck 4992' }).click({ modifiers: ['Shift'] });
	await page.getByRole('button', { name: 'Delete' }).click();
	await page.getByRole('dialog').getByText('Truck 4990, Truck 4991, Truck 4992').waitFor();
	await page.getByRole('button', { name: 'Delete 3 devices' }).click();
	await page.getByText('12 found').waitFor();
	await count(page, 'All 4,997');

	await page.getByRole('button', { name: 'Add device' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Ident').fill(ident(0));
	await dialog.getByLabel('Name').fill('Truck 4990');
	await dialog.getByRole('button', { name: 'Add' }).and(page.locator(':enabled')).waitFor(); // the models are there
	await page.keyboard.press('Enter');
	await dialog.getByText(`ident ${ident(0)} belongs to device ${ids[0]} already`).waitFor();
	assert.deepEqual(await axe(page), []);
	await dialog.getByLabel('Ident').fill(ident(4989));
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Truck 4990' }).waitFor();
	await page.goBack();
	await count(page, 'All 4,998');
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('settings are changed, refused with a sentence at the field, and take back what is discarded', async () => {
	const page = await browser.open(gateway, `#/devices/${ids[0]}/settings`);
	await page.getByLabel('Name').fill('Van 1');
	await page.getByLabel('Fuel is cut up to').fill('abc');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByText("'abc' is no speed of 0..999 km/h").waitFor();
	await page.getByLabel('Fuel is cut up to').fill('30');
	await page.getByLabel('JSON').fill('{"plate": "AB 123"');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByText('This is no JSON').waitFor();
	await shot(page, 'settings');
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('JSON').fill('{"plate": "AB 123"}');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('heading', { name: 'Van 1' }).waitFor();
	const [device] = await gateway.rest('GET', `gw/devices/${ids[0]}?fields=name,configuration,metadata`);
	assert.deepEqual([device.name, device.configuration.fuel_cut_max_speed, device.metadata], ['Van 1', '30', { plate: 'AB 123' }]);
	// who looks at something else loses nothing
	await page.getByLabel('Ident').fill('1');
	await page.getByRole('link', { name: 'Map', exact: true }).click();
	await page.locator('.fleet-map').waitFor();
	await page.goBack();
	await until(async () => (await page.getByLabel('Ident').inputValue()) === '1', 'what was typed');
	await page.getByRole('button', { name: 'Discard' }).click();
	assert.equal(await page.getByLabel('Ident').inputValue(), ident(0));
	// what is typed while the gateway takes its time stays
	let go;
	const held = new Promise((done) => (go = done));
	await page.route('**/gw/devices/*', (route) => held.then(() => route.continue()));
	await page.getByLabel('Name').fill('Van 2');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByLabel('Phone number').fill('+49151');
	const saved = page.waitForResponse((response) => response.request().method() === 'PATCH');
	go();
	await saved;
	await page.getByRole('heading', { name: 'Van 2' }).waitFor();
	await page.getByRole('button', { name: 'Save' }).click();
	await until(async () => (await gateway.rest('GET', `gw/devices/${ids[0]}?fields=configuration`))[0].configuration.phone === '+49151', 'the phone number');
	await page.unroute('**/gw/devices/*');

	const socket = connect(gateway.port, '127.0.0.1');
	socket.write(`*HQ,${ident(0)},HTBT,64#`);
	await page.getByRole('button', { name: /Close the connection from 127/ }).click();
	const closed = new Promise((done) => socket.once('close', done));
	socket.resume();
	await page.getByRole('button', { name: 'Close the connection', exact: true }).click();
	await closed;
	await page.getByText('Its tracker is not connected').waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a device that is to keep less: what goes is counted before, its disk watched, and cancelling restores', async () => {
	const id = ids[1];
	await gateway.post(id, Array.from({ length: 30 }, (_, i) => ({ timestamp: 1700000000 + i, 'position.speed': i })));
	const size = async () => (await gateway.rest('GET', `gw/devices/${id}?fields=messages_size`))[0].messages_size;
	const ttl = async () => (await gateway.rest('GET', `gw/devices/${id}?fields=messages_ttl`))[0].messages_ttl;
	await until(size, 'the history');
	const old = await ttl();
	const page = await browser.open(gateway, `#/devices/${id}/settings`, { viewport: { width: 390, height: 844 } });
	const keepNone = async () => {
		await page.getByLabel('Messages are kept for').selectOption('no time at all');
		await page.getByRole('button', { name: 'Save' }).click();
	};
	await keepNone();
	await page.getByRole('dialog').getByText('30 messages will go, the oldest of 2023-11-14 23:13:20').waitFor();
	await shot(page, 'settings-less-phone');
	assert.deepEqual(await axe(page), []);
	await page.getByRole('button', { name: 'Cancel' }).click();
	assert.equal(await ttl(), old);
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByRole('button', { name: 'Keep less' }).click();
	await page.getByText(/of disk were freed, 0 B are in use/).waitFor();
	assert.equal(await size(), 0);
	assert.equal(await ttl(), 0);

	await page.getByLabel('Messages are kept for').selectOption('1 year');
	await page.getByRole('button', { name: 'Save' }).click();
	await until(async () => (await ttl()) === YEAR, 'a year');
	await gateway.post(id, [{ timestamp: 1700000000, 'position.speed': 1 }]);
	await until(size, 'the history');
	await page.reload();
	// what the disk holds is not told as less: the work goes on until somebody cancels
	await page.route('**/gw/devices/*?fields=messages_size', (route) => route.fulfill({ json: { result: [{ messages_size: 1e9 }] } }));
	await keepNone();
	await page.getByRole('button', { name: 'Keep less' }).click();
	await page.getByLabel('Work in progress').getByRole('button', { name: 'Cancel' }).click();
	await page.getByText('Messages are kept for 1 year again').waitFor();
	assert.equal(await ttl(), YEAR);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a limit of disk asks when something goes, and is refused at its field when it is too large', async () => {
	const id = ids[2];
	const read = async (name) => (await gateway.rest('GET', `gw/devices/${id}?fields=${name}`))[0][name];
	const page = await browser.open(gateway, `#/devices/${id}/settings`);
	const limit = page.getByLabel('At most, MB');
	const dialog = page.getByRole('dialog', { name: 'Keep fewer messages?' });
	await page.getByText('They take 0 B of disk').waitFor();
	await gateway.post(id, Array.from({ length: 1000 }, (_, i) => ({ timestamp: 1700000000 + i, 'position.speed': Math.random() })));
	await until(() => read('messages_size'), 'the history');
	const save = async (text) => {
		await limit.fill(text);
		await page.getByRole('button', { name: 'Save' }).click();
	};
	await save('99999999999999999999');
	await page.getByText('At most 1,073,741,824 MB can be set').waitFor();
	await page.getByText(/They take .* KB of disk/).waitFor(); // it has grown since the page was opened
	assert.equal(await limit.getAttribute('aria-invalid'), 'true');
	assert.equal(await dialog.count(), 0);
	assert.equal(await read('messages_rotate'), 0);
	await save('100');
	await until(async () => (await read('messages_rotate')) === 100 * 1048576, '100 MB');
	assert.equal(await dialog.count(), 0);
	await save('0.001');
	await dialog.getByText(/At most 1 KB will be kept; .* KB are kept now/).waitFor();
	await dialog.getByRole('button', { name: 'Cancel' }).click();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a phone has the list in two lines a device', async () => {
	const page = await browser.open(gateway, '#/devices', { viewport: { width: 390, height: 844 } });
	const row = page.getByRole('row', { name: /Truck 7 / });
	await page.getByLabel('Search name or ident').fill('truck 7');
	await row.getByText(ident(6)).waitFor();
	await shot(page, 'devices-phone');
	const { width } = await row.boundingBox();
	assert.ok(width <= 390);
	await page.setViewportSize({ width: 320, height: 600 });
	const add = await page.getByRole('button', { name: 'Add device' }).boundingBox();
	assert.ok(add.x + add.width <= 320, 'the button is in sight');
	await page.getByRole('button', { name: 'Ascending' }).click();
	await until(async () => (await names(page))[0] === 'Truck 4997', 'the other direction');
	await page.getByRole('button', { name: 'Descending' }).click();
	assert.deepEqual(await axe(page), []);
	await row.click();
	await page.getByRole('heading', { name: 'Truck 7', exact: true }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});
