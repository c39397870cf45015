// What can be done to a channel. Who would lose something is asked before.
import { signal } from '@preact/signals';
import { call } from '../../lib/api';
import { go } from '../../lib/router';
import { bytes, t } from '../../lib/text';
import { confirm } from '../../ui/dialog';
import { reasonOf } from '../../ui/form';
import { toast } from '../../ui/toast';
import { activityOf, dropChannel, readChannel, takeChannel } from './store';
import type { Channel } from './types';
import { channelName } from './words';

/** What the dialog is about; null: it is shut, {}: a new one. */
export const edited = signal<Channel | Record<string, never> | null>(null);

export async function editChannel(id: number | null): Promise<void> {
	try {
		edited.value = id === null ? {} : await readChannel(id);
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

/** False: nothing has changed. */
export async function setEnabled(channel: Channel, enabled: boolean): Promise<boolean> {
	const { connections } = activityOf(channel.id);
	const ask = { title: t('channels.disableTitle', { name: channelName(channel) }), text: t('channels.disableText', { n: connections ?? 0 }), action: t('channels.disable'), danger: true };
	if (!enabled && connections && !(await confirm(ask))) return false;
	try {
		const { result } = await call<Channel>('PATCH', `gw/channels/${channel.id}`, { body: { enabled } });
		if (result[0]) takeChannel(result[0]);
		return true;
	} catch (e) {
		toast(reasonOf(e), 'error');
		return false;
	}
}

export async function removeChannel(channel: Channel): Promise<void> {
	try {
		const { messages_size = 0 } = await readChannel(channel.id);
		const text = [t('channels.deleteMessages', { size: bytes(messages_size) }), t('channels.deleteConnections', { n: activityOf(channel.id).connections ?? 0 }), t('channels.deleteKeeps')].join('\n');
		if (!(await confirm({ title: t('channels.deleteTitle', { name: channelName(channel) }), text, action: t('common.delete'), danger: true }))) return;
		await call('DELETE', `gw/channels/${channel.id}`);
		dropChannel(channel.id);
		toast(t('channels.deleted', { name: channelName(channel) }));
		go('channels');
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}
