import { expect, test, vi } from 'vitest';

vi.stubGlobal('navigator', { languages: ['en'] });
vi.stubGlobal('sessionStorage', { getItem: () => null });
vi.stubGlobal('location', { hash: '' });
vi.stubGlobal('window', { addEventListener: () => undefined });
const { inOrder } = await import('./api');

test('an answer that was overtaken by one of a later request is no news', () => {
	const asked = inOrder();
	const [first, second, third] = [asked(), asked(), asked()];
	expect(second()).toBe(true);
	expect(first()).toBe(false);
	expect(third()).toBe(true);
	expect(asked()()).toBe(true);
});
