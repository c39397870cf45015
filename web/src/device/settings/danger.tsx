// What cannot be taken back.
import { call } from '../../lib/api';
import { go, stays } from '../../lib/router';
import { t } from '../../lib/text';
import { forget, forgetValues } from '../../fleet/store';
import { confirm } from '../../ui/dialog';
import { toast } from '../../ui/toast';
import type { SettingsItem } from './form';

async function attempt(work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (e) {
		toast((e as Error).message, 'error');
	}
}

async function deleteTelemetry(item: SettingsItem): Promise<void> {
	const yes = await confirm({ title: t('settings.telemetryTitle'), text: t('settings.telemetryText'), action: t('settings.telemetryAction'), danger: true });
	if (!yes) return;
	await attempt(async () => {
		await call('DELETE', `gw/devices/${item.id}/telemetry/all`);
		forgetValues(item.id);
		toast(t('settings.telemetryDone'));
	});
}

async function deleteDevice(item: SettingsItem): Promise<void> {
	const name = item.name || item.configuration.ident;
	const isHere = stays();
	const yes = await confirm({ title: t('settings.deleteTitle', { name }), text: t('settings.deleteText'), action: t('settings.deleteAction'), danger: true });
	if (!yes) return;
	await attempt(async () => {
		await call('DELETE', `gw/devices/${item.id}`);
		toast(t('settings.deleted', { name }));
		if (isHere()) go('devices');
		forget(item.id);
	});
}

export function Danger({ item }: { item: SettingsItem }) {
	return (
		<ul class="danger-zone">
			<li>
				<p class="grow">
					<strong>{t('settings.telemetry')}</strong>
					<br />
					<span class="faint">{t('settings.telemetryHint')}</span>
				</p>
				<button type="button" onClick={() => void deleteTelemetry(item)}>
					{t('settings.telemetryAction')}…
				</button>
			</li>
			<li>
				<p class="grow">
					<strong>{t('settings.deleteDevice')}</strong>
					<br />
					<span class="faint">{t('settings.deleteHint')}</span>
				</p>
				<button type="button" class="danger" onClick={() => void deleteDevice(item)}>
					{t('settings.deleteAction')}…
				</button>
			</li>
		</ul>
	);
}
