// The fleet on the map: who is where, that it moves, and how somebody finds one of many.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, shot, until } from './harness.mjs';

const gateway = new Gateway();
const browser = new Browser();
let ids = [];

const now = () => Math.floor(Date.now() / 1000);
const position = (lat, lon, speed, more = {}) => ({
	timestamp: now(), 'position.latitude': lat, 'position.longitude': lon, 'position.speed': speed, 'position.direction': 90,
	'position.valid': true, ...more,
});

before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	ids = await gateway.fleet(6);
	await gateway.post(ids[0], [position(52.2297, 21.0122, 54, { 'engine.ignition.status': true, 'battery.level': 83 })]);
	await gateway.post(ids[1], [position(52.2312, 21.0101, 0, { 'engine.ignition.status': true })]);
	await gateway.post(ids[2], [position(50.0614, 19.9366, 0, { 'engine.ignition.status': false })]);
	await gateway.post(ids[3], [position(-17.75, 178.3, 30)]); // Fiji, on both sides of the antimeridian
	await gateway.post(ids[4], [position(-16.9, -179.9, 20)]);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const card = (page, name) => page.getByRole('region', { name, exact: true });
const legend = (page, state) => page.getByRole('group', { name: 'What is shown' }).getByRole('button', { name: state });
const placeIn = async (where) => (await where.getByText(/^-?\d+\.\d{5}, -?\d+\.\d{5}$/).textContent()).split(', ').map(Number);

/** The colours of a square around a place of the map: [different, mean red, green, blue]. */
const colours = (page, x, y) => page.evaluate(([cx, cy]) => {
	const ratio = devicePixelRatio;
	const found = new Set();
	for (const canvas of document.querySelectorAll('.leaflet-marker-pane canvas')) {
		const { data } = canvas.getContext('2d').getImageData((cx - 12) * ratio, (cy - 12) * ratio, 24 * ratio, 24 * ratio);
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) found.add(`${data[i] >> 5},${data[i + 1] >> 5},${data[i + 2] >> 5}`);
	}
	return found.size;
}, [x, y]);

