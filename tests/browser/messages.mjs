// The table of messages: live, filtered, in full, as files, and that it outlives a restart of the gateway.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, ident, live as online, shot, until } from './harness.mjs';
import { Tracker, v1 } from './tracker.mjs';

const gateway = new Gateway();
const browser = new Browser();
const now = Math.floor(Date.now() / 1000);
let live, filtered, raw, many, old, again; // devices, one for each thing that is tested
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[live, filtered, raw, many, old, again] = await gateway.fleet(6);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const identOf = (device) => ident(device - live);
const grid = (page) => page.getByRole('grid', { name: 'Messages' });
const count = (page, n) => page.getByText(new RegExp(`^${n.toLocaleString('en-GB')} messages?$`)).waitFor();
const stored = (device, data = {}) => gateway.rest('GET', `gw/devices/${device}/messages?data=${encodeURIComponent(JSON.stringify(data))}`);

/** Messages every `step` seconds up to `end`, oldest first. */
async function fill(device, n, { step = 10, end = now - 60 } = {}) {
	const list = Array.from({ length: n }, (_, i) => ({
		timestamp: end - (n - 1 - i) * step,
		'position.latitude': 52 + i / 1e5,
		'position.longitude': 13 + i / 1e5,
		'position.speed': i % 100,
		'position.valid': true,
	}));
	for (let i = 0; i < n; i += 1000) await gateway.post(device, list.slice(i, i + 1000));
}

async function open(device, query = '', options = {}) {
	const page = await browser.open(gateway, `#/devices/${device}/messages${query}`, options);
	await grid(page).waitFor();
	await online(page);
	return page;
}

/** What stands at a place of the grid. */
const rowAt = (page, y) =>
	page.evaluate((down) => {
		const box = document.querySelector('[role=grid]').getBoundingClientRect();
		return document.elementFromPoint(box.left + 60, box.top + down)?.closest('[role=row]')?.textContent ?? null;
	}, y);

/** Scrolls from the top to the end: how many different rows were seen, and how many at a time were drawn. */
const walk = (page, steps) =>
	grid(page).evaluate(async (el, steps) => {
		const seen = new Set();
		let most = 0;
		const begun = performance.now();
		for (let i = 0; i <= steps; i++) {
			el.scrollTop = ((el.scrollHeight - el.clientHeight) * i) / steps;
			const box = el.getBoundingClientRect();
			// below the head, and at the lower edge
			const isDrawn = () => [40, el.clientHeight - 4].every((down) => document.elementFromPoint(box.left + 60, box.top + down).closest('.grid-row'));
			for (let wait = 0; !isDrawn(); wait++) {
				if (wait > 500) throw new Error(`nothing is drawn at ${el.scrollTop}`);
				await new Promise((go) => setTimeout(go, 10));
			}
			const rows = el.querySelectorAll('.grid-row');
			most = Math.max(most, rows.length);
			for (const row of rows) seen.add(row.getAttribute('aria-rowindex') + row.textContent);
		}
		return { rows: seen.size, most, ms: (performance.now() - begun) / steps };
	}, steps);

const cell = (page, row, column) => grid(page).getByRole('row').nth(row).getByRole('gridcell').nth(column);

test('new messages come in on top; paused they wait; who has scrolled keeps their place', async () => {
	await fill(live, 200);
	const page = await open(live);
	await count(page, 200);
	const tracker = new Tracker(gateway);
	await tracker.send(v1(identOf(live), now - 5));
	await count(page, 201);
	await until(async () => (await cell(page, 1, 1).textContent()) === 'V1', 'the new row');
	await shot(page, 'messages');

	await page.getByRole('button', { name: 'Pause' }).click();
	await tracker.send(v1(identOf(live), now - 4) + v1(identOf(live), now - 3));
	const resume = page.getByRole('button', { name: 'Go on: 2 messages wait' });
	await resume.waitFor();
	await count(page, 201);
	await resume.click();
	await count(page, 203);

	const top = await until(() => rowAt(page, 200), 'a row');
	await grid(page).evaluate((el) => (el.scrollTop = 1300));
	const seen = await until(async () => ((await rowAt(page, 200)) ?? top) !== top && rowAt(page, 200), 'another row');
	await tracker.send(v1(identOf(live), now - 2));
	await count(page, 204);
	await until(async () => (await rowAt(page, 200)) === seen, 'the same row at its place');
	assert.ok((await grid(page).evaluate((el) => el.scrollTop)) > 1300);
	tracker.close();
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
});

