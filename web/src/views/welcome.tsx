import { t } from '../lib/text';

export function WelcomeView() {
	return (
		<header class="view-head">
			<h1>{t('welcome.title')}</h1>
		</header>
	);
}
