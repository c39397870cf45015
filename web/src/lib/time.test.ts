import { expect, test, vi } from 'vitest';

vi.stubGlobal('navigator', { languages: ['en'] });
const { ago } = await import('./time');

const DAY = 86400;

test('ago counts in the unit that people would use', () => {
	expect(ago(1000, 1001)).toBe('just now');
	expect(ago(1000, 1005)).toBe('5 sec. ago');
	expect(ago(0, 3 * 3600)).toBe('3 hr. ago');
	expect(ago(0, 59 * DAY)).toBe('59 days ago');
	expect(ago(0, 200 * DAY)).toBe('6 mo. ago');
	expect(ago(0, 4130 * DAY)).toBe('11 yr. ago');
});

test('what a clock says that is ahead is not now', () => {
	expect(ago(1010, 1000)).toBe('just now');
	expect(ago(7200 + 1000, 1000)).toBe('in 2 hr.');
});
