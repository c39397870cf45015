// What has happened to a channel: read page by page, and told by the live door.
import { signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { get, inOrder } from '../../lib/api';
import { codes, loadCodes } from '../../device/messages/codes';
import { Entries } from '../../device/messages/entries';
import { EntriesFoot } from '../../device/messages/foot';
import { severityOf, summaryOf, titleOf, type LogEntry, type Severity } from '../../device/messages/logtext';
import { jsonOf, watch } from '../../lib/live';
import { number, t } from '../../lib/text';
import { Empty, Time } from '../../ui/bits';
import { Grid, type Column } from '../../ui/grid';
import { JsonDialog } from './json';
import type { TabProps } from './page';

interface Log extends LogEntry {
	ident?: string;
	count?: number;
}

const DAY = 86400;
/** All that the gateway keeps. */
const ALL = { last: 3650 * DAY };
/** Data that could not be processed, and its newest so many lines. */
const REFUSED = 103;
const REFUSED_MOST = 5000;
const NEWS_MS = 1000;
const RECOUNT_MS = 60_000;

export class ChannelLogs {
	readonly entries: Entries<Log>;
	/** How many frames were refused in the last hour; null: the token may not know. */
	readonly refused = signal<number | null>(null);
	private timer = 0;
	private readonly asked = inOrder();

	constructor(readonly id: number) {
		this.entries = new Entries(`gw/channels/${id}/logs`);
	}

	start(): () => void {
		loadCodes();
		void this.entries.open(ALL);
		void this.countRefused();
		const end = watch(`flespi/log/gw/channels/${this.id}/#`, {
			on: (m) => this.take(jsonOf<Log>(m)),
			ready: () => {
				void this.entries.recent();
				void this.countRefused();
			},
		});
		const hour = setInterval(() => void this.countRefused(), RECOUNT_MS); // it moves, though nothing comes
		return () => {
			clearInterval(hour);
			clearTimeout(this.timer);
			end();
			this.entries.close();
		};
	}

	private take(log: Log): void {
		this.entries.take(log);
		if (log.event_code !== REFUSED || this.timer) return;
		this.timer = window.setTimeout(() => {
			this.timer = 0;
			void this.countRefused();
		}, NEWS_MS);
	}

	private async countRefused(): Promise<void> {
		const isNews = this.asked();
		try {
			const data = { from: Math.floor(Date.now() / 1000 - 3600), filter: `event_code==${REFUSED}`, reverse: true, count: REFUSED_MOST };
			const list = await get<Log>(`gw/channels/${this.id}/logs`, { data });
			if (isNews()) this.refused.value = list.reduce((sum, log) => sum + (log.count ?? 1), 0);
		} catch {
			if (isNews()) this.refused.value = null;
		}
	}
}

const kinds: Record<Severity, string> = { good: 'good', info: '', warning: 'warn', error: 'bad' };

/** "865205000000001 · 127.0.0.1:5013 · closed by the other end · 12 messages" */
function detailsOf(log: Log): string {
	const { source, reason, messages } = summaryOf(log, codes.value);
	return [log.ident, source, reason, messages === null ? '' : t('logs.messages', { n: messages })].filter(Boolean).join(' · ');
}

function Badge({ log }: { log: Log }) {
	const severity = severityOf(log, codes.value);
	return <span class={`badge ${kinds[severity]}`}>{t(`logs.severity.${severity}`)}</span>;
}

const columns: Column<Log>[] = [
	{ key: 'at', title: t('channels.when'), width: '180px', cell: (log) => <Time at={log.timestamp} /> },
	{ key: 'severity', title: t('channels.severity'), width: '96px', cell: (log) => <Badge log={log} /> },
	{
		key: 'text',
		title: t('channels.event'),
		width: 'minmax(220px, 1fr)',
		cell: (log) => (
			<>
				{titleOf(log, codes.value)} {log.count !== undefined && log.count > 1 && <span class="badge">× {number(log.count)}</span>}
			</>
		),
	},
	{ key: 'details', title: t('channels.details'), width: 'minmax(320px, 2fr)', cell: (log) => <span title={detailsOf(log)}>{detailsOf(log)}</span> },
];

export function LogsTab({ logs }: TabProps) {
	const { entries } = logs;
	const { rows } = entries;
	const open = useSignal<Log | null>(null);
	const current = useMemo(() => signal<Log | null>(null), [logs]);
	void entries.version.value;
	return (
		<section class="tab-pane" aria-label={t('channels.tab_logs')}>
			<Grid
				label={t('channels.tab_logs')}
				columns={columns}
				count={rows.length}
				row={(i) => rows[i]}
				indexOf={(log) => rows.indexOf(log)}
				current={current.value ? rows.indexOf(current.value) : -1}
				onCurrent={(i) => (current.value = rows[i] ?? null)}
				onOpen={(i) => (open.value = rows[i] ?? null)}
				onEnd={() => entries.state.peek() === 'more' && entries.older()}
				rowClass={(log) => (severityOf(log, codes.value) === 'error' ? 'alert' : '')}
				empty={entries.state.value === 'done' && <Empty icon="list" title={t('channels.noLogs')} />}
			/>
			<EntriesFoot entries={entries} text={t('logs.count', { n: rows.length })} />
			{open.value && <JsonDialog title={titleOf(open.value, codes.value)} value={open.value} onClose={() => (open.value = null)} />}
		</section>
	);
}
