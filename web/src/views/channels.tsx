import { t } from '../lib/text';

export function ChannelsView() {
	return (
		<header class="view-head">
			<h1>{t('channels.title')}</h1>
		</header>
	);
}
