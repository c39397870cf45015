// Where a channel listens, and whether it does: in the list and at the head of its page. And why there is neither.
import { useSignal } from '@preact/signals';
import { t } from '../../lib/text';
import { CopyButton, Empty } from '../../ui/bits';
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

export function Switch({ channel }: { channel: Channel }) {
	const isBusy = useSignal(false);
	return (
		<label class="check switch">
			<input
				type="checkbox"
				role="switch"
				aria-label={t('channels.enabledOf', { name: channelName(channel) })}
				checked={channel.enabled}
				disabled={isBusy.value}
				onChange={(e) => {
					const box = e.currentTarget;
					isBusy.value = true;
					void setEnabled(channel, box.checked).then((done) => {
						isBusy.value = false;
						if (!done) box.checked = channel.enabled;
					});
				}}
			/>
			<span>{t(channel.enabled ? 'common.on' : 'common.off')}</span>
		</label>
	);
}

export function Failed() {
	return (
		<Empty icon="plug" title={t('channels.failed')}>
			<p>{channelsError.value}</p>
		</Empty>
	);
}