test('the legend counts what the fleet does, and hides what is not wanted', async () => {
	const page = await browser.open(gateway, '#/map');
	const rows = page.getByRole('grid', { name: 'Devices on the map' }).getByRole('row');
	await until(async () => /3\s*moving/.test(await legend(page, 'moving').textContent()), 'the counts');
	assert.match(await legend(page, 'idling').textContent(), /1/);
	assert.match(await legend(page, 'parked').textContent(), /1/);
	assert.match(await legend(page, 'offline').textContent(), /0/);
	assert.match(await legend(page, 'no data').textContent(), /1/);
	await until(async () => (await rows.count()) === 7, 'six devices and a head');
	await shot(page, 'map-world');
	await legend(page, 'moving').click();
	await until(async () => (await rows.count()) === 4, 'three devices and a head');
	assert.equal(await legend(page, 'moving').getAttribute('aria-pressed'), 'false');
	await legend(page, 'moving').click();
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('the search flies to a device; its card follows it while it drives', async () => {
	const page = await browser.open(gateway, '#/map');
	await page.getByRole('searchbox').fill('truck 1');
	await page.getByRole('row', { name: /Truck 1/ }).waitFor();
	await page.keyboard.press('Enter');
	const own = card(page, 'Truck 1');
	await own.getByText('54 km/h').waitFor();
	await own.getByText('83 %').waitFor();
	assert.match(page.url(), new RegExp(`device=${ids[0]}`));
	await page.getByText('Poland', { exact: true }).waitFor(); // where the map is now
	const centre = await page.locator('.map').boundingBox();
	await until(() => colours(page, centre.width / 2, centre.height / 2), 'a marker in the middle');
	const follow = own.getByRole('button', { name: 'Follow' });
	await follow.click();
	const before = await placeIn(own);
	const ground = () => page.evaluate(() => document.querySelector('.leaflet-base-pane canvas').toDataURL());
	const groundBefore = await ground();
	await gateway.post(ids[0], [position(52.2301, 21.0162, 61)]);
	await own.getByText('61 km/h').waitFor();
	await until(async () => String(await placeIn(own)) !== String(before), 'another position');
	await until(async () => (await ground()) !== groundBefore, 'the map moves with it');
	await until(() => colours(page, centre.width / 2, centre.height / 2), 'the marker in the middle again');
	await shot(page, 'map-card');
	assert.deepEqual(await axe(page), []);
	await page.getByRole('application', { name: /Map of the fleet/ }).focus();
	await page.keyboard.press('ArrowLeft');
	await until(async () => (await follow.getAttribute('aria-pressed')) === 'false', 'who moves the map by keys is not held back');
	await own.getByRole('link', { name: 'Track' }).click();
	await page.getByRole('heading', { name: 'Truck 1' }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('pointing at a marker tells who it is, a click keeps it', async () => {
	const page = await browser.open(gateway, `#/map?device=${ids[2]}`);
	await card(page, 'Truck 3').getByText('50.06140, 19.93660').waitFor();
	await page.keyboard.press('Escape');
	await card(page, 'Truck 3').waitFor({ state: 'detached' });
	const box = await page.locator('.map').boundingBox();
	await until(() => colours(page, box.width / 2, box.height / 2), 'a marker in the middle');
	const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
	await page.mouse.move(x + 3, y);
	await page.locator('#map-hover').getByText('Truck 3').waitFor();
	await page.mouse.click(x + 3, y);
	await card(page, 'Truck 3').getByRole('button', { name: 'Close' }).press('Enter');
	await card(page, 'Truck 3').waitFor({ state: 'detached' });
	assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid');
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('the map is moved by keys, and Fiji is not torn apart', async () => {
	const page = await browser.open(gateway, '#/map', { colorScheme: 'dark' });
	const map = page.getByRole('application', { name: /Map of the fleet/ });
	for (const state of ['idling', 'parked']) await legend(page, state).click();
	await page.getByRole('searchbox').fill('');
	await page.evaluate(() => localStorage.setItem('cantrack.map.list', 'false'));
	await gateway.post(ids[0], [position(-18, 178.9, 54)]);
	await until(async () => /3\s*moving/.test(await legend(page, 'moving').textContent()), 'the counts');
	const scale = () => page.locator('.leaflet-control-scale').textContent();
	const fitted = async () => {
		await page.getByRole('button', { name: 'Show all' }).click();
		return /^\d\d km/.test(await scale());
	};
	await until(fitted, 'Fiji from near'); // when the page has heard that the last one is there
	await shot(page, 'map-fiji-dark');
	const before = await scale();
	await map.focus();
	await page.keyboard.press('+');
	await until(async () => (await scale()) !== before, 'another scale');
	await page.keyboard.press('-');
	await until(async () => (await scale()) === before, 'the scale as before');
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('on a phone the list gives way to what was looked for', async () => {
	const page = await browser.open(gateway, '#/map', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
	await page.getByRole('searchbox').fill('Truck 2');
	await page.getByRole('row', { name: /Truck 2/ }).click();
	await card(page, 'Truck 2').getByText('idling').waitFor();
	await page.getByRole('grid').waitFor({ state: 'detached' });
	await shot(page, 'map-phone');
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('the ground of the map, lost on its way, is asked for again', async () => {
	const page = await browser.open(gateway, '#/health');
	let asked = 0;
	await page.route(/assets\/countries/, (route) => (asked++ ? route.continue() : route.abort()));
	await page.getByRole('link', { name: 'Map' }).click();
	await until(() => asked, 'the ground');
	await page.evaluate((id) => (location.hash = `#/map?device=${id}`), ids[2]);
	await card(page, 'Truck 3').waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('searchbox').fill('Truck 3');
	await page.getByRole('row', { name: /Truck 3/ }).click();
	await page.getByText('Poland', { exact: true }).waitFor(); // where the map is now
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('tiles of the owner lie over the ground, and their source is named; nobody else is asked', async () => {
	const asked = [];
	const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==', 'base64');
	const server = createServer((request, response) => {
		asked.push(request.url);
		response.writeHead(200, { 'Content-Type': 'image/png' }).end(picture);
	});
	await new Promise((go) => server.listen(0, '127.0.0.1', go));
	const host = `127.0.0.1:${server.address().port}`;
	const tiled = await new Gateway(['--web-tiles', `http://${host}/{z}/{x}/{y}.png`, '--web-attribution', 'Made-up streets']).start();
	try {
		const page = await browser.open(tiled, '#/map');
		await page.getByText('Made-up streets').waitFor();
		await page.locator('img.leaflet-tile-loaded').first().waitFor({ state: 'attached' });
		assert.match(asked[0], /^\/\d+\/\d+\/\d+\.png$/);
		assert.deepEqual(page.faults.filter((fault) => !fault.startsWith(`asked http://${host}/`)), []);
		await page.context().close();
	} finally {
		await tiled.close();
		server.close();
	}
});