test('a filter is written with the keyboard alone, and refused with the reason', async () => {
	await fill(filtered, 300);
	const page = await open(filtered);
	await count(page, 300);
	const box = page.getByRole('combobox', { name: 'Filter expression' });
	await box.focus();
	await page.keyboard.type('spe');
	const active = async () => page.locator(`[id="${await box.getAttribute('aria-activedescendant')}"]`).textContent();
	assert.match(await active(), /^position\.speed/);
	await shot(page, 'messages-filter');
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Tab');
	assert.equal(await box.inputValue(), 'position.speed');
	await page.keyboard.type(' ');
	assert.equal(await box.getAttribute('aria-expanded'), 'true');
	await page.keyboard.press('Escape');
	assert.equal(await box.getAttribute('aria-expanded'), 'false');
	await page.keyboard.press('ArrowDown');
	while (!/^>= /.test(await active())) await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await page.keyboard.type('90');
	await page.keyboard.press('Enter');
	await count(page, 30);
	assert.match(page.url(), /filter=position\.speed/);

	await page.keyboard.type('&&)');
	await page.keyboard.press('Enter');
	await page.getByRole('alert').getByText(/^column \d+: /).waitFor();
	assert.equal(await box.getAttribute('aria-invalid'), 'true');
	await count(page, 30); // what is shown stays
	await page.keyboard.press('Escape');
	assert.equal(await box.inputValue(), 'position.speed >= 90');
	await box.fill(`position.speed>=90${'&&position.speed>0'.repeat(200)}`); // nothing would come live
	await page.keyboard.press('Enter');
	await page.getByRole('alert').getByText('This filter is too long').waitFor();
	await page.keyboard.press('Escape');

	// also of what comes live
	const tracker = new Tracker(gateway);
	await tracker.send(v1(identOf(filtered), now - 8, { knots: 10 }) + v1(identOf(filtered), now - 7, { knots: 60 }));
	await count(page, 31);
	assert.equal(await cell(page, 1, 4).textContent(), '111.12');
	tracker.close();
	assert.deepEqual(page.faults, []);
});

test('columns are chosen, put in order, remembered and reset', async () => {
	const page = await open(filtered);
	const heads = () => grid(page).getByRole('columnheader').evaluateAll((list) => list.map((el) => el.getAttribute('aria-label')));
	await until(async () => (await heads()).includes('position.speed, km/h'), 'what the parameters mean');
	const usual = await heads();
	await page.getByRole('button', { name: 'Columns' }).click();
	const dialog = page.getByRole('dialog', { name: 'Columns' });
	await dialog.getByText('Strength of the mobile network signal').waitFor();
	for (const name of usual.map((head) => head.split(',')[0]).filter((name) => !['timestamp', 'position.speed'].includes(name)))
		await dialog.getByRole('checkbox', { name, exact: true }).or(dialog.getByRole('checkbox', { name: new RegExp(`^${name}\\s`) })).first().uncheck();
	await dialog.getByRole('checkbox', { name: /^battery\.voltage/ }).check();
	await dialog.getByRole('button', { name: 'battery.voltage: further left' }).click();
	await shot(page, 'messages-columns');
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Escape');
	assert.deepEqual(await heads(), ['timestamp', 'battery.voltage, V', 'position.speed, km/h']);
	await page.reload();
	await until(async () => (await heads()).length === 3, 'the remembered columns');
	await page.getByRole('button', { name: 'Columns' }).click();
	await dialog.getByRole('button', { name: 'Reset' }).click();
	await page.keyboard.press('Escape');
	await until(async () => String(await heads()) === String(usual), 'the usual columns');
	assert.deepEqual(page.faults, []);
});

