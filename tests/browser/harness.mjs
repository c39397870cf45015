// A real gateway, Debian's Chromium, and a person at it: what the tests of the page are written with.
//
// A test file is a program that prints TAP (node:test). The gateway is $CANTRACK, or build/cantrack. With
// SCREENSHOTS=folder, each `shot` leaves a picture there to be looked at.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach } from 'node:test';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
export const PROGRAM = process.env.CANTRACK ?? join(ROOT, 'build/cantrack');
export const require = createRequire(join(ROOT, 'web/package.json'));
const { chromium } = require('playwright-core');
const SHOTS = process.env.SCREENSHOTS;
// the same browser, in half the processor time without its windows
const CHROMIUM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync);
const PATIENCE = 20_000;

/** Waits until `what` gives something true; throws its name when it does not within 20 s. */
export async function until(what, name = String(what), patience = PATIENCE) {
	const end = Date.now() + patience;
	for (;;) {
		const found = await what();
		if (found) return found;
		if (Date.now() > end) throw new Error(`did not come: ${name}`);
		await new Promise((go) => setTimeout(go, 50));
	}
}

/** A gateway on free ports of 127.0.0.1; start() after stop() is the same one, restarted, at its old ports. */
export class Gateway {
	constructor(args = []) {
		this.folder = mkdtempSync(join(tmpdir(), 'cantrack-'));
		this.data = join(this.folder, 'data');
		this.args = args;
		this.listen = this.http = this.mqtt = '127.0.0.1:0';
		this.log = [];
	}

	async start() {
		const words = ['serve', '--data', this.data, '--listen', this.listen, '--http', this.http, '--mqtt', this.mqtt];
		this.process = spawn(PROGRAM, [...words, ...this.args], { stdio: ['ignore', 'ignore', 'pipe'] });
		this.ended = new Promise((done) => this.process.once('exit', done));
		let rest = '';
		this.process.stderr.on('data', (piece) => {
			const lines = (rest + piece).split('\n');
			rest = lines.pop();
			this.log.push(...lines);
		});
		const ready = await until(() => this.log.findLast((line) => / event=(ready|cannot_start) /.test(line)), 'the gateway');
		const [, port, url] = /listen=\S*:(\d+) http=(\S+)/.exec(ready) ?? [];
		if (!url) throw new Error(this.log.join('\n'));
		this.port = Number(port);
		this.url = url + '/';
		this.listen = `127.0.0.1:${port}`;
		this.http = new URL(url).host;
		this.mqtt = / mqtt=(\S+)/.exec(ready)[1];
		this.token = readFileSync(join(this.data, 'admin.token'), 'utf8').trim();
		this.log = [];
		return this;
	}

	async stop() {
		this.process.kill('SIGTERM');
		await this.ended;
	}

	/** The JSON that REST answers; throws when it refuses. */
	async rest(method, path, body) {
		const response = await fetch(this.url + path, {
			method,
			headers: { Authorization: `FlespiToken ${this.token}` },
			...(body !== undefined && { body: JSON.stringify(body) }),
		});
		const answer = await response.json();
		if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
		return answer.result;
	}

	/** Devices named "Truck 1", "Truck 2", … with the idents that `simulate` uses. Returns their ids. */
	async fleet(count) {
		const ids = [];
		for (let at = 0; at < count; at += 500) {
			const some = Array.from({ length: Math.min(500, count - at) }, (_, i) => ({
				name: `Truck ${at + i + 1}`,
				device_type_id: 1,
				configuration: { ident: ident(at + i) },
			}));
			ids.push(...(await this.rest('POST', 'gw/devices', some)).map((device) => device.id));
		}
		return ids;
	}

	/** Trackers that drive; ends by itself, or with the returned function. */
	simulate(...args) {
		const child = spawn(PROGRAM, ['simulate', '--to', this.listen, '--quiet', ...args], { stdio: 'ignore' });
		const ended = new Promise((done) => child.once('exit', done));
		this.children = [...(this.children ?? []), child];
		return { ended, stop: () => (child.kill('SIGTERM'), ended) };
	}

