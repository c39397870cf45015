import { expect, test } from 'vitest';
import type { Message } from '../fleet/store';
import { indexOf, insert, mark, nameOf, partsOf, placeOf, rowNamed, type Told } from './rows';

const rows = [9, 7, 7, 4].map((timestamp) => ({ timestamp }));
const m = (timestamp: number, arrived = timestamp, n = 0): Message => ({ timestamp, 'server.timestamp': arrived, n });

/** As a store does it. */
function put(list: Message[], message: Message, told: Told, before: boolean): boolean {
	if (mark(list, message, told)) return false;
	told.add(message);
	insert(list, message, before);
	return true;
}

test('rows are newest first, and a new one stands before those of its time', () => {
	expect([10, 9, 8, 7, 5, 4, 1].map((s) => placeOf(rows, s))).toEqual([0, 0, 1, 1, 3, 3, 4]);
	expect(placeOf([], 1)).toBe(0);
});

test('what the history and the live door both tell is there once', () => {
	const list: Message[] = [];
	const live = new WeakSet<Message>();
	const history = new WeakSet<Message>();
	put(list, m(5), live, true);
	expect(put(list, m(5), history, false)).toBe(false);
	put(list, m(4), history, false);
	expect(put(list, m(4), live, true)).toBe(false);
	expect(list.map((row) => row.timestamp)).toEqual([5, 4]);
});

test('two messages that are equal in everything are two, whoever tells them first', () => {
	const list: Message[] = [];
	const live = new WeakSet<Message>();
	const history = new WeakSet<Message>();
	for (const told of [live, history, live, history]) put(list, m(5), told, true);
	expect(list).toHaveLength(2);
	// read again, as after a lost connection
	const again = new WeakSet<Message>();
	for (let i = 0; i < 3; i++) put(list, m(5), again, true);
	expect(list).toHaveLength(3);
});

test('of one time, live ones come before and those of the history behind', () => {
	const list: Message[] = [];
	const told = new WeakSet<Message>();
	put(list, m(5, 5, 1), told, false);
	put(list, m(5, 5, 2), told, false);
	put(list, m(5, 6, 3), told, true);
	expect(list.map((row) => row['n'])).toEqual([3, 1, 2]);
	expect(indexOf(list, list[2]!)).toBe(2);
	expect(indexOf(list, m(5))).toBe(-1);
});

test('a message keeps its name when others of its time come', () => {
	const list: Message[] = [];
	const told = new WeakSet<Message>();
	for (const one of [m(9), m(7.25, 7, 1), m(7.25, 8, 2), m(4)]) put(list, one, told, true);
	const names = list.map((one) => nameOf(list, one));
	expect(names).toEqual(['9', '7.25_1', '7.25', '4']);
	expect(names.map((name) => rowNamed(list, ...partsOf(name)!))).toEqual(list);
	const second = list[1]!;
	put(list, m(7.25, 9, 3), told, true);
	expect(rowNamed(list, 7.25, 1)).toBe(second);
	expect([rowNamed(list, 7.25, 3), rowNamed(list, 5, 0), rowNamed([], 5, 0)]).toEqual([null, null, null]);
	expect(['', 'x', '1_', '1.2.3', '1_2_3'].map(partsOf)).toEqual([null, null, null, null, null]);
});

test('a device that got another name meanwhile has no message twice', () => {
	const list: Message[] = [];
	put(list, { ...m(5), 'device.name': 'Truck' }, new WeakSet(), true);
	expect(put(list, { ...m(5), 'device.name': 'Lorry' }, new WeakSet(), true)).toBe(false);
});