test('a message in full has the frame that it came from, however the frames came', async () => {
	const tracker = new Tracker(gateway);
	const id = identOf(raw);
	const [first, second, split, twin] = [50, 40, 30, 20].map((back) => v1(id, now - back));
	await tracker.send(first + second);
	await until(() => tracker.answer.split('#').length > 2, 'answers');
	await tracker.send(split.slice(0, 33));
	await new Promise((go) => setTimeout(go, 100)); // else both halves may be read at once
	await tracker.send(split.slice(33) + twin + twin);
	await until(async () => (await stored(raw)).length === 5, 'all messages');
	await gateway.post(raw, [{ timestamp: now - 10, 'position.latitude': 1, 'position.longitude': 2 }]);

	const page = await open(raw, '', { permissions: ['clipboard-read', 'clipboard-write'] });
	await count(page, 6);
	const panel = page.getByRole('complementary', { name: 'Message' });
	const frame = panel.locator('.frame-text');
	await grid(page).focus();
	await page.keyboard.press('ArrowDown'); // the newest: stored over REST
	await panel.getByText('stored over REST').waitFor();
	assert.equal(await frame.count(), 0);
	await page.keyboard.press('ArrowDown');
	await panel.getByText(/came 2 times in one packet/).waitFor();
	assert.equal(await frame.textContent(), twin);
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowDown');
	await panel.getByText(/split over 2 packets/).waitFor();
	assert.equal(await frame.textContent(), split);
	await panel.getByRole('button', { name: 'Older message' }).click();
	await until(async () => (await frame.textContent()) === second, 'the second frame of a packet');
	await panel.getByRole('button', { name: 'Older message' }).click();
	await until(async () => (await frame.textContent()) === first, 'the first frame of a packet');
	assert.ok(await panel.getByRole('button', { name: 'Older message' }).isDisabled());

	const status = panel.getByRole('row', { name: /FFFFFBFF/ });
	assert.match(await status.textContent(), /status word.*vehicle\.state/);
	await panel.getByRole('button', { name: 'Hex' }).click();
	assert.match(await panel.locator('pre').textContent(), /^0000 2a 48 51 2c 38 36 35 32 \*HQ,8652\n/);
	await panel.locator('.parameter', { hasText: /^position\.speed.*Instant speed.*18\.52 km\/h/ }).waitFor();
	assert.match(await panel.locator('.parameter', { hasText: 'server.timestamp' }).textContent(), /UTC/);
	await panel.getByRole('button', { name: 'Copy as JSON' }).click();
	const copied = await until(() => page.evaluate(() => navigator.clipboard.readText()), 'what was copied');
	assert.deepEqual(JSON.parse(copied), (await stored(raw))[0]);
	await panel.getByRole('button', { name: 'Fields' }).click();
	await shot(page, 'message');
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Escape');
	await panel.waitFor({ state: 'detached' });
	assert.ok(await grid(page).evaluate((el) => el === document.activeElement));
	tracker.close();
	assert.deepEqual(page.faults, []);
});

test('twenty thousand messages: all are there, few are drawn', async (t) => {
	await fill(many, 20_000, { step: 2 });
	const page = await open(many);
	await count(page, 20_000);
	await grid(page).focus();
	await page.keyboard.press('End');
	const oldest = (await stored(many, { count: 1 }))[0];
	await until(async () => (await page.getByRole('complementary').locator('header p').textContent()) === new Date((oldest.timestamp + 3600) * 1000).toISOString().slice(0, 19).replace('T', ' '), 'the oldest message');
	assert.ok((await grid(page).getByRole('row').count()) < 80);
	const { rows, most, ms } = await walk(page, 30);
	assert.ok(rows > 500 && most < 80, `${rows} rows, ${most} at a time`);
	t.diagnostic(`${ms.toFixed(1)} ms a step`);
	assert.deepEqual(page.faults, []);
});

