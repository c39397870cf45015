import { t } from '../lib/text';

export function TokensView() {
	return (
		<header class="view-head">
			<h1>{t('tokens.title')}</h1>
		</header>
	);
}
