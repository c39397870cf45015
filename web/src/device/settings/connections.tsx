// The connections of a device's tracker, as they come and go.
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { call, get } from '../../lib/api';
import { jsonOf, watchState } from '../../lib/live';
import { t } from '../../lib/text';
import { Time } from '../../ui/bits';
import { confirm } from '../../ui/dialog';
import { toast } from '../../ui/toast';

interface Connection {
	id: number;
	source: string;
	established: number;
	channel_id: number;
}

async function close(device: number, c: Connection): Promise<void> {
	const yes = await confirm({ title: t('settings.closeTitle'), text: t('settings.closeText', { source: c.source }), action: t('settings.closeConnection') });
	if (!yes) return;
	try {
		await call('DELETE', `gw/devices/${device}/connections/${c.id}`);
	} catch (e) {
		toast((e as Error).message, 'error');
	}
}

export function Connections({ id }: { id: number }) {
	/** Null: not told yet. */
	const list = useSignal<ReadonlyMap<string, Connection> | null>(null);
	const error = useSignal('');
	useEffect(
		() =>
			watchState(`flespi/state/gw/devices/${id}/connections/+`, {
				on: (m) => {
					const next = new Map(list.peek() ?? []);
					if (m.payload.length) next.set(m.topic, jsonOf<Connection>(m));
					else next.delete(m.topic);
					list.value = next;
				},
				// the live door says nothing to who may not see them
				ready: () =>
					void get(`gw/devices/${id}/connections/all`, { query: { fields: 'id' } }).then(
						() => ((list.value ??= new Map()), (error.value = '')),
						(e: Error) => (error.value = e.message),
					),
			}),
		[id],
	);
	if (error.value) return <p class="error">{error.value}</p>;
	const all = [...(list.value?.values() ?? [])];
	if (list.value && !all.length) return <p class="faint">{t('settings.notConnected')}</p>;
	return (
		<ul class="connections">
			{all.map((c) => (
				<li key={c.id}>
					<span class="mono grow">{c.source}</span>
					<span class="faint">
						{t('settings.since')} <Time at={c.established} how="ago" />
					</span>
					<button type="button" onClick={() => void close(id, c)} aria-label={t('settings.closeOne', { source: c.source })}>
						{t('common.close')}
					</button>
				</li>
			))}
		</ul>
	);
}
