import { expect, test } from 'vitest';
import { changes, draftOf, DraftError, keepsLess, type SettingsItem } from './form';

const item: SettingsItem = {
	id: 1, name: 'Truck', enabled: true, device_type_id: 1, configuration: { ident: '130305', fuel_cut_max_speed: '30' },
	messages_ttl: 86400, messages_rotate: 1500000, messages_size: 0, metadata: { a: 1, b: { c: 2 } },
};

test('what is the same is not sent', () => {
	expect(changes(item, draftOf(item))).toEqual({});
});

test('what was changed is sent, and nothing else', () => {
	expect(changes(item, { ...draftOf(item), name: 'Van', phone: ' +49 1', fuelCut: '' })).toEqual({
		name: 'Van',
		configuration: { phone: '+49 1', fuel_cut_max_speed: '' },
	});
	expect(changes(item, { ...draftOf(item), rotate: '2' })).toEqual({ messages_rotate: 2097152 });
});

test('a key that was taken out of the metadata goes', () => {
	expect(changes(item, { ...draftOf(item), metadata: '{"b": {"d": 3}}' })).toEqual({ metadata: { a: null, b: { d: 3 } } });
	expect(() => changes(item, { ...draftOf(item), metadata: '[1]' })).toThrow(DraftError);
	expect(() => changes(item, { ...draftOf(item), metadata: '{' })).toThrow(DraftError);
});

test('a shorter time or a smaller size keeps less', () => {
	expect(keepsLess(item, { messages_ttl: 3600 })).toBe(true);
	expect(keepsLess(item, { messages_ttl: 86401, name: 'x' })).toBe(false);
	expect(keepsLess(item, { messages_rotate: 0 })).toBe(false);
	const full = { ...item, messages_size: 1400000 };
	expect(keepsLess(full, { messages_rotate: 1300000 })).toBe(true);
	expect(keepsLess(full, { messages_rotate: 1450000 })).toBe(false);
	expect(keepsLess({ ...full, messages_rotate: 0 }, { messages_rotate: 5 })).toBe(true);
	expect(keepsLess({ ...full, messages_rotate: 1000 }, { messages_rotate: 2000 })).toBe(false);
});

test('a limit that the gateway does not take is refused', () => {
	expect(changes(item, { ...draftOf(item), rotate: '1073741824' })).toEqual({ messages_rotate: 2 ** 50 });
	expect(() => changes(item, { ...draftOf(item), rotate: '1073741825' })).toThrow(DraftError);
	expect(() => changes(item, { ...draftOf(item), rotate: '99999999999999999999' })).toThrow(DraftError);
});
