// Making and changing a channel.
import { useSignal } from '@preact/signals';
import { useId, useMemo, useRef } from 'preact/hooks';
import { ApiError, one } from '../../lib/api';
import { t, type TextKey } from '../../lib/text';
import { Dialog, FormFoot } from '../../ui/dialog';
import { focusWrong, FormState, reasonOf, useShown } from '../../ui/form';
import { SchemaForm } from '../../ui/schema_form';
import { toast } from '../../ui/toast';
import { edited } from './acts';
import { takeChannel } from './store';
import { channelSchema, flatten, nest, partNames, PARTS, type Channel, type Part, type Words } from './types';
import { channelName } from './words';

const words: Words = (name) => {
	const key = name.replace('configuration.', '');
	const isDuration = key === 'messages_ttl' || key === 'silence_s';
	return {
		title: t(`channels.form_${key}` as TextKey),
		description: t(`channels.hint_${key}` as TextKey),
		...(isDuration && { zero: t(`channels.zero_${key}` as TextKey) }),
	};
};

/** Open at first. */
const OPEN: Part[] = ['general', 'listen'];

export function ChannelDialog() {
	const channel = edited.value;
	return channel && <Form key={'id' in channel ? channel.id : 0} channel={channel} />;
}

const isMade = (channel: Channel | Record<string, never>): channel is Channel => 'id' in channel;

function Form({ channel }: { channel: Channel | Record<string, never> }) {
	const isNew = !isMade(channel);
	const state = useMemo(() => new FormState(channelSchema(words), isNew ? {} : flatten(channel)), [channel]);
	const error = useSignal('');
	const isBusy = useSignal(false);
	const isShown = useShown();
	const form = useRef<HTMLFormElement>(null);
	const id = useId();
	const save = async (e: SubmitEvent): Promise<void> => {
		e.preventDefault();
		if (isBusy.peek()) return;
		const values = state.read();
		error.value = '';
		if (!values) return focusWrong(form.current);
		isBusy.value = true;
		try {
			// PUT: what was taken out of the metadata goes
			const saved = await one<Channel>(isNew ? 'POST' : 'PUT', isNew ? 'gw/channels' : `gw/channels/${channel.id}`, { body: nest(values) });
			takeChannel(saved);
			toast(t(isNew ? 'channels.created' : 'channels.saved', { name: channelName(saved), uri: saved.uri }));
			if (isShown()) edited.value = null;
		} catch (reason) {
			if (!isShown()) return toast(reasonOf(reason), 'error');
			error.value = reason instanceof ApiError ? state.refuse(reason).join('; ') : reasonOf(reason);
			focusWrong(form.current);
		} finally {
			isBusy.value = false;
		}
	};
	const close = (): void => void (edited.value = null);
	const foot = <FormFoot id={id} error={error.value} isNew={isNew} isBusy={isBusy.value} onCancel={close} />;
	return (
		<Dialog wide stays title={isNew ? t('channels.add') : t('channels.editOne', { name: channelName(channel) })} onClose={close} foot={foot}>
			<form ref={form} id={id} class="stack" noValidate onSubmit={(e) => void save(e)}>
				{!isNew && <p class="faint">{t('channels.editHint')}</p>}
				{partNames.map((part) => (
					<details key={part} class="form-part" open={OPEN.includes(part)}>
						<summary>{t(`channels.part_${part}`)}</summary>
						<div class="form-grid">
							<SchemaForm form={state} only={PARTS[part]} />
						</div>
					</details>
				))}
			</form>
		</Dialog>
	);
}
