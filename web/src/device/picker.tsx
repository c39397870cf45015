// Which part of time is shown. It stands in the address, so that a link shows the same; the screen of the
// device opens what the address says.
import { computed } from '@preact/signals';
import { useState } from 'preact/hooks';
import { DAY, isDay, midnight, rangeQuery, sameRange } from './range';
import { isOpen, spanOf, type DeviceMessages, type Range } from './store';
import { replace, route } from '../lib/router';
import { t, type TextKey } from '../lib/text';
import { fromInput, local, localDate, localTime, now, toInput, zone } from '../lib/time';
import { Field } from '../ui/bits';
import { Icon } from '../ui/icon';
import { Popover } from '../ui/popover';

const LASTS: [number, TextKey][] = [
	[3600, 'range.hour'],
	[DAY, 'range.day'],
	[7 * DAY, 'range.week'],
	[30 * DAY, 'range.month'],
];

/** Who watches over midnight sees "Today" become a date. */
const thisDay = computed(() => midnight(now.value));
const today = (): Range => ({ from: thisDay.value, to: midnight(thisDay.value, 1) });
const yesterday = (): Range => ({ from: midnight(thisDay.value, -1), to: thisDay.value });

const PRESETS: [TextKey, () => Range][] = [
	...LASTS.map(([last, key]): [TextKey, () => Range] => [key, () => ({ last })]),
	['range.today', today],
	['range.yesterday', yesterday],
];

/** Puts a range into the address; everything else in it stays, but the message that is open. */
export function chooseRange(range: Range): void {
	const { path, query } = route.peek();
	const rest = Object.fromEntries([...query].filter(([name]) => !['last', 'from', 'to', 'message'].includes(name)));
	replace(...path, { ...rest, ...rangeQuery(range) });
}

/** What a range is called. */
export function rangeText(range: Range): string {
	const preset = PRESETS.find(([, of]) => sameRange(of(), range));
	if (preset) return t(preset[0]);
	if (isOpen(range)) return t('range.last', { hours: range.last / 3600 });
	if (isDay(range)) return localDate(range.from);
	const sameDay = localDate(range.from) === localDate(range.to);
	return `${local(range.from).slice(0, -3)} – ${(sameDay ? localTime(range.to) : local(range.to)).slice(0, -3)}`;
}

function FromTo({ range, choose }: { range: Range; choose: (range: Range) => void }) {
	const span = spanOf(range);
	const [from, setFrom] = useState(toInput(span.from));
	const [to, setTo] = useState(toInput(span.to));
	const [wrong, setWrong] = useState(false);
	const apply = (e: Event): void => {
		e.preventDefault();
		const [a, b] = [fromInput(from), fromInput(to)];
		if (a === null || b === null || a >= b) setWrong(true);
		else choose({ from: a, to: b });
	};
	return (
		<form class="stack" onSubmit={apply}>
			<Field label={t('range.from')}>
				<input type="datetime-local" step="1" required value={from} onInput={(e) => setFrom(e.currentTarget.value)} />
			</Field>
			<Field label={t('range.to')} error={wrong ? t('range.wrong') : undefined}>
				<input type="datetime-local" step="1" required value={to} aria-invalid={wrong} onInput={(e) => setTo(e.currentTarget.value)} />
			</Field>
			<p class="faint range-zone">{t('range.zone', { zone })}</p>
			<button type="submit" class="primary">
				{t('common.apply')}
			</button>
		</form>
	);
}

export function RangePicker({ log }: { log: DeviceMessages }) {
	const range = log.range.value;
	return (
		<Popover
			class="range-button"
			label={t('range.label', { range: rangeText(range) })}
			title={t('range.title')}
			button={
				<>
					<Icon name="clock" />
					<span>{rangeText(range)}</span>
					<Icon name="chevronDown" />
				</>
			}
		>
			{(close) => {
				const choose = (chosen: Range): void => {
					chooseRange(chosen);
					close();
				};
				return (
					<div class="range-sheet">
						<div class="range-presets">
							{PRESETS.map(([key, of]) => (
								<button key={key} type="button" aria-pressed={sameRange(of(), range)} onClick={() => choose(of())}>
									{t(key)}
								</button>
							))}
						</div>
						<FromTo range={range} choose={choose} />
					</div>
				);
			}}
		</Popover>
	);
}
