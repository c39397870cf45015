import { t } from '../lib/text';

export function DevicesView() {
	return (
		<header class="view-head">
			<h1>{t('devices.title')}</h1>
		</header>
	);
}
