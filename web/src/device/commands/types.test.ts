import { expect, test } from 'vitest';
import { groupsOf, queueOrder, riskOf, summaryOf, type Command, type CommandType, type Risk } from './types';

const type = (name: string, tag: string, danger?: Risk): CommandType => ({
	name,
	schema: { title: `Title of ${name}`, description: 'Does it', properties: {}, ...(danger && { 'x-dangerous': danger }) },
	examples: [],
	tags: { [tag]: 1 },
});

test('commands are found by all words, and grouped', () => {
	const all = [type('custom', 'custom'), type('engine.stop', 'engine', 'fuel'), type('interval.set', 'setting')];
	expect(groupsOf(all, '').map(([group]) => group)).toEqual(['custom', 'engine', 'setting']);
	expect(groupsOf(all, 'STOP title').map(([, list]) => list.map((c) => c.name))).toEqual([['engine.stop']]);
	expect(groupsOf(all, 'stop interval')).toEqual([]);
});

test('the queue is in the order of sending', () => {
	const command = (id: number, priority: number, expires: number) => ({ id, priority, expires }) as Command;
	const sorted = [command(3, 0, 9), command(1, 0, 9), command(4, 5, 9), command(5, 0, 0)].sort(queueOrder);
	expect(sorted.map((c) => c.id)).toEqual([5, 4, 1, 3]);
});

test('who types a dangerous payload is asked, too', () => {
	const custom = type('custom', 'custom');
	const risk = (payload: string) => riskOf(custom, { payload });
	expect(risk('CMD,130305,stop654321')).toBe('fuel');
	expect(risk('s 20,130305,1,1')).toBe('fuel');
	expect(risk('S23,130305,192,0,2,1,5013')).toBe('reach');
	expect(risk('S2,130305,13812341234')).toBeNull();
	expect(risk('MD123456 1 3 8 1')).toBeNull();
	expect(riskOf(type('check', 'state'), { password: 'stop' })).toBe('fuel');
	expect(riskOf(type('server.set', 'setting', 'reach'), { port: 1 })).toBe('reach');
	expect(riskOf(type('interval.set', 'setting'), { seconds: 20 })).toBeNull();
});

test('properties are told in a line', () => {
	expect(summaryOf({ seconds: 60, steps: [3, 10] })).toBe('seconds 60, steps 3 10');
	expect(summaryOf({})).toBe('');
});
