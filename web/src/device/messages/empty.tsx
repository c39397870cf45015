// What stands in the table when there is nothing to show, and where there would be.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../../lib/text';
import { Empty, Time } from '../../ui/bits';
import { chooseRange } from '../picker';
import { dayOf } from '../range';
import type { DeviceMessages } from '../store';

/** The newest message of the device, wherever it is. */
function Newest({ log }: { log: DeviceMessages }) {
	const at = useSignal<number | null | undefined>(undefined);
	useEffect(() => {
		let isOver = false;
		log.newest()
			.then((m) => void (isOver || (at.value = m?.timestamp ?? null)))
			.catch(() => undefined);
		return () => void (isOver = true);
	}, [log.range.value, log.filter.value]);
	const found = at.value;
	if (found === undefined) return null;
	if (found === null) return <p>{t(log.filter.value ? 'messages.nothingFits' : 'messages.nothingEver')}</p>;
	return (
		<>
			<p>
				{t(log.filter.value ? 'messages.newestFitting' : 'messages.newest')} <Time at={found} />.
			</p>
			<button type="button" class="primary" onClick={() => chooseRange(dayOf(found))}>
				{t('messages.toNewest')}
			</button>
		</>
	);
}

export function NoMessages({ log }: { log: DeviceMessages }) {
	const state = log.state.value;
	if (state === 'loading') return <Empty icon="clock" title={t('common.loading')} />;
	if (state === 'failed') return <Empty icon="warning" title={log.error.value} />;
	if (log.zoom.value && log.rows.length) return <Empty icon="search" title={t('messages.emptyZoom')} />;
	return (
		<Empty icon="list" title={t('messages.empty')}>
			<Newest log={log} />
		</Empty>
	);
}
