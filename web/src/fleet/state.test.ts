import { expect, test } from 'vitest';
import { isOnline, OLD_S, stateOf } from './state';

const NOW = 1_000_000;
const LONG_AGO = NOW - OLD_S - 1;
const at = (speed: number, seconds = NOW) => ({ at: seconds, lat: 0, lon: 0, speed, direction: 0, valid: true });
const told = (ignition: number) => ({ battery: 0, signal: 0, ignition });
const base = { connected: true, ignition: null as boolean | null, lastActive: NOW as number | null, position: at(0), told: told(0) };

test('what moves and what idles has said so lately', () => {
	expect(stateOf({ ...base, position: at(50) }, NOW)).toBe('moving');
	expect(stateOf({ ...base, position: at(50, NOW - OLD_S) }, NOW)).toBe('moving');
	expect(stateOf({ ...base, position: at(50, LONG_AGO) }, NOW)).toBe('parked');
	expect(stateOf({ ...base, position: at(2) }, NOW)).toBe('parked'); // positions of a standing car wander
	expect(stateOf({ ...base, ignition: true, told: told(NOW) }, NOW)).toBe('idle');
	expect(stateOf({ ...base, ignition: true, told: told(NOW), position: at(50) }, NOW)).toBe('moving');
	expect(stateOf({ ...base, ignition: true, told: told(LONG_AGO) }, NOW)).toBe('parked');
	expect(stateOf({ ...base, ignition: false, told: told(NOW) }, NOW)).toBe('parked');
	expect(stateOf({ ...base, position: null }, NOW)).toBe('parked');
});

test('offline is who is not connected and has been silent for ten minutes', () => {
	const hungUp = { ...base, connected: false, position: at(50) };
	expect(stateOf(hungUp, NOW + OLD_S)).toBe('moving');
	expect(stateOf(hungUp, NOW + OLD_S + 1)).toBe('offline');
	expect(stateOf({ ...base, lastActive: LONG_AGO }, NOW)).toBe('parked'); // its connection stands
});

test('who has sent no message yet does nothing, connected or not', () => {
	expect(stateOf({ ...base, lastActive: null, position: null }, NOW)).toBe('never');
	expect(stateOf({ ...base, lastActive: null, position: null, connected: false }, NOW)).toBe('never');
});

test('online are those that move, idle or are parked', () => {
	expect(isOnline(base, NOW)).toBe(true);
	expect(isOnline({ ...base, connected: false }, NOW + OLD_S)).toBe(true);
	expect(isOnline({ ...base, connected: false }, NOW + OLD_S + 1)).toBe(false);
	expect(isOnline({ ...base, lastActive: null }, NOW)).toBe(false);
});
