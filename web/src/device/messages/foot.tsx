// The line beneath the log and the traffic.
import { t } from '../../lib/text';
import type { Timed } from '../rows';
import type { Entries } from './entries';

export function EntriesFoot<T extends Timed>({ entries, text }: { entries: Entries<T>; text: string }) {
	const state = entries.state.value;
	return (
		<div class="pane-foot">
			{entries.error.value ? <span class="error">{entries.error.value}</span> : <span class="num">{state === 'loading' ? t('common.loading') : text}</span>}
			{(state === 'more' || state === 'failed') && (
				<button type="button" class="link" onClick={() => entries.older()}>
					{t(state === 'more' ? 'messages.older' : 'common.retry')}
				</button>
			)}
		</div>
	);
}
