// Who is subscribed over MQTT, also this page; a session that waits for its client can be ended.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, call, inOrder } from '../../lib/api';
import { bytes, number, t } from '../../lib/text';
import { Dot, Time } from '../../ui/bits';
import { confirm } from '../../ui/dialog';
import { reasonOf } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import { readSessions, SESSIONS_MOST, type Session } from './store';

const EVERY_MS = 5000;

export function Sessions() {
	const list = useSignal<Session[] | null>(null);
	const error = useSignal('');
	const asked = useMemo(inOrder, []);
	const load = async (): Promise<void> => {
		const isNews = asked();
		try {
			const found = await readSessions();
			if (!isNews()) return;
			list.value = found;
			error.value = '';
		} catch (e) {
			if (isNews()) error.value = e instanceof ApiError && e.status === 403 ? t('health.sessionsRefused') : reasonOf(e);
		}
	};
	useEffect(() => {
		void load();
		const timer = setInterval(() => void (!document.hidden && load()), EVERY_MS);
		return () => clearInterval(timer);
	}, []);
	const end = async (s: Session): Promise<void> => {
		const text = [s.messages ? t('health.endText', { n: s.messages }) : t('health.endNothing'), s.connected ? t('health.endConnected') : ''].filter(Boolean).join('\n');
		if (!(await confirm({ title: t('health.endTitle', { name: s.client_id }), text, action: t('health.end'), danger: true }))) return;
		try {
			await call('DELETE', `mqtt/sessions/${s.id}`);
		} catch (e) {
			toast(reasonOf(e), 'error');
		}
		await load();
	};
	return (
		<section class="stack" aria-label={t('health.sessions')}>
			<h2>
				{t('health.sessions')} {list.value && <span class="badge">{number(list.value.length)}</span>}
			</h2>
			{error.value && <p class="faint">{error.value}</p>}
			{list.value && list.value.length > 0 && (
				<div class="card table-box">
					<table class="table" aria-label={t('health.sessions')}>
						<thead>
							<tr>
								{(['client', 'from', 'since', 'token', 'subscriptions', 'waiting'] as const).map((name) => (
									<th key={name}>{t(`health.${name}`)}</th>
								))}
								<th>
									<span class="sr">{t('health.end')}</span>
								</th>
							</tr>
						</thead>
						<tbody>
							{list.value.map((s) => (
								<Row key={s.id} s={s} onEnd={() => void end(s)} />
							))}
						</tbody>
					</table>
				</div>
			)}
			{list.value && list.value.length >= SESSIONS_MOST && <p class="faint">{t('health.sessionsMost', { n: SESSIONS_MOST })}</p>}
		</section>
	);
}

function Row({ s, onEnd }: { s: Session; onEnd: () => void }) {
	return (
		<tr>
			<td class="wide">
				<Dot on={s.connected} label={t(s.connected ? 'common.connected' : 'common.notConnected')} /> <code>{s.client_id}</code>
			</td>
			<td data-label={t('health.from')}>
				<code>{s.source}</code> <span class="faint">{t('health.by', { transport: s.transport, version: s.version })}</span>
			</td>
			<td data-label={t('health.since')}>
				<Time at={s.established} how="ago" />
			</td>
			<td data-label={t('health.token')}>{s.token_id ? s.token_id : t('health.admin')}</td>
			<td class="num" data-label={t('health.subscriptions')}>
				{number(s.subscriptions)}
			</td>
			<td class="num" data-label={t('health.waiting')}>
				{s.messages ? `${number(s.messages)} (${bytes(s.size)})` : '0'}
			</td>
			<td class="acts">
				<button type="button" class="icon" title={t('health.end')} aria-label={t('health.endOne', { name: s.client_id })} onClick={onEnd}>
					<Icon name="close" />
				</button>
			</td>
		</tr>
	);
}
