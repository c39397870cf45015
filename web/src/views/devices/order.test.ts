import { expect, test } from 'vitest';
import type { Device } from '../../fleet/store';
import { comparer, countKinds, matcher, Order, type Kind } from './order';

const device = (id: number, more: Partial<Device> = {}): Device => ({
	id, name: `Truck ${id}`, ident: String(1000 + id), enabled: true, typeId: 1, connected: false, lastActive: null, messagesTtl: 0,
	messagesRotate: 0, position: null, battery: null, signal: null, ignition: null, told: { battery: 0, signal: 0, ignition: 0 }, ...more,
});
const fleet = (...list: Device[]): Map<number, Device> => new Map(list.map((d) => [d.id, d]));
const ids = (order: Order): number[] => order.rows.map((d) => d.id);
const now = 1_000_000;
const all = matcher('all', '', now);
const at = (speed: number, when = now): Device['position'] => ({ at: when, lat: 0, lon: 0, speed, direction: 0, valid: true });

test('names are sorted as people count, what is not known stands at the end', () => {
	const order = new Order();
	const some = fleet(device(10), device(9, { battery: 20 }), device(2, { battery: 90 }));
	order.sort(some.values(), all, comparer({ key: 'name', down: false }, now));
	expect(ids(order)).toEqual([2, 9, 10]);
	order.sort(some.values(), all, comparer({ key: 'battery', down: false }, now));
	expect(ids(order)).toEqual([9, 2, 10]);
	order.sort(some.values(), all, comparer({ key: 'battery', down: true }, now));
	expect(ids(order)).toEqual([2, 9, 10]);
});

test('rows stay where they are while values change; new ones come in at their place, old ones go', () => {
	const order = new Order();
	const compare = comparer({ key: 'battery', down: false }, now);
	const some = fleet(device(1, { battery: 10 }), device(2, { battery: 20 }), device(3, { battery: 30 }));
	order.sort(some.values(), all, compare);
	some.get(1)!.battery = 99;
	const before = order.rows;
	order.merge(some, all, compare);
	expect(order.rows).toBe(before);
	some.set(4, device(4, { battery: 25 }));
	some.delete(2);
	order.merge(some, all, compare);
	expect(ids(order)).toEqual([4, 1, 3]);
});

test('search finds words of name and ident, kinds what is so now', () => {
	const some = [
		device(1, { connected: true, lastActive: now, position: at(50) }),
		device(2, { lastActive: 5, position: at(50, 5) }),
		device(3),
		device(4, { lastActive: now - 60 }),
	];
	const found = (kind: Kind, search = ''): number[] => some.filter(matcher(kind, search, now)).map((d) => d.id);
	expect(found('all', '1002 truck')).toEqual([2]);
	expect(found('moving')).toEqual([1]);
	expect(found('online')).toEqual([1, 4]);
	expect(found('parked')).toEqual([4]);
	expect(found('offline')).toEqual([2]);
	expect(found('never')).toEqual([3]);
	expect(countKinds(some, now)).toEqual({ all: 4, online: 2, moving: 1, idle: 0, parked: 1, offline: 1, never: 1 });
});
