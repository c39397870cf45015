// The tail of the messages over hours and lost connections: none is lost, none is there twice, and an open range moves on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answer, Browser, Gateway, hold, ident, live, until } from './harness.mjs';
import { Tracker, v1 } from './tracker.mjs';

const gateway = new Gateway();
const browser = new Browser();
const now = Math.floor(Date.now() / 1000);
let renamed, refused, early, logged, moving; // devices, one for each thing that is tested
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[renamed, refused, early, logged, moving] = await gateway.fleet(5);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const identOf = (device) => ident(device - renamed);
const grid = (page) => page.getByRole('grid', { name: 'Messages' });
const count = (page, n) => page.getByText(new RegExp(`^${n} messages?$`)).waitFor();
const stored = (device) => gateway.rest('GET', `gw/devices/${device}/messages`);

async function open(device, query = '') {
	const page = await browser.open(gateway, `#/devices/${device}/messages${query}`);
	await grid(page).waitFor();
	await live(page);
	return page;
}

/** The trackers' frames are stored before it returns. */
async function send(device, frames) {
	const before = (await stored(device)).length;
	const tracker = new Tracker(gateway);
	await tracker.send(frames.join(''));
	await until(async () => (await stored(device)).length === before + frames.length, 'the messages');
	tracker.close();
}

/** What happens meanwhile is over when the page finds the gateway again: until then that is at another port. */
async function restart(page, meanwhile) {
	const { http } = gateway;
	await gateway.stop();
	await page.getByText('The connection to the gateway is lost').waitFor();
	await page.getByText('waits for the connection').waitFor();
	gateway.http = '127.0.0.1:0';
	await gateway.start();
	await meanwhile();
	await gateway.stop();
	gateway.http = http;
	await gateway.start();
	await live(page);
}

test('a device that is renamed while the connection is lost has no message twice', async () => {
	await send(renamed, [v1(identOf(renamed), now - 20), v1(identOf(renamed), now - 10)]);
	const page = await open(renamed);
	await count(page, 2);
	await restart(page, async () => {
		await gateway.rest('PUT', `gw/devices/${renamed}`, { name: 'Lorry' });
		await send(renamed, [v1(identOf(renamed), now - 5)]);
	});
	await count(page, 3);
	assert.equal(await grid(page).getByRole('row').count(), 4); // and the head
	assert.deepEqual(page.faults, []);
});

test('what came while the connection was lost is asked for again when that failed, whatever is told meanwhile', async () => {
	await send(refused, [v1(identOf(refused), now - 3000)]);
	const page = await open(refused);
	await count(page, 1);
	let asked = 0;
	let isOver = false;
	let refuse;
	const told = new Promise((done) => (refuse = () => ((isOver = true), done())));
	// it is asked for again by itself when other requests have failed, too
	await page.route(/server\.timestamp/, async (route) => {
		if (isOver) return route.continue();
		asked++;
		await told;
		await route.abort();
	});
	await restart(page, () => send(refused, [v1(identOf(refused), now - 2000)]));
	const missed = Date.now();
	await until(() => asked > 0, 'the request');
	await until(() => Date.now() > missed + 6000, 'more than the seconds that are read again');
	await send(refused, [v1(identOf(refused), now - 1000)]);
	await count(page, 2); // the first and the last one
	refuse();
	await count(page, 3);
	assert.deepEqual(page.faults, []);
});

test('an answer of before the connection was lost does not tell what came since', async () => {
	await send(early, [v1(identOf(early), now - 3000)]);
	const page = await open(early);
	const door = await hold(page, /assets\/mqtt/);
	await page.reload();
	await count(page, 1);
	const first = await hold(page, /server\.timestamp/, { times: 1 });
	door.free();
	await first.came(); // when it is told live: what came since it was read
	const { free: refuse, came: asked } = await hold(page, /server\.timestamp/, { times: 1, isLost: true });
	await restart(page, () => send(early, [v1(identOf(early), now - 2000)]));
	await asked();
	await answer(page, /server\.timestamp/, first);
	refuse();
	await count(page, 2);
	assert.deepEqual(page.faults, []);
});

test('entries of the log that could not be asked for are asked for again', async () => {
	const page = await open(logged);
	const logs = page.getByRole('grid', { name: 'Logs' });
	const rename = (name) => gateway.rest('PUT', `gw/devices/${logged}`, { name });
	const changes = (n, what) => until(async () => (await logs.getByText('item changed over REST').count()) === n, what);
	await rename('First');
	await changes(1, 'the first one');
	let refused = 0;
	await page.route((url) => /logs\?/.test(url) && !/reverse/.test(url), (route) => (refused++ ? route.continue() : route.abort()));
	await restart(page, () => rename('Second'));
	await until(() => refused > 0, 'a request that fails');
	await changes(2, 'what was missed');
	await rename('Third');
	await changes(3, 'what is told');
	assert.deepEqual(page.faults, []);
});

test('an open range moves on: what is older than it goes, but while it is paused', async () => {
	const page = await open(moving, '?last=20');
	const begun = Date.now() / 1000;
	await gateway.post(moving, [{ timestamp: begun - 8, 'position.speed': 1 }, { timestamp: begun + 1, 'position.speed': 2 }]);
	await count(page, 2);
	await until(() => page.getByText('1 message', { exact: true }).isVisible(), 'the older one to go');
	assert.ok(Date.now() / 1000 > begun + 11, 'not too early');
	await page.getByRole('button', { name: 'Pause' }).click();
	await until(() => Date.now() / 1000 > begun + 23, 'the end of the other one');
	await count(page, 1);
	await page.getByRole('button', { name: /^Go on/ }).click();
	await page.getByText('No messages in this range').waitFor();
	assert.deepEqual(page.faults, []);
});
