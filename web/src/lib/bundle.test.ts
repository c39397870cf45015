import { expect, test, vi } from 'vitest';
import { Bundler, joined } from './bundle';

const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;
const values = (buffer: ArrayBuffer): number[] => [...new Uint8Array(buffer)];

test('pieces become one', () => {
	expect(values(joined([bytes(1, 2), bytes(), bytes(3)]))).toEqual([1, 2, 3]);
});

test('the first is handed over at once, what follows together, in its order', () => {
	vi.useFakeTimers();
	const taken: number[][] = [];
	const bundler = new Bundler((bundle) => taken.push(values(bundle)), 8);
	bundler.add(bytes(1));
	expect(taken).toEqual([[1]]);
	bundler.add(bytes(2));
	bundler.add(bytes(3));
	expect(taken).toHaveLength(1);
	vi.advanceTimersByTime(8);
	bundler.add(bytes(4));
	expect(taken).toEqual([[1], [2, 3]]);
	bundler.flush();
	vi.advanceTimersByTime(100);
	expect(taken).toEqual([[1], [2, 3], [4]]);
	bundler.add(bytes(5));
	expect(taken.at(-1)).toEqual([5]);
	vi.useRealTimers();
});
