import { t } from '../lib/text';

export function HealthView() {
	return (
		<header class="view-head">
			<h1>{t('health.title')}</h1>
		</header>
	);
}
