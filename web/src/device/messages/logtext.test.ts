import { expect, test } from 'vitest';
import { changesOf, kindOf, severityOf, summaryOf, titleOf, type Codes } from './logtext';

const codes: Codes = {
	1: { code: 1, description: 'item created over REST', severity: 'notice' },
	2: { code: 2, description: 'item changed over REST', severity: 'warning' },
	300: { code: 300, description: 'device connected', severity: 'notice' },
	301: {
		code: 301,
		description: 'device disconnected',
		severity: 'info',
		extra_codes: { 2: { description: 'closed by the other end', severity: 'info' }, 12: { description: 'replaced', severity: 'notice' }, 17: { description: 'silent', severity: 'warning' } },
	},
	304: { code: 304, description: 'data could not be processed', severity: 'alert' },
	332: { code: 332, description: 'command processed', severity: 'warning' },
	333: { code: 333, description: 'command expired', severity: 'warning' },
};
const entry = (event_code: number, more: object = {}) => ({ timestamp: 1, event_code, ...more });

test('how bad it is: by the code, by why a connection ended, by how a command ended', () => {
	const list: [object, string][] = [
		[entry(2), 'info'],
		[entry(300), 'good'],
		[entry(301, { close_code: 2 }), 'info'],
		[entry(301, { close_code: 12 }), 'info'],
		[entry(301, { close_code: 17 }), 'warning'],
		[entry(304), 'error'],
		[entry(332, { state: 'done' }), 'good'],
		[entry(332, { state: 'failed' }), 'error'],
		[entry(333), 'warning'],
		[entry(9999), 'info'],
	];
	for (const [one, severity] of list) expect([one, severityOf(one as never, codes)]).toEqual([one, severity]);
});

test('of what kind', () => {
	expect([1, 3, 300, 301, 330, 334, 304, 305].map(kindOf)).toEqual(['changes', 'changes', 'connections', 'connections', 'commands', 'commands', 'errors', 'errors']);
});

test('what it says', () => {
	expect(titleOf(entry(300), codes)).toBe('device connected');
	expect(titleOf(entry(9), codes)).toBe('#9');
	expect(summaryOf(entry(301, { close_code: 17, msgs: 4, duration: 1.5, source: '1.2.3.4:5' }), codes)).toMatchObject({ reason: 'silent', messages: 4, duration: 1.5, source: '1.2.3.4:5' });
	expect(summaryOf(entry(304, { error_text: 'junk' }), codes).reason).toBe('junk');
});

test('what a change moved', () => {
	const before = { name: 'a', configuration: { ident: '1', phone: '' }, ttl: 1 };
	const after = { name: 'b', configuration: { ident: '1', phone: '5' }, ttl: 1 };
	expect(changesOf(before, after)).toEqual([
		['name', 'a', 'b'],
		['configuration.phone', '', '5'],
	]);
});
