// Keeping less: what will go is counted before, and how the disk is freed is shown behind.
import { useEffect, useState } from 'preact/hooks';
import { call, get } from '../../lib/api';
import { runJob } from '../../ui/jobs';
import { bytes, t } from '../../lib/text';
import { local } from '../../lib/time';
import type { Message } from '../../fleet/store';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import { keepText } from '../../ui/keep';
import { keepsFewerBytes, type Patch, type SettingsItem } from './form';

/** Counting ends here: nobody needs to know more, and it is read message by message. */
const MOST = 1000;

interface Gone {
	/** MOST + 1: more than that. */
	count: number;
	/** The time of the oldest one. */
	first: number | null;
}

/** The messages that are older than so many seconds, by their own time and by that of their arrival. */
async function countOlder(id: number, seconds: number, signal: AbortSignal): Promise<Gone> {
	const limit = Math.floor(Date.now() / 1000 - seconds);
	const old = seconds ? { to: limit, filter: `server.timestamp<=${limit}` } : {};
	const found = await get<Message>(`gw/devices/${id}/messages`, { data: { ...old, count: MOST + 1, fields: 'timestamp' }, signal });
	return { count: found.length, first: found[0]?.timestamp ?? null };
}

function goneText({ count, first }: Gone): string {
	if (!count) return t('settings.goneNone');
	return t(count > MOST ? 'settings.goneMany' : 'settings.gone', { n: Math.min(count, MOST), first: local(first!) });
}

function Count({ id, seconds }: { id: number; seconds: number }) {
	const [text, setText] = useState('');
	useEffect(() => {
		const abort = new AbortController();
		countOlder(id, seconds, abort.signal).then(
			(gone) => setText(goneText(gone)),
			(e: Error) => abort.signal.aborted || setText(t('settings.notCounted', { reason: e.message })),
		);
		return () => abort.abort();
	}, []);
	return (
		<p class="note warn" role="status">
			<Icon name="warning" /> <span>{text || t('settings.counting')}</span>
		</p>
	);
}

/** Asks before a device keeps less. */
export function LessDialog({ item, patch, onClose, onYes }: { item: SettingsItem; patch: Patch; onClose: () => void; onYes: () => void }) {
	const ttl = patch['messages_ttl'] as number | undefined;
	const rotate = patch['messages_rotate'] as number;
	const foot = (
		<>
			<button type="button" onClick={onClose} autofocus>
				{t('common.cancel')}
			</button>
			<button type="button" class="danger" onClick={onYes}>
				{t('settings.keepLess')}
			</button>
		</>
	);
	return (
		<Dialog title={t('settings.lessTitle')} onClose={onClose} foot={foot}>
			<div class="stack">
				{ttl !== undefined && ttl < item.messages_ttl && (
					<>
						<p>{t('settings.lessTime', { old: keepText(item.messages_ttl), now: keepText(ttl) })}</p>
						<Count id={item.id} seconds={ttl} />
					</>
				)}
				{keepsFewerBytes(item, patch) && <p>{t('settings.lessBytes', { now: bytes(rotate), size: bytes(item.messages_size) })}</p>}
				<p class="faint">{t('settings.lessMeans')}</p>
			</div>
		</Dialog>
	);
}

const POLL_MS = 1000;
/** It has become less, and stays so: that was it. */
const CALM_POLLS = 8;
const MOST_POLLS = 180;

export interface Kept {
	messages_ttl: number;
	messages_rotate: number;
}

const pause = (signal: AbortSignal): Promise<void> =>
	new Promise((done) => {
		const timer = setTimeout(done, POLL_MS);
		signal.addEventListener('abort', () => (clearTimeout(timer), done()));
	});

async function sizeOf(id: number): Promise<number> {
	const [item] = await get<{ messages_size: number }>(`gw/devices/${id}`, { query: { fields: 'messages_size' } });
	return item?.messages_size ?? 0;
}

/** Shows how the disk is freed; cancelling it gives the device its old settings back. */
export async function watchFreed(id: number, name: string, before: number, old: Kept, onSize: (size: number) => void): Promise<void> {
	await runJob(t('settings.freeing', { name }), async ({ signal, report }) => {
		let size = before;
		for (let calm = 0, poll = 0; calm < CALM_POLLS && size > 0 && poll < MOST_POLLS; poll++) {
			report(null, t('settings.freed', { freed: bytes(before - size), left: bytes(size) }));
			await pause(signal);
			const now = await sizeOf(id);
			calm = now < before && now >= size ? calm + 1 : 0;
			size = Math.min(size, now);
			onSize(now);
			if (!signal.aborted) continue;
			await call('PATCH', `gw/devices/${id}`, { body: old });
			return toast(t('settings.putBack', { time: keepText(old.messages_ttl), freed: bytes(before - size) }));
		}
		toast(size < before ? t('settings.freedAll', { freed: bytes(before - size), left: bytes(size) }) : t('settings.freedLater'));
	});
}
