// Five thousand devices that move every second: the map keeps up. How long its frames take is told, not judged:
// that depends on what else the machine does, and `make bench` measures it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Gateway, go, live, shot, until } from './harness.mjs';
import { measureFrames } from './frames.mjs';

const COUNT = 5000;
const gateway = new Gateway();
const browser = new Browser();
let ids = [];

before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	ids = await gateway.fleet(COUNT);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const legend = (page, state) => page.getByRole('group', { name: 'What is shown' }).getByRole('button', { name: state });
const count = async (page, state) => {
	const text = await legend(page, state).textContent();
	return Number(text.replace(/\D/g, ''));
};

/** Who is connected to the live door, and since when. */
const sessions = async () => JSON.stringify(await gateway.rest('GET', 'mqtt/sessions/all?fields=id,connected,established'));

/** Where the gateway says that it is now. */
async function place(id) {
	const [{ telemetry }] = await gateway.rest('GET', `gw/devices/${id}/telemetry/position.latitude,position.longitude`);
	return ['latitude', 'longitude'].map((name) => telemetry[`position.${name}`].value.toFixed(5)).join(', ');
}

test('every one of 5,000 devices moves on the map, and none is behind', async (t) => {
	const page = await browser.open(gateway, '#/map', { reducedMotion: 'no-preference' });
	await until(async () => (await count(page, 'no data')) === COUNT, 'all devices, silent', 60_000);
	await live(page);
	const session = await sessions();
	const fleet = gateway.simulate('--devices', String(COUNT), '--rate', String(COUNT), '--mode', 'flood');
	await legend(page, 'no data').waitFor({ state: 'detached', timeout: 60_000 });
	await until(async () => (await count(page, 'moving')) > COUNT / 2, 'most of them moving', 60_000);
	const found = await measureFrames(browser, page, 3);
	for (const what of ['script', 'task', 'interval']) t.diagnostic(`${what} ms: p50 ${found[what].p50} p95 ${found[what].p95} p99 ${found[what].p99} (${found.frames} frames)`);
	await shot(page, 'map-5000');
	await fleet.stop();
	for (const id of [ids[0], ids[1234], ids[COUNT - 1]]) {
		await go(page, `#/map?device=${id}`);
		// the gateway may still have to read what its trackers sent last
		const isThere = async () => page.locator('#map-card').getByText(await place(id), { exact: true }).isVisible();
		await until(isThere, 'the place that the gateway knows', 60_000);
	}
	const elements = await page.evaluate(() => document.querySelectorAll('*').length);
	assert.ok(elements < 1000, `${elements} elements in the page`);
	assert.equal(await sessions(), session, 'the connection was never lost');
	assert.deepEqual(page.faults, []);
});
