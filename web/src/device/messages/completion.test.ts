import { expect, test } from 'vitest';
import { complete, take, type Name } from './completion';

const names: Name[] = [
	{ name: 'battery.level', type: 'number', info: '' },
	{ name: 'engine.ignition.status', type: 'boolean', info: '' },
	{ name: 'message.type', type: 'string', info: '' },
	{ name: 'position.latitude', type: 'number', info: '' },
	{ name: 'position.speed', type: 'number', info: '' },
];
const seen = (name: string): string[] => (name === 'message.type' ? ['V1', 'HTBT'] : []);
const at = (text: string, caret = text.length): string[] => complete(text, caret, names, seen).items.map((item) => item.text.trim());

test('names: those that begin so come first, then those with a part that does', () => {
	expect(at('po')).toEqual(['position.latitude', 'position.speed']);
	expect(at('le')[0]).toBe('battery.level');
	expect(at('sp')).toEqual(['position.speed']);
	expect(at('xyz')).toEqual([]);
	expect(at('')).toHaveLength(names.length + 2);
	expect(at('ex')).toEqual(['exists(']);
});

test('a name that is complete is not offered once more', () => {
	expect(at('position.speed')).toEqual([]);
});

test('behind a name and a blank: operators, as its type allows', () => {
	expect(at('position.speed ')).toContain('>=');
	expect(at('position.speed ')).not.toContain('~');
	expect(at('message.type ')).toContain('~');
	expect(at('engine.ignition.status ')).toEqual(['&&', '||', '==', '!=']);
	expect(at('position.speed>60 ')).toContain('&&');
	expect(at('position.speed>60')).toEqual([]);
});

test('behind a comparison: values', () => {
	expect(at('engine.ignition.status==')).toEqual(['true', 'false']);
	expect(at('message.type==')).toEqual(['"V1"', '"HTBT"']);
	expect(at('message.type=="h')).toEqual(['"HTBT"']);
	expect(at('position.speed>')).toEqual([]);
});

test('behind && and ( and !: names again', () => {
	expect(at('position.speed>60&&en')).toEqual(['engine.ignition.status']);
	expect(at('!(en')).toEqual(['engine.ignition.status']);
	expect(at('exists(bat')).toEqual(['battery.level']);
	expect(at('$bat')).toEqual(['battery.level']);
});

test('a suggestion takes the place of the word that the caret is in', () => {
	const text = 'exists(batt.lev)&&true';
	const completion = complete(text, 11, names, seen);
	expect(take(text, completion, completion.items[0]!)).toEqual({ text: 'exists(battery.level)&&true', caret: 20 });
	const dollar = complete('$bat', 4, names, seen);
	expect(take('$bat', dollar, dollar.items[0]!).text).toBe('$battery.level');
});
