// A day's journey of a car, as messages to be posted: streets, a motorway, stops, silence, positions without
// a fix. It is the same one each time.

const METRES = 111_195; // of a degree of latitude
const STEP_S = 10;

/** A small generator of numbers 0..1, so that nothing depends on chance. */
function dice(seed) {
	let state = seed;
	return () => ((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648);
}

// [seconds, km/h, degrees that it turns in all]; 0 km/h: it stands; 'silent', 'lost'
const LEGS = [
	[240, 0, 0], [180, 35, 60], [20, 0, 0], [240, 45, -80], [30, 0, 0], [300, 50, 40], [900, 118, 50], [600, 127, -35], [240, 80, 70],
	[180, 40, -90], [540, 0, 0], [150, 30, 90], [120, 55, -30], [60, 40, 45, 'lost'], [420, 90, -60], [900, 0, 0], [200, 45, 120],
	[1500, 0, 0, 'silent'], [300, 60, 80], [700, 105, -60], [260, 50, 110], [200, 30, -60], [60, 0, 0],
];

/** Messages that end at `end` (seconds since 1970), the oldest first. */
export function journey(end, { lat = 52.19, lon = 20.85, seed = 7 } = {}) {
	const next = dice(seed);
	const begin = end - LEGS.reduce((sum, [seconds]) => sum + seconds, 0);
	const place = { lat, lon, heading: 75, speed: 0 };
	const messages = [];
	let at = begin;
	for (const [seconds, kmh, turn, how] of LEGS) {
		for (let t = 0; t < seconds; t += STEP_S) {
			at += STEP_S;
			place.speed += Math.max(-25, Math.min(15, kmh ? kmh + (next() - 0.5) * 18 - place.speed : -place.speed));
			place.heading += (turn * STEP_S) / seconds + (place.speed ? (next() - 0.5) * 14 : 0);
			const way = (place.speed / 3.6) * STEP_S;
			place.lat += (way * Math.cos((place.heading * Math.PI) / 180)) / METRES;
			place.lon += (way * Math.sin((place.heading * Math.PI) / 180)) / METRES / Math.cos((place.lat * Math.PI) / 180);
			if (how === 'silent' && t > 20) continue;
			if (kmh === 0 && t % 60 && t > 20) continue; // who stands reports once a minute
			messages.push(message(at, place, kmh > 0, how === 'lost' ? next : null));
			if (at % 300 < STEP_S) messages.push({ timestamp: at + 1, 'battery.level': Math.round(92 - (at - begin) / 400), 'message.type': 'HTBT' });
			if (at % 120 < STEP_S) messages.push({ timestamp: at + 2, 'gsm.signal.level': Math.round(60 + 35 * Math.sin(at / 700)), 'battery.voltage': 4.1 - (at - begin) / 50_000, 'message.type': 'V3' });
		}
	}
	return messages;
}

/** `next`: the position is off by some hundred metres, and not valid. */
function message(at, { lat, lon, heading, speed }, isOn, next) {
	const off = next ? () => (next() - 0.5) * 0.008 : () => 0;
	return {
		timestamp: at, 'message.type': 'V1', 'position.latitude': Number((lat + off()).toFixed(6)), 'position.longitude': Number((lon + off()).toFixed(6)),
		'position.speed': Number(speed.toFixed(2)), 'position.direction': Math.round(((heading % 360) + 360) % 360), 'position.valid': !next, 'engine.ignition.status': isOn,
	};
}
