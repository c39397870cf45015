// Messages without a mouse, and in windows that have no room for a message at the side.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, ident, until } from './harness.mjs';
import { Tracker, v1 } from './tracker.mjs';

const gateway = new Gateway();
const browser = new Browser();
const now = Math.floor(Date.now() / 1000);
const tracker = () => new Tracker(gateway);
let device;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[device] = await gateway.fleet(1);
	const t = tracker();
	await t.send(Array.from({ length: 20 }, (_, i) => v1(ident(0), now - 60 - 10 * i, { knots: i })).join(''));
	await until(async () => (await gateway.rest('GET', `gw/devices/${device}/messages`)).length === 20, 'the messages');
	t.close();
});
after(() => Promise.all([gateway.close(), browser.close()]));

const grid = (page) => page.getByRole('grid', { name: 'Messages' });
const panel = (page) => page.getByRole('complementary', { name: 'Message' });
/** Speed of the current row, in knots. */
const current = async (page) => Math.round(Number(await grid(page).locator('[aria-selected=true] [role=gridcell]').nth(4).textContent()) / 1.852);
const isAt = (page, knots) => until(async () => (await current(page)) === knots, `the row of ${knots} knots`);
const hasFocus = (locator) => until(() => locator.evaluate((el) => el === document.activeElement), 'the focus');

async function open(options) {
	const page = await browser.open(gateway, `#/devices/${device}/messages`, options);
	await page.getByText('20 messages', { exact: true }).waitFor();
	return page;
}

test('who closes a message goes on from its row', async () => {
	const page = await open();
	await grid(page).focus();
	for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
	await isAt(page, 2);
	await page.keyboard.press('Escape');
	await panel(page).waitFor({ state: 'detached' });
	await isAt(page, 2);
	await page.keyboard.press('Enter');
	await hasFocus(panel(page).locator('.message-body'));
	await page.keyboard.press('Escape');
	await hasFocus(grid(page));
	await page.keyboard.press('ArrowDown');
	await isAt(page, 3);
	assert.deepEqual(page.faults, []);
});

test('no message stands beside the frame of another one, not even for a moment', async () => {
	const page = await open({ timezoneId: 'UTC' });
	await grid(page).focus();
	await page.keyboard.press('ArrowDown');
	const frame = panel(page).locator('.frame-text');
	await frame.waitFor();
	await panel(page).evaluate((el) => {
		globalThis.wrong = 0;
		new MutationObserver(() => {
			const [time, frame] = [el.querySelector('header p'), el.querySelector('.frame-text')].map((one) => one?.textContent);
			if (frame && !frame.includes(time.slice(11).replaceAll(':', ''))) globalThis.wrong++;
		}).observe(el, { subtree: true, childList: true, characterData: true });
	});
	for (let i = 1; i < 6; i++) {
		await page.keyboard.press('ArrowDown');
		await isAt(page, i);
		await until(async () => (await frame.allTextContents()).some((text) => text.includes(`E,${i}.00,`)), 'its frame');
	}
	assert.equal(await page.evaluate(() => globalThis.wrong), 0);
	assert.deepEqual(page.faults, []);
});

test('where a message gets a window, the arrow keys go through the table, and Enter opens it', async () => {
	const page = await open({ viewport: { width: 1000, height: 800 } });
	const dialog = page.getByRole('dialog');
	await grid(page).focus();
	for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
	await isAt(page, 2);
	assert.equal(await dialog.count(), 0);
	await page.keyboard.press('Enter');
	await dialog.getByRole('button', { name: 'Older message' }).press('Enter');
	await page.keyboard.press('Escape');
	await dialog.waitFor({ state: 'detached' });
	await isAt(page, 3);
	await hasFocus(grid(page));
	await page.keyboard.press('ArrowDown');
	await isAt(page, 4);
	assert.deepEqual(page.faults, []);
});

test('on a phone, the frame of a message leads to its packet', async () => {
	const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
	await grid(page).getByRole('row').nth(3).tap();
	await page.getByRole('dialog').getByRole('button', { name: 'Show in the traffic' }).tap();
	await page.getByRole('region', { name: 'Packet' }).waitFor();
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	assert.equal(await page.getByRole('button', { name: 'Traffic', exact: true }).getAttribute('aria-pressed'), 'true');
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(page.faults, []);
});

test('a phone on its side shows one pane, with room for rows', async () => {
	const page = await open({ viewport: { width: 844, height: 390 }, hasTouch: true });
	await page.getByRole('group', { name: 'Panes' }).getByRole('button', { name: 'Logs' }).tap();
	await page.getByRole('grid', { name: 'Logs' }).waitFor();
	assert.equal(await grid(page).count(), 0);
	await page.getByRole('button', { name: 'Messages', exact: true }).tap();
	assert.ok((await grid(page).boundingBox()).height > 130);
	assert.deepEqual(page.faults, []);
});

test('columns are chosen and moved without losing the focus', async () => {
	const page = await open();
	await page.getByRole('button', { name: 'Columns' }).click();
	const dialog = page.getByRole('dialog', { name: 'Columns' });
	const left = dialog.getByRole('button', { name: 'message.type: further left' });
	for (let i = 0; i < 3; i++) await left.press('Enter'); // it is the first one by then
	await hasFocus(left);
	const box = dialog.getByRole('checkbox', { name: /^gsm\.lac/ });
	await box.press('Space');
	await hasFocus(dialog.getByRole('checkbox', { name: /^gsm\.mcc/ }));
	await page.keyboard.press('Space');
	await hasFocus(dialog.getByRole('checkbox', { name: /^gsm\.mnc/ }));
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Escape');
	const heads = await grid(page).getByRole('columnheader').evaluateAll((list) => list.map((el) => el.getAttribute('aria-label')));
	assert.equal(heads[0], 'message.type');
	assert.deepEqual(heads.slice(-2), ['gsm.lac', 'gsm.mcc']);
	assert.deepEqual(page.faults, []);
});

test('a suggestion is taken with a tap, not by the finger that scrolls', async () => {
	const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
	const box = page.getByRole('combobox', { name: 'Filter expression' });
	await box.tap();
	await page.keyboard.type('pos');
	const option = page.getByRole('option', { name: /^position\.speed/ });
	await option.dispatchEvent('pointerdown', { pointerType: 'touch' });
	assert.equal(await box.inputValue(), 'pos');
	await option.tap();
	await until(async () => (await box.inputValue()) === 'position.speed', 'the suggestion');
	await hasFocus(box);
	assert.deepEqual(page.faults, []);
});