/** The bytes of a file, and those that REST gives. */
async function exported(page, format) {
	await page.getByRole('button', { name: 'Export' }).click();
	const dialog = page.getByRole('dialog', { name: 'Export' });
	await dialog.getByRole('radio', { name: new RegExp(`^${format} `) }).check();
	if (format === 'CSV') await shot(page, 'messages-export');
	const [file] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export' }).click()]);
	await page.getByText(`Saved ${file.suggestedFilename()}`).waitFor();
	return [file.suggestedFilename(), await readFile(await file.path(), 'utf8')];
}

test('the range is saved as CSV, GPX, GeoJSON and JSON, as REST gives it', async () => {
	const filter = 'position.speed>=50';
	const span = { from: now - 1000, to: now - 61 };
	const page = await open(filtered, `?from=${span.from}&to=${span.to}&filter=${encodeURIComponent(filter)}`);
	await count(page, (await stored(filtered, { ...span, filter })).length);
	const columns = (await grid(page).getByRole('columnheader').evaluateAll((list) => list.map((el) => el.getAttribute('aria-label').split(',')[0]))).join(',');
	for (const format of ['CSV', 'GPX', 'GeoJSON', 'JSON']) {
		const [name, text] = await exported(page, format);
		assert.match(name, new RegExp(`^Truck-2_\\d{4}-\\d\\d-\\d\\dT\\d{6}_.*\\.${format.toLowerCase()}$`));
		const data = { ...span, filter, ...(format === 'CSV' && { fields: columns }) };
		const answer = await fetch(`${gateway.url}gw/devices/${filtered}/messages?format=${format.toLowerCase()}&data=${encodeURIComponent(JSON.stringify(data))}`, { headers: { Authorization: gateway.token } });
		assert.equal(text, await answer.text());
		assert.ok(text.length > 1000, format);
	}
	assert.deepEqual(page.faults, []);
});

test('long work shows how far it is, and can be cancelled', async () => {
	const page = await open(many, '?last=86400');
	await count(page, 20_000);
	let saved = false;
	page.on('download', () => (saved = true));
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('Network.enable');
	await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: 200_000, uploadThroughput: -1 });
	await page.getByRole('button', { name: 'Export' }).click();
	await page.getByRole('dialog').getByRole('radio', { name: /^JSON / }).check();
	await page.getByRole('dialog').getByRole('button', { name: 'Export' }).click();
	const job = page.getByRole('region', { name: 'Work in progress' });
	await job.getByText(/^\d+ KB so far$/).waitFor();
	assert.deepEqual(await axe(page), []);
	await job.getByRole('button', { name: 'Cancel' }).click();
	await page.getByText(/^Export .*: cancelled$/).waitFor();
	assert.equal(await job.getByRole('progressbar').count(), 0);
	assert.ok(!saved);

	// reading a range shows how far it is, can be stopped, and goes on
	await page.getByRole('button', { name: /^Range: / }).click();
	await page.getByRole('button', { name: 'Last 7 days' }).click();
	await page.getByText(/^[\d,]+ so far$/).waitFor();
	await page.getByRole('button', { name: 'Stop', exact: true }).click();
	const stopped = await page.getByText(/^Stopped after [\d,]+ messages$/).textContent();
	assert.ok(Number(stopped.replace(/\D/g, '')) < 20_000, stopped);
	await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
	await page.getByRole('button', { name: 'Load older ones' }).click();
	await count(page, 20_000);
	assert.deepEqual(page.faults, []);
});

