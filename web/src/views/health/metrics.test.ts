import { expect, test } from 'vitest';
import { parseMetrics, rateOf } from './metrics';

test('values come with their help and kind', () => {
	const text = '# HELP a_total What a\\\\b is\n# TYPE a_total counter\na_total 12\n# TYPE b gauge\nb -0.5 1700000000000\n\n# a remark\nc{x="1",y="}"} 3\n';
	expect(parseMetrics(text)).toEqual([
		{ name: 'a_total', help: 'What a\\b is', kind: 'counter', value: 12 },
		{ name: 'b', help: '', kind: 'gauge', value: -0.5 },
		{ name: 'c{x="1",y="}"}', help: '', kind: 'untyped', value: 3 },
	]);
});

test('numbers may be none', () => {
	expect(parseMetrics('a +Inf\nb -Inf\nc NaN\nnonsense').map((m) => m.value)).toEqual([Infinity, -Infinity, NaN]);
});

test('a rate survives a restart and a clock that stands', () => {
	expect(rateOf(10, 20, 2)).toBe(5);
	expect(rateOf(1000, 4, 2)).toBe(2);
	expect(rateOf(1, 2, 0)).toBe(0);
});
