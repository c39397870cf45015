// Where a channel listens, and whether it does: in the list and at the head of its page. And why there is neither.
import { t } from '../../lib/text';
import { CopyButton, Empty, Switch } from '../../ui/bits';
import { setEnabled } from './acts';
import { channelsError } from './store';
import type { Channel } from './types';
import { channelName } from './words';

export function Uri({ channel }: { channel: Channel }) {
	if (!channel.uri) return <span class="badge">{t('channels.silent')}</span>;
	return (
		<span class="with-button">
			<code>{channel.uri}</code> <CopyButton text={channel.uri} label={t('channels.copyUri', { name: channelName(channel) })} />
		</span>
	);
}

export function OnOff({ channel }: { channel: Channel }) {
	return (
		<Switch on={channel.enabled} label={t('channels.enabledOf', { name: channelName(channel) })} turn={(on) => setEnabled(channel, on)}>
			<span>{t(channel.enabled ? 'common.on' : 'common.off')}</span>
		</Switch>
	);
}

export function Failed() {
	return (
		<Empty icon="plug" title={t('channels.failed')}>
			<p>{channelsError.value}</p>
		</Empty>
	);
}
