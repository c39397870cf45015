// A fleet to look at: lorries that drive between cities of Europe, with a day behind them. For pictures.
import { connect } from 'node:net';
import { ident } from './harness.mjs';

const CITIES = {
	Rotterdam: [51.92, 4.48], Antwerp: [51.22, 4.4], Brussels: [50.85, 4.35], Liege: [50.63, 5.57], Cologne: [50.94, 6.96],
	Frankfurt: [50.11, 8.68], Wuerzburg: [49.79, 9.93], Nuremberg: [49.45, 11.08], Munich: [48.14, 11.58], Salzburg: [47.8, 13.04],
	Linz: [48.31, 14.29], Vienna: [48.21, 16.37], Bratislava: [48.15, 17.11], Budapest: [47.5, 19.04], Stuttgart: [48.78, 9.18],
	Strasbourg: [48.57, 7.75], Basel: [47.56, 7.59], Zurich: [47.38, 8.54], Milan: [45.46, 9.19], Lyon: [45.76, 4.84],
	Paris: [48.86, 2.35], Lille: [50.63, 3.06], Hamburg: [53.55, 9.99], Hanover: [52.37, 9.73], Berlin: [52.52, 13.41],
	Leipzig: [51.34, 12.37], Prague: [50.08, 14.44], Brno: [49.2, 16.61], Wroclaw: [51.11, 17.04], Warsaw: [52.23, 21.01],
	Poznan: [52.41, 16.93], Copenhagen: [55.68, 12.57], Turin: [45.07, 7.69], Marseille: [43.3, 5.37], Bordeaux: [44.84, -0.58],
};
const MAKES = ['MAN TGX', 'Volvo FH', 'Scania R', 'DAF XF', 'Actros', 'Iveco S-Way'];

/** Numbers in 0..1, the same ones for the same seed. */
function random(seed) {
	return () => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32);
}

const TICK_S = 2;
const radians = (degrees) => (degrees * Math.PI) / 180;

function kilometres([a, b], [c, d]) {
	const h = Math.sin(radians(c - a) / 2) ** 2 + Math.cos(radians(a)) * Math.cos(radians(c)) * Math.sin(radians(d - b) / 2) ** 2;
	return 12742 * Math.asin(Math.sqrt(h));
}

function heading([a, b], [c, d]) {
	return (Math.round((Math.atan2((d - b) * Math.cos(radians(a)), c - a) * 180) / Math.PI) + 360) % 360;
}

/** From city to city, each time one of the nearest that it has not been to. */
function tour(next, begin) {
	const names = Object.keys(CITIES);
	const way = [begin ?? names[Math.floor(next() * names.length)]];
	while (way.length < 16) {
		const at = CITIES[way.at(-1)];
		const near = names.filter((n) => !way.includes(n)).sort((x, y) => kilometres(at, CITIES[x]) - kilometres(at, CITIES[y]));
		way.push(near[Math.floor(next() * 2)]);
	}
	return way.map((name) => CITIES[name]);
}

/** A road is no straight line: it swings to and fro, and meets the cities. */
function road(way) {
	const points = [];
	way.slice(1).forEach((to, leg) => {
		const from = way[leg];
		const length = kilometres(from, to);
		const steps = Math.ceil(length / 0.4);
		for (let i = 0; i < steps; i++) {
			const f = i / steps;
			const swing = Math.sin(Math.PI * f) * length * 0.00045 * (Math.sin(f * 9 + leg) + 0.5 * Math.sin(f * 23 + 2 * leg) + 0.22 * Math.sin(f * 61));
			points.push([from[0] + (to[0] - from[0]) * f + (to[1] - from[1]) * swing * 0.6, from[1] + (to[1] - from[1]) * f - (to[0] - from[0]) * swing]);
		}
	});
	return points;
}

/** What the lorry reports: one each `step` seconds, or as many as next() says. It rests 45 minutes after 4 hours, and
 *  8 in the night. */
