// Takes the pictures of docs/web.md: `node tests/browser/pictures.mjs FOLDER [NAME...]`. Lorries of a made-up
// fleet drive meanwhile, so no two runs give the same picture.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { demo } from './demo.mjs';
import { Browser, Gateway, live } from './harness.mjs';

const [folder, ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const rest = (ms) => new Promise((go) => setTimeout(go, ms));
const row = (page, label, n) => page.getByRole('grid', { name: label }).getByRole('row').nth(n);

/** name: [where, options, what is done before the picture is taken] */
const PICTURES = {
	'first-minute': ['#/add', {}],
	devices: ['#/devices', {}],
	'devices-dark': ['#/devices', { colorScheme: 'dark' }],
	map: ['#/map', { reducedMotion: 'no-preference' }, () => rest(3000)],
	'map-dark': ['#/map', { colorScheme: 'dark' }, () => rest(3000)],
	messages: ['#/devices/1/messages', {}, (page) => row(page, 'Messages', 3).click()],
	'messages-dark': ['#/devices/1/messages', { colorScheme: 'dark' }, (page) => row(page, 'Messages', 3).click()],
	traffic: ['#/devices/1/messages', {}, (page) => page.getByRole('button', { name: 'Traffic' }).or(page.getByRole('tab', { name: 'Traffic' })).click()],
	track: ['#/devices/1/track', {}, () => rest(3000)],
	'track-dark': ['#/devices/1/track', { colorScheme: 'dark' }, () => rest(3000)],
	commands: ['#/devices/2/commands', {}, async (page) => page.getByText('Upload interval').first().click()],
	settings: ['#/devices/1/settings', {}],
	channels: ['#/channels', {}],
	channel: ['#/channels/1', {}, () => rest(4000)],
	tokens: ['#/tokens', {}],
	health: ['#/health', {}, () => rest(8000)],
	'phone-devices': ['#/devices', phone()],
	'phone-map': ['#/map', phone(), () => rest(3000)],
	'phone-messages': ['#/devices/1/messages', phone()],
	'phone-track': ['#/devices/1/track', phone(), () => rest(3000)],
	'phone-add': ['#/add', phone()],
	'wide-messages': ['#/devices/1/messages', { viewport: { width: 3840, height: 2160 } }, (page) => row(page, 'Messages', 3).click()],
	'wide-track': ['#/devices/1/track', { viewport: { width: 3840, height: 2160 } }, () => rest(4000)],
};

function phone() {
	return { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
}

const gateway = await new Gateway().start();
const browser = await new Browser({ isTest: false }).start();
const fleet = await demo(gateway);
for (const [i, name] of ['Despatch, read only', 'Map in the office', 'Workshop'].entries())
	await gateway.rest('POST', 'platform/tokens', { info: name, ttl: 86400 * 30 * (i + 1), access: { type: i ? 2 : 0, ...(i && { acl: [{ uri: 'gw/devices', methods: ['GET'] }] }) } });
await gateway.rest('POST', 'gw/devices/2/commands-queue', [{ name: 'interval.set', properties: { seconds: 60 }, ttl: 3600 }]);
const strangers = gateway.simulate('--devices', '3', '--first-ident', '359586018966098', '--seconds', '900');
await rest(6000);
for (const [name, [where, options, act]] of Object.entries(PICTURES)) {
	if (only.length && !only.includes(name)) continue;
	const page = await browser.open(gateway, where, options);
	await live(page, { state: 'attached' });
	await rest(1500);
	await act?.(page).catch((e) => console.log(name, e.message.split('\n')[0]));
	await rest(900);
	await page.screenshot({ path: join(folder, name + '.png') });
	if (page.faults.length) console.log(name, page.faults);
	await page.context().close();
}
fleet.stop();
await strangers.stop();
await browser.close();
await gateway.close();
