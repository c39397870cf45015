// Views whose code is large come when somebody wants to see them.
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../lib/text';
import { Empty } from './bits';

/** `load`: () => import(…) of the component. Call it once, at the top of a module. */
export function lazy<Props extends object>(load: () => Promise<FunctionComponent<Props>>): FunctionComponent<Props> {
	let loaded: FunctionComponent<Props> | null = null;
	return function Lazy(props: Props) {
		const [, tell] = useState(0);
		const [reason, setReason] = useState('');
		const go = (): void => {
			setReason('');
			load().then((found) => {
				loaded = found;
				tell((n) => n + 1);
			}, (e: Error) => setReason(e.message));
		};
		useEffect(() => void (loaded || go()), []);
		const View = loaded;
		if (View) return <View {...props} />;
		if (!reason) return <p class="view-body faint" role="status">{t('common.loading')}</p>;
		return (
			<Empty icon="warning" title={reason}>
				<button type="button" onClick={go}>{t('common.retry')}</button>
			</Empty>
		);
	};
}
