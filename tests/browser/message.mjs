// One message in full: it stands in the address.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Gateway, live, until } from './harness.mjs';

const gateway = new Gateway();
const browser = new Browser();
const now = Math.floor(Date.now() / 1000);
let linked;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[linked] = await gateway.fleet(1);
});
after(() => Promise.all([gateway.close(), browser.close()]));

const grid = (page) => page.getByRole('grid', { name: 'Messages' });
const panel = (page) => page.getByRole('complementary', { name: 'Message' });
const current = (page) => grid(page).locator('[aria-selected=true]');
const count = (page, n) => page.getByText(new RegExp(`^${n.toLocaleString('en-GB')} messages?$`)).waitFor();
/** As the page shows it to somebody in Berlin, in winter. */
const berlin = (s) => new Date((s + 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
const opened = (page, s) => until(async () => (await panel(page).locator('header p').textContent()) === berlin(s), 'the message');
const address = (page, wanted) => until(() => new URLSearchParams(page.url().split('?')[1]).get('message') === wanted, `the address with ${wanted}`);

async function open(device, query = '', options = {}) {
	const page = await browser.open(gateway, `#/devices/${device}/messages${query}`, options);
	await grid(page).waitFor();
	await live(page);
	return page;
}

const post = (device, n, end = now - 60) =>
	gateway.post(device, Array.from({ length: n }, (_, i) => ({ timestamp: end - 10 * i, 'position.speed': i, 'battery.level': 50 })));

test('the message that is open stands in the address: a reload and a link open it', async () => {
	await post(linked, 200);
	const at = now - 60 - 1500;
	await gateway.post(linked, [{ timestamp: at, 'position.speed': 900 }, { timestamp: at, 'position.speed': 901 }]); // of one time
	const page = await open(linked);
	await count(page, 202);
	await grid(page).focus();
	await page.keyboard.press('ArrowDown');
	await address(page, String(now - 60));
	await grid(page).evaluate((el) => (el.scrollTop = 26 * 148));
	await grid(page).getByText('901', { exact: true }).click();
	await address(page, `${at}_2`);
	assert.match(page.url(), /last=86400/);

	const isIt = async (one) => {
		await opened(one, at);
		await panel(one).locator('.parameter', { hasText: 'position.speed' }).getByText('901').waitFor();
		await until(async () => /901/.test(await current(one).textContent()), 'its row, in sight');
	};
	await page.reload();
	await isIt(page);
	const link = page.url();
	const other = await open(linked, link.slice(link.indexOf('?')));
	await isIt(other);
	// also on the other tabs, and with another filter that leaves it
	await other.getByRole('link', { name: 'Map & plots' }).click();
	await until(() => /track.*message=/.test(other.url()), 'the address of the track');
	await other.getByRole('link', { name: 'Logs & Messages' }).click();
	await isIt(other);
	const box = other.getByRole('combobox', { name: 'Filter expression' });
	await box.fill('position.speed>=900');
	await box.press('Enter');
	await count(other, 2);
	await opened(other, at);
	await address(other, `${at}_1`);
	await box.fill('position.speed<900');
	await box.press('Enter');
	await count(other, 200);
	await panel(other).waitFor({ state: 'detached' });
	await address(other, null);

	await page.keyboard.press('Escape'); // a reload has opened it: the focus is nowhere in it
	await panel(page).waitFor({ state: 'detached' });
	await address(page, null);
	assert.deepEqual([page.faults, other.faults], [[], []]);
});

test('a link to a message shows it when the range has gone on; one that is gone is told', async () => {
	const old = now - 20 * 86400;
	await gateway.post(linked, [{ timestamp: old + 0.25, 'position.speed': 77 }]);
	const page = await open(linked, `?last=3600&message=${old + 0.25}`);
	await until(async () => (await panel(page).locator('header p').textContent()) === `${berlin(old)}.250`, 'the message');
	assert.ok(await panel(page).getByRole('button', { name: 'Older message' }).isDisabled());
	assert.ok(await panel(page).getByRole('button', { name: 'Newer message' }).isDisabled());
	await address(page, String(old + 0.25));
	assert.match(page.url(), /last=3600/);
	await panel(page).getByRole('button', { name: 'Close' }).click();
	await panel(page).waitFor({ state: 'detached' });
	const other = await open(linked, `?last=3600&message=${old + 5}`);
	await other.getByText('The message that was open is not kept any more').waitFor();
	await address(other, null);
	assert.deepEqual([page.faults, other.faults], [[], []]);
});