	/** Stores messages of a device as if it had sent them. */
	post(id, messages) {
		return this.rest('POST', `gw/devices/${id}/messages`, messages);
	}

	async close() {
		for (const child of this.children ?? []) child.kill('SIGKILL');
		if (this.process.exitCode === null) await this.stop();
		rmSync(this.folder, { recursive: true });
	}
}

/** The ident of the simulator's tracker number `i`, from 0. */
export const ident = (i) => String(865205000000001n + BigInt(i));

/** Chromium, one for a test file. Its pages are closed when their test ends: one that is left open goes on
 *  painting, and the next test waits for it. */
export class Browser {
	contexts = new Set();

	constructor({ isTest = true } = {}) {
		if (isTest) afterEach(() => this.closePages());
	}

	async closePages() {
		for (const context of this.contexts) await context.close();
		this.contexts.clear();
	}

	async start() {
		this.chromium = await chromium.launch({
			executablePath: CHROMIUM,
			args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
				'--disable-background-networking', '--disable-component-update', '--disable-sync'],
		});
		return this;
	}

	/** A new person: a page at `where` (#/devices) of the gateway, logged in unless `token` is ''. What the
	 *  page may not do is counted in page.faults: errors, refused policies, requests to other hosts. */
	async open(gateway, where = '#/', { token = gateway.token, base = gateway.url, ...options } = {}) {
		const context = await this.chromium.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', ...options });
		this.contexts.add(context);
		context.setDefaultTimeout(PATIENCE);
		const page = await context.newPage();
		page.faults = [];
		page.on('pageerror', (e) => page.faults.push(`error: ${e.message}`));
		page.on('console', (m) => /Content.Security.Policy/i.test(m.text()) && page.faults.push(m.text()));
		page.on('request', (r) => !/^(data|blob):/.test(r.url()) && new URL(r.url()).host !== new URL(base).host && page.faults.push(`asked ${r.url()}`));
		if (token) await context.addInitScript((key) => sessionStorage.getItem('cantrack.token') ?? sessionStorage.setItem('cantrack.token', key), token);
		await page.goto(base + where);
		return page;
	}

	async close() {
		await this.chromium.close();
	}
}

/** The live door is open, and the page says so; `{ state: 'attached' }`: where it has no room for that. */
export const live = (page, options) => page.locator('.live.on').waitFor(options);

/** Another view without loading the page anew. */
export const go = (page, where) => page.evaluate((hash) => (location.hash = hash), where);

/** Answers to `what` (of requests with this method, so many at most) are held back from now on, until free() is called; then
 *  they come, or are lost. came() waits until there is one. */
export async function hold(page, what, { method = 'GET', times, isLost = false } = {}) {
	let free;
	let hasCome = false;
	const held = new Promise((go) => (free = go));
	await page.route(what, async (route) => {
		if (route.request().method() !== method) return route.fallback();
		const response = await route.fetch({ maxRetries: 3 }); // a connection may have been idle for too long
		hasCome = true;
		await held;
		await (isLost ? route.abort() : route.fulfill({ response }));
	}, { times });
	return { free, came: () => until(() => hasCome, `a request of ${what}`) };
}

/** What is changed by now is painted. */
export const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** What was held is answered, and the page has done what it does then. */
export async function answer(page, what, { free }) {
	const answers = () => page.evaluate((source) => performance.getEntriesByType('resource').filter(({ name }) => new RegExp(source).test(name)).length, what.source);
	const before = await answers();
	free();
	await until(async () => (await answers()) > before, `the answer of ${what}`);
	await frames(page);
}

/** Leaves a picture, when pictures are wanted. */
export async function shot(page, name) {
	if (!SHOTS) return;
	mkdirSync(SHOTS, { recursive: true });
	await page.screenshot({ path: join(SHOTS, name + '.png') });
}

/** What axe-core finds to be a serious or critical fault: ["rule: selector", …]. */
export async function axe(page) {
	await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
	return violations
		.filter((v) => v.impact === 'serious' || v.impact === 'critical')
		.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}
