// Who is connected now. The live door tells of each that comes and goes.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { devices, fleetMembers } from '../../fleet/store';
import { call } from '../../lib/api';
import { jsonOf, watchState } from '../../lib/live';
import { href } from '../../lib/router';
import { t } from '../../lib/text';
import { CopyButton, Empty, Time } from '../../ui/bits';
import { confirm } from '../../ui/dialog';
import { reasonOf } from '../../ui/form';
import { Grid, type Column } from '../../ui/grid';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import type { TabProps } from './page';
import { LiveTable } from './table';
import type { Connection } from './types';

async function close(id: number, which: string): Promise<void> {
	try {
		await call('DELETE', `gw/channels/${id}/connections/${which}`);
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

async function closeAll(id: number, n: number): Promise<void> {
	if (await confirm({ title: t('channels.closeAllTitle'), text: t('channels.closeAllText', { n }), action: t('channels.closeAll'), danger: true })) await close(id, 'all');
}

export function DeviceLink({ id }: { id: number | null }) {
	void fleetMembers.value;
	if (id === null) return <span class="faint">–</span>;
	return <a href={href('devices', id)}>{devices.get(id)?.name || t('channels.deviceOf', { id })}</a>;
}

function columnsOf(id: number): Column<Connection>[] {
	return [
		{
			key: 'ident',
			title: t('channels.ident'),
			width: 'minmax(190px, 1fr)',
			cell: (c) =>
				c.ident ? (
					<span class="with-button">
						<code>{c.ident}</code> <CopyButton text={c.ident} />
					</span>
				) : (
					<span class="faint">{t('channels.unsaid')}</span>
				),
		},
		{ key: 'device', title: t('channels.device'), width: 'minmax(140px, 1fr)', cell: (c) => <DeviceLink id={c.device_id} /> },
		{ key: 'source', title: t('channels.source'), width: 'minmax(180px, 1fr)', cell: (c) => <code>{c.source}</code> },
		{ key: 'since', title: t('channels.since'), width: '140px', cell: (c) => <Time at={c.established} how="ago" /> },
		{
			key: 'close',
			title: '',
			label: t('channels.acts'),
			width: '60px',
			cell: (c) => (
				<button type="button" class="icon" title={t('channels.close')} aria-label={t('channels.closeOne', { name: c.ident ?? c.source })} onClick={() => void close(id, String(c.id))}>
					<Icon name="close" />
				</button>
			),
		},
	];
}

export function ConnectionsTab({ id }: TabProps) {
	const table = useMemo(() => new LiveTable<Connection>(), [id]);
	const search = useSignal('');
	const columns = useMemo(() => columnsOf(id), [id]);
	useEffect(
		() =>
			watchState(`flespi/state/gw/channels/${id}/connections/+`, {
				on: (m) => {
					const key = m.topic.split('/').at(-1)!;
					if (m.payload.length) table.set(key, jsonOf<Connection>(m));
					else table.delete(key);
				},
				ready: () => table.bell.known(),
			}),
		[id, table],
	);
	void table.bell.version.value;
	const rows = [...table.rows.values()].filter((c) => `${c.ident ?? ''} ${c.source}`.includes(search.value.trim())).sort((a, b) => b.established - a.established);
	return (
		<section class="tab-pane" aria-label={t('channels.tab_connections')}>
			<div class="pane-bar">
				<input type="search" aria-label={t('channels.searchConnections')} placeholder={t('channels.searchConnections')} value={search.value} onInput={(e) => (search.value = e.currentTarget.value)} />
				<span class="faint num">{t('channels.connectionsCount', { n: table.rows.size })}</span>
				<span class="grow" />
				<button type="button" disabled={!table.rows.size} onClick={() => void closeAll(id, table.rows.size)}>
					{t('channels.closeAll')}
				</button>
			</div>
			<Grid
				label={t('channels.tab_connections')}
				columns={columns}
				count={rows.length}
				row={(i) => rows[i]}
				rowHeight={36}
				keyOf={(c) => c.id}
				empty={table.bell.isKnown && <Empty icon="plug" title={t(table.rows.size ? 'channels.noMatch' : 'channels.noConnections')} />}
			/>
		</section>
	);
}
