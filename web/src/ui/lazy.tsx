// Views whose code is large come when somebody wants to see them.
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { reachable } from '../lib/api';
import { liveState } from '../lib/live';
import { part } from '../lib/part';
import { t } from '../lib/text';
import { Empty } from './bits';

/** `load`: () => import(…) of the component. Call it once, at the top of a module. */
export function lazy<Props extends object>(load: () => Promise<FunctionComponent<Props>>): FunctionComponent<Props> {
	let loaded: FunctionComponent<Props> | null = null;
	return function Lazy(props: Props) {
		const [, tell] = useState(0);
		const [isLost, setLost] = useState(false);
		const isThere = reachable.value && liveState.value === 'online';
		const go = (): void => {
			setLost(false);
			part(load).then((found) => {
				loaded = found;
				tell((n) => n + 1);
			}, () => setLost(true));
		};
		useEffect(() => void (loaded || go()), []);
		useEffect(() => void (isLost && isThere && go()), [isThere]);
		const View = loaded;
		if (View) return <View {...props} />;
		if (!isLost) return <p class="view-body faint" role="status">{t('common.loading')}</p>;
		return (
			<Empty icon="warning" title={t('common.partLost')}>
				<button type="button" onClick={go}>{t('common.retry')}</button>
			</Empty>
		);
	};
}
