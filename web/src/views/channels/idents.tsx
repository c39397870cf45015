// Who has called: those that are registered, and those that wait for it.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { register } from '../../fleet/store';
import { stream } from '../../lib/api';
import { jsonOf, watch } from '../../lib/live';
import { bytes, number, t } from '../../lib/text';
import { CopyButton, Empty, Time } from '../../ui/bits';
import { reasonOf } from '../../ui/form';
import { Grid, type Column } from '../../ui/grid';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import { DeviceLink } from './connections';
import type { TabProps } from './page';
import { LiveTable } from './table';
import type { Ident } from './types';

async function registerIdent(table: LiveTable<Ident>, one: Ident): Promise<void> {
	try {
		const device = await register(one.ident, one.ident);
		table.set(one.ident, { ...(table.rows.get(one.ident) ?? one), device_id: device.id, reason: null });
		toast(t('channels.registered', { ident: one.ident }));
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

function Registered({ table, one }: { table: LiveTable<Ident>; one: Ident }) {
	if (one.device_id !== null) return <DeviceLink id={one.device_id} />;
	return (
		<button type="button" class="small" title={one.reason ?? ''} aria-label={t('channels.registerOne', { ident: one.ident })} onClick={() => void registerIdent(table, one)}>
			<Icon name="plus" /> {t('channels.register')}
		</button>
	);
}

function columnsOf(table: LiveTable<Ident>): Column<Ident>[] {
	return [
		{
			key: 'ident',
			title: t('channels.ident'),
			width: 'minmax(200px, 1.2fr)',
			cell: (one) => (
				<span class="with-button">
					<code>{one.ident}</code> <CopyButton text={one.ident} />
				</span>
			),
		},
		{ key: 'device', title: t('channels.device'), width: 'minmax(150px, 1fr)', cell: (one) => <Registered table={table} one={one} /> },
		{ key: 'messages', title: t('channels.messages'), width: '110px', align: 'right', cell: (one) => number(one.messages) },
		{ key: 'size', title: t('channels.size'), width: '100px', align: 'right', cell: (one) => bytes(one.size) },
		{ key: 'last', title: t('channels.last'), width: '130px', cell: (one) => <Time at={one.last} how="ago" /> },
		{ key: 'peer', title: t('channels.source'), width: 'minmax(170px, 1fr)', cell: (one) => <code>{one.peer}</code> },
		{ key: 'reason', title: t('channels.reason'), width: 'minmax(200px, 2fr)', cell: (one) => <span class="faint" title={one.reason ?? ''}>{one.reason}</span> },
	];
}

/** Reads all; what the live door tells meanwhile is newer. */
async function load(id: number, table: LiveTable<Ident>): Promise<void> {
	const newer = (one: Ident): boolean => (table.rows.get(one.ident)?.last ?? 0) > one.last;
	try {
		await stream<Ident>(`gw/channels/${id}/idents/*`, {}, (items) => {
			for (const one of items) table.set(one.ident, newer(one) ? { ...table.rows.get(one.ident)!, reason: one.reason ?? null } : one);
		});
		table.bell.known();
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

export function IdentsTab({ id }: TabProps) {
	const table = useMemo(() => new LiveTable<Ident>(), [id]);
	const columns = useMemo(() => columnsOf(table), [table]);
	const search = useSignal('');
	const onlyNew = useSignal(false);
	useEffect(() => {
		void load(id, table);
		return watch(`flespi/state/gw/channels/${id}/idents/+`, {
			on: (m) => {
				if (!m.payload.length) return table.delete(m.topic.split('/').at(-1)!);
				const one = jsonOf<Ident>(m);
				const before = table.rows.get(one.ident);
				table.set(one.ident, { ...one, reason: one.device_id === before?.device_id ? (before?.reason ?? null) : null });
			},
			ready: () => void load(id, table),
			retained: false,
		});
	}, [id, table]);
	void table.bell.version.value;
	const rows = [...table.rows.values()].filter((one) => one.ident.includes(search.value.trim()) && !(onlyNew.value && one.device_id !== null)).sort((a, b) => b.last - a.last);
	return (
		<section class="tab-pane" aria-label={t('channels.tab_idents')}>
			<div class="pane-bar">
				<input type="search" aria-label={t('channels.searchIdents')} placeholder={t('channels.searchIdents')} value={search.value} onInput={(e) => (search.value = e.currentTarget.value)} />
				<label class="check">
					<input type="checkbox" checked={onlyNew.value} onChange={(e) => (onlyNew.value = e.currentTarget.checked)} />
					{t('channels.onlyNew')}
				</label>
				<span class="faint num">{t('channels.identsCount', { n: rows.length })}</span>
			</div>
			<Grid label={t('channels.tab_idents')} columns={columns} count={rows.length} row={(i) => rows[i]} keyOf={(one) => one.ident} rowHeight={36} empty={table.bell.isKnown && <Empty icon="signal" title={t(table.rows.size ? 'channels.noMatch' : 'channels.noIdents')} />} />
		</section>
	);
}
