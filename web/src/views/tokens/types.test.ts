import { expect, test } from 'vitest';
import { endOf, idsOf, METHODS, PRESETS, tidy, toggle, type Token } from './types';

const token = (members: Partial<Token>): Token => ({ id: 1, info: '', enabled: true, created: 100, accessed: 0, expire: 0, ttl: 0, ips: '', access: { type: 1 }, ...members });

test('of two limits the later one counts', () => {
	expect(endOf(token({ ttl: 60 }))).toBe(160);
	expect(endOf(token({ ttl: 60, accessed: 200 }))).toBe(260);
	expect(endOf(token({ ttl: 60, accessed: 200, expire: 250 }))).toBe(260);
	expect(endOf(token({ expire: 250 }))).toBe(250);
	expect(endOf(token({}))).toBeNull();
});

test('a grant is sent as the gateway takes it', () => {
	expect(tidy({ uri: 'gw/devices', methods: ['GET'], ids: 'all', topic: 'x', actions: ['publish'] })).toEqual({ uri: 'gw/devices', methods: ['GET'] });
	expect(tidy({ uri: 'mqtt', methods: [], ids: [1], topic: 'own/#', actions: ['publish'] })).toEqual({ uri: 'mqtt', methods: [], topic: 'own/#', actions: ['publish'] });
	expect(tidy({ uri: 'gw/devices', methods: [], ids: [2], submodules: [{ name: 'logs', methods: [] }] })).toEqual({ uri: 'gw/devices', methods: [], ids: [2], submodules: [] });
});

test('ids are numbers, or all', () => {
	expect(idsOf(' 1, 2 ')).toEqual([1, 2]);
	expect(idsOf('')).toBe('all');
});

test('a method is put in its place, and taken away', () => {
	expect(toggle(['DELETE'], 'GET', METHODS)).toEqual(['GET', 'DELETE']);
	expect(toggle(['GET', 'DELETE'], 'GET', METHODS)).toEqual(['DELETE']);
});

test('no preset grants what is dangerous', () => {
	const named = Object.values(PRESETS).flatMap((grants) => grants.flatMap((grant) => ('submodules' in grant ? grant.submodules.map((one) => one.name) : [])));
	expect(named).toContain('commands-queue');
	expect(named).not.toContain('commands-dangerous');
});
