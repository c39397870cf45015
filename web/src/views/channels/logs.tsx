// What has happened to a channel: read once, then told by the live door.
import { signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { get } from '../../lib/api';
import { closeText, loadCodes, severityOf, type Severity } from '../../lib/codes';
import { jsonOf, watch } from '../../lib/live';
import { number, t } from '../../lib/text';
import { Empty, Time } from '../../ui/bits';
import { Grid, type Column } from '../../ui/grid';
import { JsonDialog } from './json';
import type { TabProps } from './page';
import { Tail } from './table';

interface Log {
	event_code: number;
	event_text: string;
	timestamp: number;
	ident?: string;
	source?: string;
	error_text?: string;
	close_code?: number;
	count?: number;
	msgs?: number;
	duration?: number;
	host?: string;
}

const FIRST = 200;
const ROOM = 500;
/** Data that could not be processed, and its newest so many lines. */
const REFUSED = 103;
const REFUSED_MOST = 5000;
const NEWS_MS = 1000;

export class ChannelLogs {
	readonly tail = new Tail<Log>(ROOM);
	/** How many frames were refused in the last hour; null: the token may not know. */
	readonly refused = signal<number | null>(null);
	readonly error = signal('');
	private timer = 0;

	constructor(readonly id: number) {}

	start(): () => void {
		void loadCodes().catch(() => undefined);
		void this.load();
		void this.countRefused();
		const end = watch(`flespi/log/gw/channels/${this.id}/#`, { on: (m) => this.take(jsonOf<Log>(m)) });
		return () => {
			clearTimeout(this.timer);
			end();
		};
	}

	private take(log: Log): void {
		this.tail.add(log);
		if (log.event_code !== REFUSED || this.timer) return;
		this.timer = window.setTimeout(() => {
			this.timer = 0;
			void this.countRefused();
		}, NEWS_MS);
	}

	private async load(): Promise<void> {
		try {
			const list = await get<Log>(`gw/channels/${this.id}/logs`, { data: { reverse: true, count: FIRST } });
			const seen = new Set(this.tail.rows.map((log) => JSON.stringify(log)));
			this.tail.older(list.filter((log) => !seen.has(JSON.stringify(log))));
		} catch (e) {
			this.error.value = (e as Error).message;
		}
	}

	private async countRefused(): Promise<void> {
		try {
			const data = { from: Math.floor(Date.now() / 1000 - 3600), filter: `event_code==${REFUSED}`, reverse: true, count: REFUSED_MOST };
			const list = await get<Log>(`gw/channels/${this.id}/logs`, { data });
			this.refused.value = list.reduce((sum, log) => sum + (log.count ?? 1), 0);
		} catch {
			this.refused.value = null;
		}
	}
}

const kinds: Record<Severity, string> = { info: '', notice: 'good', warning: 'warn', alert: 'bad' };

/** "865205000000001 · closed by the other end · 12 messages" */
function detailsOf(log: Log): string {
	const close = log.close_code === undefined ? '' : closeText(log.event_code, log.close_code);
	const parts = [log.ident, log.source ?? log.host, log.error_text, close, log.msgs === undefined ? '' : t('channels.msgs', { n: log.msgs })];
	return parts.filter(Boolean).join(' · ');
}

const columns: Column<Log>[] = [
	{ key: 'at', title: t('channels.when'), width: '180px', cell: (log) => <Time at={log.timestamp} /> },
	{ key: 'severity', title: t('channels.severity'), width: '96px', cell: (log) => <span class={`badge ${kinds[severityOf(log.event_code)]}`}>{severityOf(log.event_code)}</span> },
	{
		key: 'text',
		title: t('channels.event'),
		width: 'minmax(220px, 1fr)',
		cell: (log) => (
			<>
				{log.event_text} {log.count !== undefined && log.count > 1 && <span class="badge">× {number(log.count)}</span>}
			</>
		),
	},
	{ key: 'details', title: t('channels.details'), width: 'minmax(320px, 2fr)', cell: (log) => <span title={detailsOf(log)}>{detailsOf(log)}</span> },
];

export function LogsTab({ logs }: TabProps) {
	const { tail } = logs;
	const open = useSignal<Log | null>(null);
	const current = useMemo(() => signal<Log | null>(null), [logs]);
	void tail.bell.version.value;
	return (
		<section class="pane" aria-label={t('channels.tab_logs')}>
			{logs.error.value && <p class="pane-bar error">{logs.error.value}</p>}
			<Grid
				label={t('channels.tab_logs')}
				columns={columns}
				count={tail.rows.length}
				row={(i) => tail.rows[i]}
				head={tail.head}
				current={current.value ? tail.rows.indexOf(current.value) : -1}
				onCurrent={(i) => (current.value = tail.rows[i] ?? null)}
				onOpen={(i) => (open.value = tail.rows[i] ?? null)}
				rowClass={(log) => (severityOf(log.event_code) === 'alert' ? 'alert' : '')}
				empty={<Empty icon="list" title={t('channels.noLogs')} />}
			/>
			{open.value && <JsonDialog title={open.value.event_text} value={open.value} onClose={() => (open.value = null)} />}
		</section>
	);
}
