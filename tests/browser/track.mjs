// The way of a device on its map, with playback, stops and plots.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, shot, until } from './harness.mjs';
import { journey } from './journey.mjs';

const gateway = new Gateway();
const browser = new Browser();
const END = Math.floor(Date.now() / 1000) - 60;
const TRIP = journey(END);
const OLD = journey(END - 3 * 86400, { lat: 48, lon: 11 });
const LAST = TRIP.findLast((m) => m['position.latitude']);
let ids = [];

before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	ids = await gateway.fleet(4);
	await gateway.post(ids[0], TRIP);
	await gateway.post(ids[0], OLD);
	await gateway.post(ids[2], TRIP.filter((m) => m['position.latitude']).map((m) => ({ ...m, 'position.valid': false })));
});
after(() => Promise.all([gateway.close(), browser.close()]));

/** A page at the track, when the whole of it is there. */
async function open(options) {
	const page = await browser.open(gateway, `#/devices/${ids[0]}/track`, options);
	await page.getByRole('status').getByText(/^\d+ positions$/).waitFor();
	await page.getByRole('region', { name: 'Plots' }).getByText('Signal').waitFor();
	return page;
}

const bright = ([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b) > 90;

/** The saturated colours of the track's own canvas, roughly: a set of hues in steps of 30 degrees. */
async function hues(page) {
	const found = await page.evaluate(() => {
		const canvas = document.querySelector('.leaflet-overlay-pane canvas');
		const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
		const seen = new Map();
		for (let i = 0; i < data.length; i += 4) {
			const key = `${data[i] & 0xf8},${data[i + 1] & 0xf8},${data[i + 2] & 0xf8}`;
			if (data[i + 3] === 255) seen.set(key, (seen.get(key) ?? 0) + 1);
		}
		return [...seen].filter(([, count]) => count > 8).map(([key]) => key.split(',').map(Number));
	});
	const hue = ([r, g, b]) => (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI;
	return new Set(found.filter(bright).map((colour) => Math.round(hue(colour) / 30)));
}

const time = (page) => page.getByRole('region', { name: 'Playback' }).getByRole('status').locator('time').getAttribute('datetime').then((text) => Date.parse(text) / 1000);
const between = (value, low, high) => value > low && value < high;
const distance = (page) => page.getByRole('complementary', { name: 'Trip' }).locator('dd').first().textContent();

test('the track has the colours of its speeds; trip and stops say what it was', async () => {
	const page = await open();
	await until(async () => (await hues(page)).size >= 4, 'a track of several colours');
	await page.getByText('140 km/h', { exact: true }).waitFor();
	const trip = page.getByRole('complementary', { name: 'Trip' });
	assert.match(await distance(page), /^11\d km$/);
	const stops = trip.getByRole('listitem').getByRole('button');
	assert.equal(await stops.count(), 4);
	assert.match(await stops.nth(1).textContent(), /9 min|8 min 50 s/);
	assert.match(await stops.nth(1).textContent(), /66\.\d km since the last/);
	assert.match(await stops.first().textContent(), /0 m from the start/);
	await trip.getByLabel('At least').selectOption({ label: '10 min' });
	await until(async () => (await stops.count()) === 2, 'the longer stops');
	await trip.getByLabel('At least').selectOption({ label: '3 min' });
	await shot(page, 'track');
	const scale = () => page.locator('.leaflet-control-scale').textContent();
	const before = await scale();
	await stops.nth(2).click();
	await until(async () => (await scale()) !== before && / m$/.test(await scale()), 'the map near the stop');
	await page.getByRole('button', { name: 'Show the whole track' }).click();
	await until(async () => (await scale()) === before, 'the whole track again');
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a jump that no vehicle makes is told, and not counted', async () => {
	const way = TRIP.filter((m) => m['position.speed'] > 100).slice(0, 60);
	await gateway.post(ids[3], way.map((m, i) => (i < 30 ? m : { ...m, 'position.latitude': m['position.latitude'] + 1 })));
	const page = await browser.open(gateway, `#/devices/${ids[3]}/track`);
	const trip = page.getByRole('complementary', { name: 'Trip' });
	await trip.getByText('1 jump at more than 300 km/h is not counted.').waitFor();
	assert.match(await distance(page), /^1\d\.\d km$/);
	await shot(page, 'track-jump');
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('playback moves the time on, and is moved by keys', async () => {
	const page = await open();
	const begin = TRIP[0].timestamp;
	assert.equal(await time(page), LAST.timestamp);
	await page.getByLabel('Speed of the playback').selectOption('300');
	await page.getByRole('button', { name: 'Play the track' }).click();
	await until(async () => between(await time(page), begin + 200, LAST.timestamp - 600), 'the time in between');
	const first = await time(page);
	await until(async () => (await time(page)) > first + 60, 'a later time');
	await page.getByRole('button', { name: 'Pause' }).click();
	await page.getByRole('button', { name: 'Play the track' }).waitFor(); // the time that is told is where it stands
	const slider = page.getByRole('slider', { name: 'Time of the playback' });
	const paused = await time(page);
	await slider.focus();
	await page.keyboard.press('ArrowRight');
	await until(async () => (await time(page)) > paused, 'the next message');
	await page.keyboard.press('Shift+ArrowLeft');
	await until(async () => (await time(page)) < paused, 'a minute before');
	assert.match(await slider.getAttribute('aria-valuetext'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
	const [at, whole] = [await time(page), await distance(page)];
	for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Zoom in on the time' }).click();
	await until(async () => (await distance(page)) !== whole, 'a part');
	assert.equal(await time(page), at); // the plots are drawn anew, and it stays where it was
	const end = Number(await slider.getAttribute('max'));
	assert.ok(between(end, at, LAST.timestamp - 600), 'only the part is played');
	await page.getByRole('button', { name: 'Play the track' }).click();
	await until(async () => Math.abs((await time(page)) - end) < 0.01, 'the end of the part');
	await page.getByRole('button', { name: 'Play the track' }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('pointing at a plot shows the place; a part that is dragged is zoomed to in plots, map and table', async () => {
	const page = await open({ colorScheme: 'dark' });
	const plots = page.getByRole('region', { name: 'Plots' });
	const plot = await page.locator('.plot-host .u-over').first().boundingBox();
	const at = (share) => plot.x + plot.width * share;
	const whole = await distance(page);
	const scale = () => page.locator('.leaflet-control-scale').textContent();
	const wide = await scale();
	await page.mouse.move(at(0.3), plot.y + 8);
	await until(async () => (await time(page)) < END - 600, 'the time that is pointed at');
	assert.match(await plots.getByText('km/h').first().textContent(), /\d+ km\/h/);
	await page.mouse.down();
	await page.mouse.move(at(0.4), plot.y + 8, { steps: 4 });
	await page.mouse.up();
	await plots.getByRole('button', { name: 'Whole range' }).click({ trial: true }); // it can be pressed
	await until(async () => (await distance(page)) !== whole, 'the part in the trip');
	await until(async () => (await scale()) !== wide, 'the part on the map');
	const near = await scale();
	await page.getByText('Part that is zoomed to').waitFor();
	await page.mouse.click(at(0.5), plot.y + 8); // the first one after a drag selects, too
	await shot(page, 'track-zoom-dark');
	assert.deepEqual(await axe(page), []);
	await page.getByRole('link', { name: 'Logs & Messages' }).click();
	const grid = page.getByRole('grid', { name: 'Messages' });
	await grid.getByRole('row', { selected: true }).waitFor();
	await until(async () => Number(await grid.getAttribute('aria-rowcount')) < TRIP.length / 2, 'the part in the table');
	await page.getByRole('link', { name: 'Map & plots' }).click();
	await until(async () => (await scale()) === near, 'the part on the map again');
	await page.getByRole('button', { name: 'Whole range' }).click();
	await until(async () => (await distance(page)) === whole, 'everything again');
	const keys = page.getByRole('group', { name: /^Plots over time/ });
	await keys.focus();
	await page.keyboard.press('+');
	await until(async () => (await distance(page)) !== whole, 'a part, by the keyboard');
	await page.keyboard.press('0');
	await until(async () => (await distance(page)) === whole, 'everything, by the keyboard');
	await page.keyboard.press('ArrowRight');
	await plots.getByRole('status').getByText(/^2\d{3}-.*, Speed \d+ km\/h, Ignition o(n|ff), Battery/).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('the map goes to the track of another range', async () => {
	const page = await open();
	await until(async () => (await hues(page)).size >= 4, 'the track');
	const [from, to] = [OLD[0].timestamp - 60, OLD.at(-1).timestamp + 60];
	await page.evaluate(([id, a, b]) => (location.hash = `#/devices/${id}/track?from=${a}&to=${b}`), [ids[0], from, to]);
	await until(async () => (await time(page)) < to, 'the other range');
	await page.getByText('Germany', { exact: true }).waitFor(); // where the map is now
	await until(async () => (await hues(page)).size >= 4, 'its track');
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('the track goes on while it is watched, also over positions without a fix', async () => {
	const page = await open();
	const count = async () => Number(/^(\d+) positions/.exec(await page.getByRole('status').getByText(/positions$/).textContent())[1]);
	const before = await count();
	await gateway.post(ids[0], [{ ...LAST, timestamp: END + 30, 'position.latitude': LAST['position.latitude'] + 0.01, 'position.speed': 44 }]);
	await until(async () => (await count()) === before + 1, 'the new position');
	assert.equal(await time(page), END + 30);
	const doubtful = page.getByLabel('Positions without a fix');
	const pixels = () => page.evaluate(() => document.querySelector('.leaflet-overlay-pane canvas').toDataURL().length);
	await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))); // the new position is painted
	const plain = await pixels();
	await doubtful.check();
	await until(async () => (await pixels()) !== plain, 'the doubtful positions');
	await doubtful.uncheck();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('what the filter leaves out is told, and comes back', async () => {
	const page = await open();
	const whole = await distance(page);
	await page.evaluate(([id, filter]) => (location.hash = `#/devices/${id}/track?last=86400&filter=${encodeURIComponent(filter)}`), [ids[0], 'position.speed>100']);
	await until(async () => (await distance(page)) !== whole, 'a shorter way');
	await page.getByRole('button', { name: 'Only position.speed>100' }).click();
	await until(async () => (await distance(page)) === whole, 'all of it');
	assert.equal(await page.getByRole('button', { name: /^Only / }).count(), 0);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('positions without a fix alone are told, and shown when they are wanted', async () => {
	const page = await browser.open(gateway, `#/devices/${ids[2]}/track`);
	const hint = page.getByText('Only positions without a fix in this range');
	await hint.waitFor();
	await shot(page, 'track-doubtful');
	await page.getByLabel('Positions without a fix', { exact: true }).check();
	await hint.waitFor({ state: 'detached' });
	await page.getByText('Poland', { exact: true }).waitFor(); // where the map is
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a clock that was wrong for once does not stretch the time of all', async () => {
	const page = await open();
	const [whole, last] = [await distance(page), await time(page)];
	await gateway.post(ids[0], [{ ...LAST, timestamp: END + 400 * 86400, 'position.latitude': 10 }]);
	await page.getByText('1 message of the future is left out').waitFor();
	assert.deepEqual([await distance(page), await time(page)], [whole, last]);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a device that told no position says so', async () => {
	const page = await browser.open(gateway, `#/devices/${ids[1]}/track`, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
	await page.getByText('No position in this range').waitFor();
	await page.getByText('No message of this range has a speed').waitFor();
	await shot(page, 'track-phone-empty');
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});
