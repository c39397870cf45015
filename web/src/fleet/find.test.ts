import { expect, test } from 'vitest';
import { byTitle, finder } from './find';
import type { Device } from './store';

const device = (id: number, name: string, ident: string) => ({ id, name, ident }) as Device;
const some = [device(1, 'Truck 10', '865205000000010'), device(2, '', '865205000000002'), device(3, 'truck 9', '865205000000009')];

test('words are found in name and ident, in any case and order', () => {
	const found = (search: string): number[] => some.filter(finder(search)).map((d) => d.id);
	expect(found('')).toEqual([1, 2, 3]);
	expect(found(' 0009  TRUCK ')).toEqual([3]);
	expect(found('0002')).toEqual([2]);
	expect(found('lorry')).toEqual([]);
});

test('the order is that of people, and one without a name is called as its ident', () => {
	expect([...some].sort(byTitle).map((d) => d.id)).toEqual([2, 3, 1]);
});
