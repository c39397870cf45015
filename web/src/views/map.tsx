import { t } from '../lib/text';

export function MapView() {
	return (
		<header class="view-head">
			<h1>{t('map.title')}</h1>
		</header>
	);
}
