// What can be done to a channel. Who would lose something is asked before.
import { signal } from '@preact/signals';
import { call, one } from '../../lib/api';
import { go, stays } from '../../lib/router';
import { bytes, t } from '../../lib/text';
import { confirm } from '../../ui/dialog';
import { reasonOf } from '../../ui/form';
import { toast } from '../../ui/toast';
import { activityOf, dropChannel, readChannel, takeChannel } from './store';
import type { Channel } from './types';
import { channelName } from './words';

/** What the dialog is about; null: it is shut, {}: a new one. */
export const edited = signal<Channel | Record<string, never> | null>(null);

/** The one that was wanted last is opened. */
let wanted = 0;

export async function editChannel(id: number | null): Promise<void> {
	const mine = ++wanted;
	const isHere = stays();
	try {
		const found = id === null ? {} : await readChannel(id);
		if (mine === wanted && isHere()) edited.value = found;
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

/** How many are connected at this moment. */
async function connectionsOf({ id }: Channel): Promise<number> {
	await activityOf(id).count(id);
	return activityOf(id).connections ?? 0;
}

async function mayEnd(channel: Channel): Promise<boolean> {
	const isHere = stays();
	const n = await connectionsOf(channel);
	const ask = { title: t('channels.disableTitle', { name: channelName(channel) }), text: t('channels.disableText', { n }), action: t('channels.disable'), danger: true };
	return !n || (isHere() && confirm(ask));
}

export async function setEnabled(channel: Channel, enabled: boolean): Promise<void> {
	if (!enabled && !(await mayEnd(channel))) return;
	try {
		takeChannel(await one<Channel>('PATCH', `gw/channels/${channel.id}`, { body: { enabled } }));
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

export async function removeChannel(channel: Channel): Promise<void> {
	const isHere = stays();
	try {
		const [{ messages_size = 0 }, n] = await Promise.all([readChannel(channel.id), connectionsOf(channel)]);
		const text = [t('channels.deleteMessages', { size: bytes(messages_size) }), t('channels.deleteConnections', { n }), t('channels.deleteKeeps')].join('\n');
		if (!isHere() || !(await confirm({ title: t('channels.deleteTitle', { name: channelName(channel) }), text, action: t('common.delete'), danger: true }))) return;
		await call('DELETE', `gw/channels/${channel.id}`);
		dropChannel(channel.id);
		toast(t('channels.deleted', { name: channelName(channel) }));
		if (isHere()) go('channels');
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}
