import { expect, test } from 'vitest';
import { moved, split, toggled } from './columns';

test('columns come last, go, and one is always left', () => {
	expect(toggled(['a', 'b'], 'c')).toEqual(['a', 'b', 'c']);
	expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
	expect(toggled(['a'], 'a')).toEqual(['a']);
});

test('columns move by one place and stop at the ends', () => {
	expect(moved(['a', 'b', 'c'], 'b', -1)).toEqual(['b', 'a', 'c']);
	expect(moved(['a', 'b', 'c'], 'b', 1)).toEqual(['a', 'c', 'b']);
	expect(moved(['a', 'b'], 'a', -1)).toEqual(['a', 'b']);
	expect(moved(['a', 'b'], 'x', 1)).toEqual(['a', 'b']);
});

test('a name is split for the two lines of its head', () => {
	expect(split('gsm.signal.level')).toEqual(['gsm.signal.', 'level']);
	expect(split('gsm.cellid.2')).toEqual(['gsm.', 'cellid.2']);
	expect(split('timestamp')).toEqual(['', 'timestamp']);
});
