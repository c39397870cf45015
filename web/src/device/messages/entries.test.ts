import { expect, test, vi } from 'vitest';

interface Entry {
	timestamp: number;
}
/** Requests that wait for their answer, each with what it asks for. */
const asked: { from: number; answer: (items: Entry[]) => void; fail: () => void }[] = [];
vi.stubGlobal('navigator', { languages: ['en'] });
vi.stubGlobal('requestAnimationFrame', () => 1);
vi.mock('../store', () => ({ isOpen: () => true, spanOf: () => ({ from: 0, to: 1 }) }));
vi.mock('../../lib/api', () => ({
	ApiError: Error,
	stream: (_path: string, { data }: { data: { from: number } }, take: (items: Entry[]) => void) =>
		new Promise<number>((done, lost) => {
			asked.push({ from: data.from, answer: (items) => (take(items), done(items.length)), fail: () => lost(new Error('away')) });
		}),
}));
const { Entries } = await import('./entries');
const next = (): Promise<void> => new Promise((go) => setTimeout(go));

test('an answer of before a loss does not tell what has happened since', async () => {
	const entries = new Entries<Entry>('logs');
	void entries.open({ last: 3600 });
	asked[0]!.answer([{ timestamp: 100 }]);
	void entries.recent();
	await next();
	void entries.recent(); // the connection was lost, and is there again
	await next();
	asked[1]!.answer([]);
	await next();
	entries.take({ timestamp: 200 });
	asked[2]!.fail();
	await next();
	void entries.recent();
	await next();
	expect(asked[3]!.from).toBeLessThan(100);
});
