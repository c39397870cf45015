// Tokens: who may use the gateway, for what, and until when.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError, call, get, inOrder } from '../lib/api';
import { watch } from '../lib/live';
import { t } from '../lib/text';
import { duration, now } from '../lib/time';
import { Empty, Switch, Time } from '../ui/bits';
import { confirm } from '../ui/dialog';
import { reasonOf } from '../ui/form';
import { Icon } from '../ui/icon';
import { toast } from '../ui/toast';
import { edited, shutDialogs, TokenDialogs } from './tokens/form';
import { endOf, type Token } from './tokens/types';
import { accessWords } from './tokens/words';
import '../styles/tokens.css';
import '../styles/table.css';

const FIELDS = 'id,info,enabled,created,accessed,expire,ttl,ips,access,metadata';

const tokens = signal<Token[] | null>(null);
const error = signal('');
/** It is not for this token to see others. */
const isRefused = signal(false);
/** The one in use; null: not known yet. */
const mine = signal<Token | null>(null);

const asked = inOrder();

async function load(): Promise<void> {
	const isNews = asked();
	try {
		const [list, [own]] = await Promise.all([get<Token>('platform/tokens/all', { query: { fields: FIELDS } }), get<Token>('auth/info')]);
		if (!isNews()) return;
		tokens.value = list.sort((a, b) => b.created - a.created || b.id - a.id);
		mine.value = own ?? null;
		error.value = '';
		isRefused.value = false;
	} catch (e) {
		if (!isNews()) return;
		isRefused.value = e instanceof ApiError && e.status === 403;
		error.value = reasonOf(e);
		if (isRefused.value) mine.value = (await get<Token>('auth/info').catch(() => []))[0] ?? null;
	}
}

export function TokensView() {
	useEffect(() => {
		tokens.value = null;
		void load();
		const end = watch('flespi/log/platform/tokens/+/+', { on: () => void load(), ready: () => void load() });
		return () => {
			end();
			shutDialogs();
		};
	}, []);
	return (
		<>
			<header class="view-head">
				<h1 class="grow">{t('tokens.title')}</h1>
				{!isRefused.value && (
					<button type="button" class="primary" onClick={() => (edited.value = 'new')}>
						<Icon name="plus" /> {t('tokens.add')}
					</button>
				)}
			</header>
			<div class="view-body stack">{isRefused.value ? <NotMaster /> : <List />}</div>
			<TokenDialogs onChange={() => void load()} />
		</>
	);
}

function NotMaster() {
	return (
		<Empty icon="key" title={t('tokens.notMaster')}>
			<p>{t('tokens.notMasterHint')}</p>
			{mine.value && (
				<div class="card mine">
					<h3>{t('tokens.yours', { name: mine.value.info || String(mine.value.id) })}</h3>
					<AccessList token={mine.value} />
				</div>
			)}
		</Empty>
	);
}

function List() {
	const list = tokens.value;
	if (!list) return error.value ? <p class="error">{error.value}</p> : <p class="faint">{t('common.loading')}</p>;
	return (
		<>
			<p class="faint">{t(mine.value?.id === 0 ? 'tokens.introAdmin' : 'tokens.intro')}</p>
			{list.length ? (
				<div class="card table-box">
					<table class="table tokens" aria-label={t('tokens.title')}>
						<thead>
							<tr>
								{(['info', 'access', 'created', 'accessed', 'ends', 'ips', 'enabled'] as const).map((name) => (
									<th key={name}>{t(`tokens.${name}`)}</th>
								))}
								<th>
									<span class="sr">{t('tokens.acts')}</span>
								</th>
							</tr>
						</thead>
						<tbody>
							{list.map((token) => (
								<Row key={token.id} token={token} />
							))}
						</tbody>
					</table>
				</div>
			) : (
				<Empty icon="key" title={t('tokens.none')} />
			)}
		</>
	);
}

function AccessList({ token }: { token: Token }) {
	const lines = accessWords(token.access);
	return (
		<ul class="access-list">
			{lines.map((line) => (
				<li key={line}>{line}</li>
			))}
		</ul>
	);
}

const nameOf = (token: Token): string => token.info || t('tokens.unnamed', { id: token.id });

function Ends({ token }: { token: Token }) {
	const end = endOf(token);
	if (end === null) return <>{t('common.never')}</>;
	if (end <= now.value) return <span class="badge bad">{t('tokens.over')}</span>;
	return (
		<>
			<Time at={end} />
			{token.ttl > 0 && <small class="faint">{t('tokens.unused', { time: duration(token.ttl) })}</small>}
		</>
	);
}

function Row({ token }: { token: Token }) {
	const name = nameOf(token);
	const isMine = mine.value?.id === token.id;
	return (
		<tr class={token.enabled ? '' : 'off'}>
			<td class="wide">
				<strong>{name}</strong> <span class="faint num">{token.id}</span> {isMine && <span class="badge good">{t('tokens.inUse')}</span>}
			</td>
			<td class="wide" data-label={t('tokens.access')}>
				<AccessList token={token} />
			</td>
			<td data-label={t('tokens.created')}>
				<Time at={token.created} how="ago" />
			</td>
			<td data-label={t('tokens.accessed')}>{token.accessed ? <Time at={token.accessed} how="ago" /> : t('common.never')}</td>
			<td class="ends" data-label={t('tokens.ends')}>
				<Ends token={token} />
			</td>
			<td data-label={t('tokens.ips')}>{token.ips ? <code>{token.ips}</code> : <span class="faint">{t('tokens.anywhere')}</span>}</td>
			<td data-label={t('tokens.enabled')}>
				<Switch on={token.enabled} label={t('tokens.enabledOf', { name })} turn={(on) => setEnabled(token, on, isMine)} />
			</td>
			<td class="acts">
				<button type="button" class="icon" title={t('common.edit')} aria-label={t('tokens.editOne', { name })} onClick={() => (edited.value = token)}>
					<Icon name="edit" />
				</button>
				<button type="button" class="icon" title={t('common.delete')} aria-label={t('tokens.deleteOne', { name })} onClick={() => void remove(token, isMine)}>
					<Icon name="trash" />
				</button>
			</td>
		</tr>
	);
}

async function setEnabled(token: Token, enabled: boolean, isMine: boolean): Promise<void> {
	const ask = { title: t('tokens.disableTitle', { name: nameOf(token) }), text: t('tokens.mineText'), action: t('tokens.disable'), danger: true };
	if (!enabled && isMine && !(await confirm(ask))) return;
	await act(() => call('PATCH', `platform/tokens/${token.id}`, { body: { enabled } }));
}

async function remove(token: Token, isMine: boolean): Promise<void> {
	const text = t('tokens.deleteText') + (isMine ? '\n' + t('tokens.mineText') : '');
	if (!(await confirm({ title: t('tokens.deleteTitle', { name: nameOf(token) }), text, action: t('common.delete'), danger: true }))) return;
	await act(() => call('DELETE', `platform/tokens/${token.id}`));
}

async function act(what: () => Promise<unknown>): Promise<void> {
	try {
		await what();
		await load();
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}
