// What happened to the device: its log, newest first, with how bad each entry is.
import { useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import { bytes, number, t } from '../../lib/text';
import { duration } from '../../lib/time';
import { CopyButton, Empty } from '../../ui/bits';
import { Dialog } from '../../ui/dialog';
import { Grid, type Column } from '../../ui/grid';
import { codes } from './codes';
import { isPhone, type Desk } from './desk';
import { KINDS, kindOf, packetTimeOf, SEVERITIES, severityOf, summaryOf, titleOf, changesOf, type Kind, type LogEntry, type Severity } from './logtext';
import { EntriesFoot } from './foot';
import { ExactTime } from './value';

const kind = signal<Kind | ''>('');
const severity = signal<Severity | ''>('');
/** The row that the arrow keys have come to. */
const cursor = signal<LogEntry | null>(null);
const ROW_HEIGHT = 26;

function Mark({ of }: { of: Severity }) {
	return <span class={`severity is-${of}`}>{t(`logs.severity.${of}`)}</span>;
}

/** The rest of the line: why, how long, how much. */
function detailOf(entry: LogEntry): string {
	const s = summaryOf(entry, codes.value);
	const changed = changesOf(entry['old'], entry['new']).map(([name]) => name);
	return [
		s.name,
		s.reason,
		s.response && `“${s.response}”`,
		entry['old'] && changed.length ? changed.join(', ') : '',
		s.duration !== null && duration(s.duration),
		s.messages !== null && t('logs.messages', { n: s.messages }),
		s.received !== null && bytes(s.received),
		s.source,
	]
		.filter(Boolean)
		.join(' · ');
}

function columnsOf(): Column<LogEntry>[] {
	return [
		{ key: 'time', title: t('logs.time'), width: isPhone.value ? '126px' : '190px', cell: (e) => <ExactTime at={e.timestamp} short={isPhone.value} /> },
		{ key: 'severity', title: t('logs.severity.title'), width: '84px', cell: (e) => <Mark of={severityOf(e, codes.value)} /> },
		{
			key: 'event',
			title: t('logs.event'),
			width: 'minmax(200px, 300px)',
			cell: (e) => (
				<>
					{titleOf(e, codes.value)}
					{Number(e['count']) > 1 && (
						<span class="badge repeated" title={t('logs.repeated', { n: Number(e['count']) })}>
							× {number(Number(e['count']))}
						</span>
					)}
				</>
			),
		},
		{ key: 'detail', title: t('logs.detail'), width: 'minmax(260px, 1fr)', cell: (e) => <span class="faint">{detailOf(e)}</span> },
	];
}

export function LogFilters() {
	return (
		<>
			<select aria-label={t('logs.severity.title')} value={severity.value} onChange={(e) => (severity.value = e.currentTarget.value as Severity)}>
				<option value="">{t('logs.severity.all')}</option>
				{SEVERITIES.map((one) => (
					<option key={one} value={one}>
						{t(`logs.severity.${one}`)}
					</option>
				))}
			</select>
			<select aria-label={t('logs.kind.title')} value={kind.value} onChange={(e) => (kind.value = e.currentTarget.value as Kind)}>
				<option value="">{t('logs.kind.all')}</option>
				{KINDS.map((one) => (
					<option key={one} value={one}>
						{t(`logs.kind.${one}`)}
					</option>
				))}
			</select>
		</>
	);
}

/** An entry in full. */
function EntryDialog({ desk, entry }: { desk: Desk; entry: LogEntry }) {
	const close = (): void => void (desk.entry.value = null);
	const text = JSON.stringify(entry, null, 4);
	const packet = packetTimeOf(entry);
	const changed = changesOf(entry['old'], entry['new']);
	const foot = packet !== null && (
		<button
			type="button"
			class="primary"
			onClick={() => {
				close();
				void desk.showPacket(packet);
			}}
		>
			{t('logs.toPacket')}
		</button>
	);
	return (
		<Dialog title={titleOf(entry, codes.value)} onClose={close} wide foot={foot || undefined}>
			<p class="row entry-head">
				<Mark of={severityOf(entry, codes.value)} /> <ExactTime at={entry.timestamp} /> <span class="faint">{detailOf(entry)}</span>
			</p>
			{Boolean(entry['old']) && changed.length > 0 && (
				<table class="changes">
					<tbody>
						{changed.map(([name, before, after]) => (
							<tr key={name}>
								<th scope="row">
									<code>{name}</code>
								</th>
								<td>
									<code>{JSON.stringify(before) ?? '–'}</code>
								</td>
								<td>→</td>
								<td>
									<code>{JSON.stringify(after) ?? '–'}</code>
								</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
			<div class="log-json">
				<CopyButton text={text} label={t('message.copy')} />
				<pre tabIndex={0}>{text}</pre>
			</div>
		</Dialog>
	);
}

export function LogsPane({ desk }: { desk: Desk }) {
	const { logs } = desk;
	const version = logs.version.value;
	const isAll = !kind.value && !severity.value;
	const rows = useMemo(
		() =>
			isAll
				? logs.rows
				: logs.rows.filter((e) => (!kind.value || kindOf(e.event_code) === kind.value) && (!severity.value || severityOf(e, codes.value) === severity.value)),
		[version, kind.value, severity.value, codes.value],
	);
	const list = useMemo(columnsOf, [codes.value, isPhone.value]);
	const entry = desk.entry.value;
	return (
		<>
			<Grid
				label={t('logs.title')}
				columns={list}
				count={rows.length}
				row={(i) => rows[i]}
				rowHeight={ROW_HEIGHT}
				current={entry ? rows.indexOf(entry) : cursor.value ? rows.indexOf(cursor.value) : -1}
				onCurrent={(i) => (cursor.value = rows[i] ?? null)}
				onPick={(i) => (desk.entry.value = rows[i] ?? null)}
				onOpen={(i) => (desk.entry.value = rows[i] ?? null)}
				rowClass={(e) => `log-row of-${severityOf(e, codes.value)}`}
				indexOf={(e) => rows.indexOf(e)}
				onEnd={() => logs.state.peek() === 'more' && logs.older()}
				empty={<NoLogs desk={desk} isAll={isAll} />}
			/>
			<EntriesFoot entries={logs} text={t('logs.count', { n: rows.length })} />
			{entry && <EntryDialog desk={desk} entry={entry} />}
		</>
	);
}

function NoLogs({ desk, isAll }: { desk: Desk; isAll: boolean }) {
	const state = desk.logs.state.value;
	if (state === 'loading') return <Empty icon="clock" title={t('common.loading')} />;
	if (desk.logs.error.value) return <Empty icon="warning" title={desk.logs.error.value} />;
	return <Empty icon="list" title={t(isAll ? 'logs.empty' : 'logs.emptyFiltered')} />;
}
