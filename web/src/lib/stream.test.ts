import { expect, test } from 'vitest';
import { JsonItems } from './stream';

const answer = { result: [{ a: 1, b: 'x}]"\\' }, { c: { d: [1, { e: 2 }] } }, { f: 'ä😀' }] };
const bytes = new TextEncoder().encode(JSON.stringify(answer) + '\n');

test('any split of the bytes gives the same items', () => {
	for (let size = 1; size <= bytes.length; size++) {
		const items = new JsonItems<unknown>();
		const found: unknown[] = [];
		for (let at = 0; at < bytes.length; at += size) found.push(...items.feed(bytes.subarray(at, at + size)));
		expect(items.isWhole).toBe(true);
		expect(found).toEqual(answer.result);
	}
});

test('an answer that breaks off is told', () => {
	const items = new JsonItems<unknown>();
	expect(items.feed(bytes.subarray(0, bytes.length - 4))).toHaveLength(2);
	expect(items.isWhole).toBe(false);
});

test('an empty list has no items', () => {
	const items = new JsonItems<unknown>();
	expect(items.feed(new TextEncoder().encode('{"result":[]}'))).toEqual([]);
	expect(items.isWhole).toBe(true);
});
