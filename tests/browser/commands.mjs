// The commands of a device, with a tracker that answers them over a socket.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { axe, Browser, Gateway, ident, live, shot, until } from './harness.mjs';

const gateway = new Gateway();
const browser = new Browser();
let truck;
before(async () => {
	await Promise.all([gateway.start(), browser.start()]);
	[truck] = await gateway.fleet(1);
});
after(() => Promise.all([gateway.close(), browser.close()]));

/** A tracker of the given ident. It answers each command when `answers` says so, and keeps the words in `got`. */
class Tracker {
	constructor(id, answers = true) {
		this.got = [];
		this.answers = answers;
		this.socket = connect(gateway.port, '127.0.0.1');
		this.socket.on('error', () => undefined);
		this.id = id;
		this.say('HTBT');
		this.socket.on('data', (bytes) => {
			for (const [, payload] of bytes.toString('latin1').matchAll(/\*HQ,\d+,([^#]*)#/g)) this.take(payload);
		});
	}

	say(text) {
		this.socket.write(`*HQ,${this.id},${text}#`);
	}

	/** At 22.4 N with so many knots; the car's state in `status`. */
	drive(knots, status = 'FFFFFBFF') {
		const time = new Date().toISOString().slice(11, 19).replaceAll(':', '');
		const date = new Date().toISOString().slice(2, 10).split('-').reverse().join('');
		this.say(`V1,${time},A,2240.55181,N,11358.32389,E,${knots},180,${date},${status}`);
	}

	take(payload) {
		const [word, time, ...rest] = payload.split(',');
		if (word === 'V4' || word === 'HTBT') return;
		this.got.push([word, ...rest].join(','));
		this.answer = () => this.say(`V4,${word},${time}`);
		if (this.answers) this.answer();
	}

	end() {
		this.socket.destroy();
	}
}

const open = async () => {
	const page = await browser.open(gateway, `#/devices/${truck}/commands`);
	await live(page);
	return page;
};
const list = (page) => page.getByRole('listbox', { name: 'Commands of the device' }).getByRole('option');
const choose = (page, name) => list(page).getByText(name, { exact: true }).click();
const queue = (page) => page.getByRole('region', { name: 'Queue' }).getByRole('listitem');
const results = (page) => page.getByRole('region', { name: 'Results' }).getByRole('listitem');

test('a form is made of the schema, and what is wrong stands at its field', async () => {
	const page = await open();
	await page.getByLabel('Search commands').fill('interval upload');
	await until(async () => (await list(page).count()) === 1, 'the one that is searched');
	await list(page).click();
	const field = page.getByLabel('Seconds', { exact: true });
	const go = page.getByRole('button', { name: 'Put into the queue' });
	await field.fill('0');
	await go.click();
	await page.getByText('It must be 1 to 65,535').waitFor();
	assert.ok(await field.evaluate((el) => el === document.activeElement && el.ariaInvalid === 'true'));
	await field.fill('60');
	// what only the gateway can tell: the expression is wrong
	await page.getByText('Options').click();
	await page.getByLabel('Condition').fill('position.speed<');
	await go.click();
	await page.getByText('column 16: a value is expected').waitFor();
	assert.ok(await page.getByLabel('Condition').evaluate((el) => el === document.activeElement));
	await shot(page, 'commands-refused');
	assert.deepEqual(await axe(page), []);
	await page.getByLabel('Condition').fill('position.speed<5');
	await go.click();
	await queue(page).getByText('Upload interval').waitFor();
	await queue(page).getByText('when position.speed<5').waitFor();
	await page.getByRole('button', { name: 'Take out of the queue: Upload interval' }).click();
	await page.getByText('Nothing waits for this device.').waitFor();
	await results(page).getByText('taken out').waitFor();
	// what was typed stays while another command is looked at
	await page.getByLabel('Search commands').fill('');
	await choose(page, 'Read the state');
	await page.getByRole('heading', { name: 'Read the state' }).waitFor();
	await choose(page, 'Upload interval');
	await until(async () => (await field.inputValue()) === '60', 'the seconds');
	assert.deepEqual(page.faults, []);
});

test('a command waits, is sent when the tracker comes, and ends with its answer', async () => {
	const page = await open();
	await choose(page, 'Custom command');
	await page.getByRole('button', { name: /Set the number of the centre/ }).click();
	await page.getByRole('button', { name: 'Put into the queue' }).click();
	await queue(page).getByText('waits', { exact: true }).waitFor();
	assert.ok(await page.getByRole('button', { name: 'Send now and wait' }).isDisabled());
	const tracker = new Tracker(ident(0), false);
	await queue(page).getByText('sent', { exact: true }).waitFor();
	await queue(page).getByText('attempt 1 of 3').waitFor();
	await until(() => tracker.got.length, 'the command at the tracker');
	assert.deepEqual(tracker.got, ['S2,13812341234']);
	tracker.answers = true;
	tracker.say('V4,S2,130305');
	const result = results(page).filter({ hasText: 'Custom command' });
	await result.getByText('done').waitFor();
	await result.getByText(`*HQ,${ident(0)},V4,S2,130305#`).waitFor();
	await page.getByText('Nothing waits for this device.').waitFor();
	await page.getByText('The tracker has carried it out.').waitFor(); // under the form
	await result.getByRole('button', { name: /done/ }).click();
	const dialog = page.getByRole('dialog', { name: 'Custom command' });
	await dialog.getByText('S2,130305,13812341234', { exact: true }).waitFor();
	await shot(page, 'commands-result');
	await dialog.getByRole('button', { name: 'Send again' }).click();
	await until(() => page.getByLabel('Payload string').inputValue().then((text) => text === 'S2,130305,13812341234'), 'the form is filled again');
	tracker.end();
	assert.deepEqual(page.faults, []);
});

test('who sends now sees the answer; who stops waiting is told that it may be carried out', async () => {
	const page = await open();
	const tracker = new Tracker(ident(0));
	await choose(page, 'Read the state');
	const now = page.getByRole('button', { name: 'Send now and wait' });
	await now.click();
	await page.getByText('The tracker has carried it out.').waitFor();
	tracker.answers = false;
	await now.click();
	await page.getByText('Read the state: waiting for the tracker’s answer').waitFor();
	await shot(page, 'commands-waiting');
	await until(() => tracker.got.length === 2, 'the command at the tracker');
	await page.getByRole('button', { name: 'Stop waiting' }).click();
	await page.getByText('nobody waits for the answer any more').waitFor();
	const done = results(page).filter({ hasText: 'Read the state' }).getByText('done');
	await until(async () => (await done.count()) === 1, 'the first result');
	tracker.answer();
	await until(async () => (await done.count()) === 2, 'the result of what nobody waited for');
	tracker.end();
	assert.deepEqual(page.faults, []);
});

test('a dangerous command asks; no means that nothing is sent; at speed it asks again', async () => {
	const page = await open();
	const tracker = new Tracker(ident(0));
	tracker.drive(40);
	await choose(page, 'Stop the engine');
	await page.getByText('74 km/h').first().waitFor();
	const go = page.getByRole('button', { name: 'Put into the queue' });
	const dialog = page.getByRole('dialog', { name: 'Stop the engine: Truck 1' });
	await go.click();
	await dialog.getByText('It may stop a car').waitFor();
	await dialog.getByText('74.1 km/h').waitFor();
	await shot(page, 'commands-dangerous');
	assert.deepEqual(await axe(page), []);
	await page.keyboard.press('Enter'); // what has the focus is the way back
	await page.getByText('Nothing was sent.').waitFor();
	await go.click();
	await dialog.getByRole('button', { name: 'Send it' }).click();
	await dialog.getByRole('alert').getByText('above 20 km/h no fuel is cut').waitFor();
	await shot(page, 'commands-too-fast');
	await page.keyboard.press('Escape');
	await dialog.waitFor({ state: 'detached' });
	assert.deepEqual(await gateway.rest('GET', `gw/devices/${truck}/commands-queue/all`), []);
	assert.deepEqual(tracker.got, []);
	await go.click();
	await dialog.getByRole('button', { name: 'Send it' }).click();
	await dialog.getByRole('button', { name: 'Cut fuel all the same' }).click();
	await until(() => tracker.got.includes('S20,1,1'), 'the cut at the tracker');
	await results(page).filter({ hasText: 'Stop the engine' }).getByText('done').waitFor();
	// the next status word bears it out, and the page hears of it
	tracker.drive(0, 'F7FFFBFF');
	await results(page).getByText('confirmed', { exact: true }).waitFor();
	await shot(page, 'commands');
	tracker.end();
	assert.deepEqual(page.faults, []);
});

test('the tab is there on a phone in the dark', async () => {
	const page = await browser.open(gateway, `#/devices/${truck}/commands`, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
	await results(page).first().waitFor();
	await shot(page, 'commands-phone');
	assert.deepEqual(await axe(page), []);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});
