// The commands of one device: which it has, which wait, and what became of the others.
import { computed, signal } from '@preact/signals';
import { call, get, inOrder, one } from '../../lib/api';
import { jsonOf, watch, watchState, type LiveMessage } from '../../lib/live';
import { queueOrder, type Command, type CommandType } from './types';

/** Results that one look asks for. */
const PAGE = 30;
const NEWS_MS = 150;

/** One that was sent at once and is waited for. */
export interface Running {
	title: string;
	since: number;
	/** Seconds; null: as long as the gateway's own rule says. */
	timeout: number | null;
	abort: AbortController;
}

export class DeviceCommands {
	readonly types = signal<CommandType[] | null>(null);
	readonly typesError = signal('');
	readonly waiting = signal(new Map<number, Command>());
	readonly queue = computed(() => [...this.waiting.value.values()].sort(queueOrder));
	/** Why the queue could not be read; null: not known yet whether it may be, and then none is told. */
	readonly queueError = signal<string | null>(null);
	/** Newest first; null: not read yet. */
	readonly results = signal<Command[] | null>(null);
	readonly resultsError = signal('');
	readonly hasMore = signal(false);
	readonly running = signal<Running | null>(null);

	private readonly asked = inOrder();
	private readonly askedTypes = inOrder();
	private readonly askedQueue = inOrder();
	private wanted = PAGE;
	private timer = 0;
	private ends: (() => void)[] = [];

	constructor(readonly id: number) {}

	start(): void {
		const base = `gw/devices/${this.id}/commands-queue`;
		this.ends = [
			watchState(`flespi/state/${base}/+`, { on: (m) => this.take(m), ready: () => (this.askQueue(), this.load()) }),
			watch(`flespi/log/${base}/#`, { on: () => this.news() }),
		];
		this.load();
	}

	private load(): void {
		if (this.typesError.peek()) void this.loadTypes();
		void this.loadResults();
	}

	/** The live door says nothing to who may not see the queue. */
	private askQueue(): void {
		const isNews = this.askedQueue();
		get(`gw/devices/${this.id}/commands-queue/all`, { query: { fields: 'id', limit: 1 } }).then(
			() => void (isNews() && (this.queueError.value = '')),
			(e: Error) => void (isNews() && (this.queueError.value = e.message)),
		);
	}

	stop(): void {
		clearTimeout(this.timer);
		for (const end of this.ends) end();
		// the answer of what is under way stands in the results
		this.running.value?.abort.abort();
	}

	/** Its model may have changed: other commands. */
	async loadTypes(): Promise<void> {
		const isNews = this.askedTypes();
		try {
			const [found] = await get<{ commands: CommandType[] }>(`gw/devices/${this.id}`, { query: { fields: 'commands' } });
			if (!isNews()) return;
			this.types.value = found?.commands ?? [];
			this.typesError.value = '';
		} catch (e) {
			if (isNews()) this.typesError.value = (e as Error).message;
		}
	}

	/** As it was put into the queue; the live door tells whether it is still there. */
	queueIt(body: Record<string, unknown>): Promise<Command> {
		return this.post('commands-queue', body);
	}

	/** Sends it now; resolves when it has ended, rejects with an AbortError when nobody waits any more. */
	async sendNow(title: string, body: Record<string, unknown>, timeout: number | null): Promise<Command> {
		const abort = new AbortController();
		this.running.value = { title, since: Date.now() / 1000, timeout, abort };
		try {
			return await this.post('commands', body, abort.signal);
		} finally {
			this.running.value = null;
			this.news();
		}
	}

	/** Null: all. */
	async cancel(id: number | null): Promise<void> {
		await call('DELETE', `gw/devices/${this.id}/commands-queue/${id ?? 'all'}`);
	}

	more(): void {
		this.wanted += PAGE;
		void this.loadResults();
	}

	/** Something has happened: the results are read anew, soon. */
	news(): void {
		clearTimeout(this.timer);
		this.timer = window.setTimeout(() => void this.loadResults(), NEWS_MS);
	}

	private post(where: string, body: Record<string, unknown>, abort?: AbortSignal): Promise<Command> {
		return one<Command>('POST', `gw/devices/${this.id}/${where}`, { body: [body], ...(abort && { signal: abort }) });
	}

	/** As far as it has come since. */
	newest(c: Command): Command {
		return this.waiting.value.get(c.id) ?? this.results.value?.find((one) => one.id === c.id) ?? c;
	}

	private async loadResults(): Promise<void> {
		const isNews = this.asked();
		try {
			const data = { reverse: true, count: this.wanted + 1 };
			const list = await get<Command>(`gw/devices/${this.id}/commands-result`, { data });
			if (!isNews()) return;
			this.hasMore.value = list.length > this.wanted;
			this.results.value = list.slice(0, this.wanted);
			this.resultsError.value = '';
		} catch (e) {
			if (isNews()) this.resultsError.value = (e as Error).message;
		}
	}

	private take(m: LiveMessage): void {
		const id = Number(m.topic.split('/').at(-1));
		const next = new Map(this.waiting.value);
		if (m.payload.length) next.set(id, jsonOf<Command>(m));
		else if (next.delete(id)) this.news();
		this.waiting.value = next;
	}
}
