// A device that is known before its tracker speaks.
import { useState } from 'preact/hooks';
import { deviceTypes, ITEM_FIELDS, taking, type DeviceItem } from '../../fleet/store';
import { one } from '../../lib/api';
import { faultOf } from '../../fleet/faults';
import { modelOptions } from '../../fleet/models';
import { go } from '../../lib/router';
import { t } from '../../lib/text';
import { Field } from '../../ui/bits';
import { Dialog } from '../../ui/dialog';
import { useShown } from '../../ui/form';
import { toast } from '../../ui/toast';

export function AddDialog({ onClose }: { onClose: () => void }) {
	const [refused, setRefused] = useState<Error | null>(null);
	const [isBusy, setBusy] = useState(false);
	const isShown = useShown();
	const submit = async (e: SubmitEvent): Promise<void> => {
		e.preventDefault();
		if (isBusy) return;
		setBusy(true);
		const form = new FormData(e.target as HTMLFormElement);
		const text = (name: string): string => String(form.get(name) ?? '').trim();
		const phone = text('phone');
		const body = { name: text('name'), device_type_id: Number(text('type')), configuration: { ident: text('ident'), ...(phone && { phone }) } };
		const take = taking();
		try {
			const made = await one<DeviceItem>('POST', 'gw/devices', { body: [body], query: { fields: ITEM_FIELDS } });
			take(made);
			if (!isShown()) return;
			onClose();
			go('devices', made.id);
		} catch (error) {
			if (!isShown()) return toast((error as Error).message, 'error');
			setBusy(false);
			setRefused(error as Error);
		}
	};
	const fault = (field: string): string | undefined => faultOf(refused, field);
	const isElsewhere = refused && !['name', 'configuration.ident', 'device_type_id', 'configuration.phone'].some(fault);
	const foot = (
		<>
			<button type="button" onClick={onClose}>
				{t('common.cancel')}
			</button>
			<button type="submit" form="add-form" class="primary" disabled={isBusy || !deviceTypes.value.length}>
				{t('common.add')}
			</button>
		</>
	);
	return (
		<Dialog stays title={t('devices.addTitle')} onClose={onClose} foot={foot}>
			<form id="add-form" class="stack" onSubmit={(e) => void submit(e)}>
				<Field label={t('devices.ident')} hint={t('devices.identHint')} error={fault('configuration.ident')}>
					<input name="ident" class="mono" inputMode="numeric" autocomplete="off" autofocus required aria-invalid={!!fault('configuration.ident')} />
				</Field>
				<Field label={t('devices.name')} error={fault('name')}>
					<input name="name" autocomplete="off" />
				</Field>
				<Field label={t('devices.type')} error={fault('device_type_id')}>
					<select name="type">{modelOptions()}</select>
				</Field>
				<Field label={t('devices.phone')} hint={t('devices.phoneHint')} error={fault('configuration.phone')}>
					<input name="phone" type="tel" autocomplete="off" />
				</Field>
				{isElsewhere && (
					<p class="error" role="alert">
						{refused.message}
					</p>
				)}
			</form>
		</Dialog>
	);
}
