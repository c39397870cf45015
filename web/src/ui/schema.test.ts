import { expect, test } from 'vitest';
import { draftsOf, fieldsOf, readDraft, unitFor, type Property, type Schema } from './schema';

const one = (p: Property, draft: string | boolean, required = false) => {
	const { values, faults } = readDraft({ properties: { p }, required: required ? ['p'] : [] }, { p: draft });
	return faults['p']?.key ?? values['p'];
};

test('numbers keep their limits', () => {
	const p: Property = { type: 'integer', minimum: 1, maximum: 65535 };
	expect(one(p, ' 60 ')).toBe(60);
	expect(one(p, '0')).toBe('form.range');
	expect(one(p, '65536')).toBe('form.range');
	expect(one(p, '1.5')).toBe('form.wantsInteger');
	expect(one(p, '1e3')).toBe('form.wantsInteger');
	expect(one({ type: 'number', minimum: 0 }, '-0.5')).toBe('form.atLeast');
	expect(one({ type: 'number' }, '.5')).toBe(0.5);
	expect(one({ type: 'number' }, '.')).toBe('form.wantsNumber');
});

test('texts keep their length and pattern', () => {
	const p: Property = { type: 'string', pattern: '^[^,*#]*$', minLength: 1, maxLength: 4 };
	expect(one(p, 'abcd')).toBe('abcd');
	expect(one(p, 'abcde')).toBe('form.length');
	expect(one(p, 'ééé')).toBe('form.length'); // bytes count
	expect(one(p, 'a,b')).toBe('form.patternPlain');
	expect(one({ type: 'string', pattern: '^x$' }, 'y')).toBe('form.pattern');
	expect(one({ type: 'string', format: 'ipv4' }, '192.0.2')).toBe('form.ipv4');
});

test('lists are split at commas and blanks, and each entry is looked at', () => {
	const p: Property = { type: 'array', items: { type: 'integer', minimum: 0, maximum: 9 }, minItems: 2, maxItems: 3 };
	expect(one(p, '1, 2\n3')).toEqual([1, 2, 3]);
	expect(one(p, '1')).toBe('form.items');
	expect(one(p, '1,2,3,4')).toBe('form.items');
	expect(one(p, '1,10')).toBe('form.range');
	expect(one({ type: 'array', items: { type: 'string' } }, '')).toEqual([]);
});

test('choices give the value of the choice, not its text', () => {
	const p: Property = { type: 'integer', oneOf: [{ const: 0, title: 'off' }, { const: 1, title: 'on' }] };
	expect(one(p, '1')).toBe(1);
	expect(one(p, '2')).toBe('form.wantsChoice');
	expect(one({ enum: ['a', 'b'] }, 'b')).toBe('b');
	expect(one({ type: 'boolean' }, false)).toBe(false);
});

test('what is empty is left out, and missed only where it is required', () => {
	expect(one({ type: 'integer' }, '')).toBeUndefined();
	expect(one({ type: 'string', default: '654321', minLength: 1 }, '')).toBeUndefined();
	expect(one({ type: 'integer' }, ' ', true)).toBe('form.missing');
	expect(one({ type: 'object' }, '')).toEqual({});
	expect(one({ type: 'object' }, '[1]')).toBe('form.wantsObject');
	expect(one({ type: 'object' }, '{"a":1}')).toEqual({ a: 1 });
});

test('a draft begins with what is given, else with the defaults', () => {
	const schema: Schema = {
		properties: { a: { type: 'integer', default: 3 }, b: { type: 'array', default: [3, 10] }, c: { type: 'boolean' }, d: { type: 'string' } },
		'x-view-order': ['d', 'gone'],
	};
	expect(draftsOf(schema, { a: 0, c: true })).toEqual({ a: '0', b: '3, 10', c: true, d: '' });
	expect(fieldsOf(schema)).toEqual(['d', 'a', 'b', 'c']);
});

test('a duration is shown in the largest unit that fits', () => {
	expect([86400, 7200, 90, 120, 0].map(unitFor)).toEqual([86400, 3600, 1, 60, 1]);
});