test('ranges are in the address; an empty one leads to the newest message, a time to its day', async () => {
	const noon = now - (now % 86400) - 20 * 86400 + 43200;
	await fill(old, 50, { end: noon });
	const page = await open(old);
	await page.getByText('No messages in this range').waitFor();
	await shot(page, 'messages-empty');
	await page.getByRole('button', { name: 'Show its day' }).click();
	await count(page, 50);
	const link = page.url();
	assert.match(link, /from=\d+&to=\d+/);

	await page.getByRole('button', { name: /^Range: / }).click();
	await page.getByRole('button', { name: 'Last 30 days' }).click();
	await count(page, 50);
	assert.match(page.url(), /last=2592000/);
	await page.getByRole('button', { name: /^Range: Last 30 days/ }).click();
	await page.getByRole('button', { name: 'Yesterday' }).click();
	await page.getByText('No messages in this range').waitFor();

	await page.getByRole('button', { name: 'Go to a time' }).click();
	await page.getByLabel(/^Time/).fill(new Date((noon - 200 + 3600) * 1000).toISOString().slice(0, 19));
	await page.keyboard.press('Enter');
	const panel = page.getByRole('complementary', { name: 'Message' });
	await until(async () => (await panel.locator('header p').textContent()) === new Date((noon - 200 + 3600) * 1000).toISOString().slice(0, 19).replace('T', ' '), 'the message of that time');

	await page.goto(link);
	await count(page, 50);
	const other = await open(old, link.slice(link.indexOf('?')));
	await count(other, 50);
	assert.deepEqual(other.faults, []);
	assert.deepEqual(page.faults, []);
});

test('a restart of the gateway in mid-view: nothing is lost, nothing comes twice, the view stays', async () => {
	await fill(again, 400);
	const page = await open(again, '?last=86400&filter=position.speed%3E%3D20', { colorScheme: 'dark' });
	await count(page, 320);
	const panel = page.getByRole('complementary', { name: 'Message' });
	const top = await until(() => rowAt(page, 150), 'a row');
	await grid(page).evaluate((el) => (el.scrollTop = 2000));
	const seen = await until(async () => ((await rowAt(page, 150)) ?? top) !== top && rowAt(page, 150), 'another row');
	await grid(page).getByText(seen.slice(0, 19)).first().click();
	const title = await panel.locator('header p').textContent();

	await gateway.stop();
	await page.getByText('The connection to the gateway is lost').waitFor();
	await gateway.start();
	// these come before the page is connected again, or after: both must be there
	const tracker = new Tracker(gateway);
	for (let i = 0; i < 5; i++) await tracker.send(v1(identOf(again), now - 40 + i, { knots: 30 }) + v1(identOf(again), now - 30 + i, { knots: 1 }));
	await online(page);
	for (let i = 5; i < 10; i++) await tracker.send(v1(identOf(again), now - 40 + i, { knots: 30 }));
	await count(page, 330);
	assert.equal((await stored(again, { filter: 'position.speed>=20' })).length, 330);

	assert.equal(await panel.locator('header p').textContent(), title);
	await until(async () => (await rowAt(page, 150)) === seen, 'the same row at its place');
	assert.equal(await page.getByRole('combobox', { name: 'Filter expression' }).inputValue(), 'position.speed>=20');
	assert.equal((await walk(page, 40)).rows, 330);
	tracker.close();
	await shot(page, 'messages-dark');
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
});

test('on a phone: one pane at a time, a message in a window', async () => {
	const page = await open(raw, '', { viewport: { width: 390, height: 844 }, hasTouch: true });
	await count(page, 6);
	await shot(page, 'messages-phone');
	await grid(page).getByRole('row').nth(3).tap();
	const dialog = page.getByRole('dialog');
	await dialog.locator('.frame-text').waitFor();
	await shot(page, 'message-phone');
	assert.deepEqual(await axe(page), []);
	await dialog.getByRole('button', { name: 'Close' }).tap();
	await page.getByRole('button', { name: 'Traffic', exact: true }).tap();
	await page.getByRole('grid', { name: 'Traffic' }).getByText('received').first().waitFor();
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	assert.deepEqual(page.faults, []);
});
