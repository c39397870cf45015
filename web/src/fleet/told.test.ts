import { expect, test } from 'vitest';
import { takeValues, type Value } from './told';

const none = () => ({ position: null, battery: null, signal: null, ignition: null, told: { battery: 0, signal: 0, ignition: 0 } });
const message = (ts: number, values: Record<string, unknown>) => (name: string): Value | undefined => (name in values ? { ts, value: values[name] } : undefined);
const place = (lat: number, more = {}) => ({ 'position.latitude': lat, 'position.longitude': 20, 'position.speed': 30, 'position.direction': 90, ...more });

test('what was said later holds, whenever it comes', () => {
	const d = none();
	takeValues(d, message(100, { 'battery.level': 80, 'engine.ignition.status': false, ...place(50) }));
	takeValues(d, message(90, { 'battery.level': 99, 'engine.ignition.status': true, 'gsm.signal.level': 40, ...place(49) }));
	expect(d).toMatchObject({ battery: 80, ignition: false, signal: 40, position: { at: 100, lat: 50 }, told: { battery: 100, ignition: 100, signal: 90 } });
	takeValues(d, message(110, { 'engine.ignition.status': true }));
	expect(d).toMatchObject({ battery: 80, ignition: true, position: { at: 100 } });
});

test('a position has the speed that was told with it, and looks as before where none tells the direction', () => {
	const d = none();
	takeValues(d, message(100, place(50)));
	takeValues(d, message(110, { 'position.latitude': 51, 'position.longitude': 21 }));
	expect(d.position).toEqual({ at: 110, lat: 51, lon: 21, speed: 0, direction: 90, valid: true });
	const telemetry: Record<string, Value> = { 'position.latitude': { ts: 120, value: 52 }, 'position.longitude': { ts: 120, value: 22 }, 'position.speed': { ts: 100, value: 30 } };
	takeValues(d, (name) => telemetry[name]);
	expect(d.position).toMatchObject({ at: 120, speed: 0 });
});
