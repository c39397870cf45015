// page.mjs [--quick]: what the web page weighs, how soon it is usable, and how long its main thread works for
// a frame while 5,000 devices move. Prints one line of JSON; $CANTRACK is the gateway.
import { Browser, Gateway, until } from '../browser/harness.mjs';
import { marks, measureFrames } from '../browser/frames.mjs';

const isQuick = process.argv.includes('--quick');
const LISTED = 100;
const MOVING = 5000;
const SECONDS = isQuick ? 4 : 20;
const OPENINGS = isQuick ? 3 : 15;

/** Bytes as they travel, by kind, of what the page has asked for below assets/ and of itself. */
async function weigh(page, seen) {
	const found = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
		.map((e) => [new URL(e.name).pathname, e.encodedBodySize]));
	for (const [path, bytes] of found) {
		const kind = path === '/' ? 'html' : /^\/assets\/.*\.(js|css|json|svg)$/.exec(path)?.[1];
		if (kind) seen.set(path, { kind, bytes });
	}
}

function sums(seen) {
	const bytes = { all: 0, html: 0, js: 0, css: 0, json: 0, svg: 0 };
	for (const { kind, bytes: n } of seen.values()) {
		bytes[kind] += n;
		bytes.all += n;
	}
	return bytes;
}

/** From the beginning of the navigation until the list shows devices, in ms; with an empty cache. */
async function opening(browser, gateway, seen) {
	const page = await browser.open(gateway, 'docs');
	await page.addInitScript(() => {
		const look = () => {
			if (document.querySelectorAll('[role=grid] [role=row]').length > 5) window.listedAt ??= performance.now();
			else requestAnimationFrame(look);
		};
		requestAnimationFrame(look);
	});
	await page.goto(gateway.url + '#/devices');
	const at = await until(() => page.evaluate(() => window.listedAt), 'the list of devices');
	if (seen) await weigh(page, seen);
	await page.context().close();
	return at;
}

/** Until no further part of the page has come for a second. */
async function settled(page) {
	const parts = () => page.evaluate(() => performance.getEntriesByType('resource').filter((e) => e.name.includes('/assets/')).length);
	for (let last = -1, now = await parts(); now !== last; now = await parts()) {
		last = now;
		await page.waitForTimeout(1000);
	}
}

async function first(browser) {
	const gateway = await new Gateway().start();
	try {
		const ids = await gateway.fleet(LISTED);
		const seen = new Map();
		const times = [await opening(browser, gateway, seen)];
		while (times.length < OPENINGS) times.push(await opening(browser, gateway));
		const all = new Map(seen);
		for (const view of ['#/map', '#/add', '#/channels', '#/tokens', '#/health', `#/devices/${ids[0]}/track`, `#/devices/${ids[0]}/messages`]) {
			const page = await browser.open(gateway, view);
			await page.locator('.live.on').waitFor();
			await settled(page);
			await weigh(page, all);
			await page.context().close();
		}
		return { opening: marks(times), openings: times.length, first: sums(seen), all: sums(all) };
	} finally {
		await gateway.close();
	}
}

async function moving(browser) {
	const gateway = await new Gateway().start();
	try {
		await gateway.fleet(MOVING);
		const page = await browser.open(gateway, '#/map', { reducedMotion: 'no-preference' });
		const state = page.getByRole('group', { name: 'What is shown' }).getByRole('button', { name: 'moving' });
		gateway.simulate('--devices', String(MOVING), '--rate', String(MOVING), '--mode', 'flood');
		await until(async () => Number((await state.textContent()).replace(/\D/g, '')) > MOVING / 2, 'moving devices', 120_000);
		const frames = await measureFrames(browser, page, SECONDS);
		if (page.faults.length) throw new Error(page.faults.join('; '));
		return { ...frames, seconds: SECONDS };
	} finally {
		await gateway.close();
	}
}

const browser = await new Browser({ isTest: false }).start();
try {
	console.log(JSON.stringify({ ...(await first(browser)), frames: await moving(browser) }));
} finally {
	await browser.close();
}