export function* drive(seed, step, begin) {
	const next = random(seed);
	const points = road(tour(next, begin));
	let km = next() * 60;
	let speed = 0;
	let atWheel = next() * 3 * 3600;
	let rest = 0;
	let battery = 70 + next() * 30;
	for (let s = 0; ; s += step) {
		if (rest > 0) rest -= step;
		else if ((atWheel += step) > 4 * 3600) [rest, atWheel] = [next() < 0.3 ? 8 * 3600 : 2700, 0];
		const town = Math.abs(((km / 180) % 1) - 0.5) > 0.46;
		const wanted = rest > 0 ? 0 : town ? 22 + 20 * next() : 79 + 8 * Math.sin(s / 700) - 25 * (next() < 0.02 ? 1 : 0);
		speed += (wanted - speed) * (wanted < speed ? 0.7 : 0.4);
		if (speed < 2) speed = 0;
		km += (speed * step) / 3600;
		battery = Math.max(8, Math.min(100, battery + (speed > 0 ? 0.06 : -0.02)));
		const whole = Math.floor(km / 0.4) % (points.length - 1);
		const part = (km / 0.4) % 1;
		const [a, b] = [points[whole], points[whole + 1]];
		step = (yield {
			speed, ignition: rest <= 0, battery: Math.round(battery), direction: heading(a, b),
			signal: Math.round(62 + 25 * Math.sin(s / 2900) + 12 * next()),
			lat: a[0] + (b[0] - a[0]) * part, lon: a[1] + (b[1] - a[1]) * part,
		}) ?? step;
	}
}

const message = (at, p, i) => ({
	timestamp: at, ident: ident(i), 'message.type': 'V1', 'position.valid': true, 'engine.ignition.status': p.ignition,
	'position.latitude': Number(p.lat.toFixed(6)), 'position.longitude': Number(p.lon.toFixed(6)),
	'position.speed': Number(p.speed.toFixed(2)), 'position.direction': p.direction,
	'battery.level': p.battery, 'gsm.signal.level': Math.min(100, p.signal),
});

const two = (n) => String(n).padStart(2, '0');
function degrees(value, width) {
	const whole = Math.floor(Math.abs(value));
	return String(whole).padStart(width, '0') + ((Math.abs(value) - whole) * 60).toFixed(5).padStart(8, '0');
}

/** The V1 frame of a report. */
function frame(i, p) {
	const d = new Date();
	const time = two(d.getUTCHours()) + two(d.getUTCMinutes()) + two(d.getUTCSeconds());
	const date = two(d.getUTCDate()) + two(d.getUTCMonth() + 1) + two(d.getUTCFullYear() % 100);
	const knots = (p.speed / 1.852).toFixed(2);
	const status = p.ignition ? 'FFFFFFFF' : 'FFFFFBFF';
	return `*HQ,${ident(i)},V1,${time},A,${degrees(p.lat, 2)},${p.lat < 0 ? 'S' : 'N'},${degrees(p.lon, 3)},${p.lon < 0 ? 'W' : 'E'},${knots},${p.direction},${date},${status}#`;
}

/** Makes `count` lorries, the first with `hours` of history; most are on the air until the returned function
 *  is called. */
export async function demo(gateway, count = 48, hours = 24) {
	const next = random(7);
	const items = Array.from({ length: count }, (_, i) => ({
		name: `${MAKES[i % MAKES.length]} · ${String.fromCharCode(65 + (i * 7) % 26)}${String.fromCharCode(65 + (i * 11) % 26)} ${100 + ((i * 37) % 900)}`,
		device_type_id: 1, configuration: { ident: ident(i) },
	}));
	const devices = await gateway.rest('POST', 'gw/devices', items);
	const drivers = devices.map((_, i) => drive(i + 11, 30, i ? undefined : 'Rotterdam'));
	const now = Math.floor(Date.now() / 1000);
	for (let i = 0; i < count; i++) {
		const own = (i < 3 ? hours : 2) * 120;
		const past = Array.from({ length: own }, (_, k) => message(now - (own - k) * 30, drivers[i].next().value, i));
		for (let at = 0; at < past.length; at += 1000) await gateway.post(devices[i].id, past.slice(at, at + 1000));
	}
	const sockets = devices.map((_, i) => (next() < 0.86 || i < 3 ? connect(gateway.port, '127.0.0.1') : null));
	const speak = () => sockets.forEach((socket, i) => {
		const p = drivers[i].next(TICK_S).value;
		if (socket && Math.random() < 0.5) socket.write(frame(i, p) + (Math.random() < 0.2 ? `*HQ,${ident(i)},HTBT,${p.battery}#` : ''));
	});
	sockets.forEach((socket, i) => socket?.write(`*HQ,${ident(i)},V0#` + frame(i, drivers[i].next().value)));
	const timer = setInterval(speak, TICK_S * 1000);
	return { devices, stop: () => (clearInterval(timer), sockets.forEach((socket) => socket?.destroy())) };
}
