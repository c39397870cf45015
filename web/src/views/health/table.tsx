// All figures, with what they mean.
import { useSignal } from '@preact/signals';
import { number, t } from '../../lib/text';
import { Sparkline } from '../../ui/sparkline';
import { lineOf, metrics, ROOM, speedOf } from './store';
import '../../styles/table.css';

export function MetricsTable() {
	const search = useSignal('');
	const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
	const list = [...metrics.value.values()].filter((m) => words.every((word) => `${m.name} ${m.help}`.toLowerCase().includes(word)));
	return (
		<section class="stack" aria-label={t('health.all')}>
			<div class="row">
				<h2 class="grow">{t('health.all')}</h2>
				<input class="search" type="search" aria-label={t('health.search')} placeholder={t('health.search')} value={search.value} onInput={(e) => (search.value = e.currentTarget.value)} />
			</div>
			<div class="card table-box">
				<table class="table metrics" aria-label={t('health.all')}>
					<thead>
						<tr>
							<th>{t('health.name')}</th>
							<th class="right">{t('health.value')}</th>
							<th class="right">{t('health.perSecond')}</th>
							<th>{t('health.line')}</th>
							<th>{t('health.meaning')}</th>
						</tr>
					</thead>
					<tbody>
						{list.map((m) => (
							<tr key={m.name}>
								<td class="wide">
									<code>{m.name}</code>
								</td>
								<td class="right num" data-label={t('health.value')}>
									{number(m.value)}
								</td>
								<td class="right num" data-label={t('health.perSecond')}>
									{m.kind === 'counter' ? number(speedOf(m.name), 1) : '–'}
								</td>
								<td class="line">
									<Sparkline values={lineOf(m.name)} room={ROOM} label={t('health.lineOf', { name: m.name })} />
								</td>
								<td class="wide faint">{m.help}</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
		</section>
	);
}
