// How long messages are kept: a choice of common times, or another one.
import { useState } from 'preact/hooks';
import { t } from '../lib/text';
import { Field } from './bits';
import '../styles/bits.css';

const HOUR = 3600;
const DAY = 86400;
const COMMON = [0, HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 3650 * DAY];
/** What the gateway takes at most, seconds. */
const MOST = 3650 * DAY;

/** 2592000 → "30 days". */
export function keepText(seconds: number): string {
	if (seconds === 0) return t('keep.none');
	if (seconds % (365 * DAY) === 0) return t('keep.years', { n: seconds / (365 * DAY) });
	if (seconds % DAY === 0) return t('keep.days', { n: seconds / DAY });
	if (seconds % HOUR === 0) return t('keep.hours', { n: seconds / HOUR });
	return t('keep.seconds', { n: seconds });
}

const UNITS = { seconds: 1, hours: HOUR, days: DAY };
type Unit = keyof typeof UNITS;
const unitOf = (seconds: number): Unit => (seconds % DAY === 0 ? 'days' : seconds % HOUR === 0 ? 'hours' : 'seconds');

interface Shown {
	seconds: number;
	isOwn: boolean;
	/** As it is typed: empty on the way from one number to another. */
	text: string;
	unit: Unit;
}

function shownOf(seconds: number): Shown {
	const unit = unitOf(seconds);
	return { seconds, isOwn: !COMMON.includes(seconds), text: String(seconds / UNITS[unit]), unit };
}

export function KeepPicker({ seconds, onChange, error }: { seconds: number; onChange: (seconds: number) => void; error?: string | undefined }) {
	const [last, setLast] = useState(shownOf(seconds));
	const shown = last.seconds === seconds ? last : shownOf(seconds);
	const show = (next: Shown): void => {
		setLast(next);
		if (next.seconds !== seconds) onChange(next.seconds);
	};
	const pick = (value: string): void => show(value === 'own' ? { ...shownOf(seconds), isOwn: true } : shownOf(Number(value)));
	const set = (text: string, unit: Unit): void => {
		const typed = text === '' ? seconds : Math.max(0, Math.round(Number(text) * UNITS[unit]));
		show({ isOwn: true, text: typed > MOST ? String(MOST / UNITS[unit]) : text, unit, seconds: Math.min(MOST, typed) });
	};
	return (
		<div class="row keep">
			<Field label={t('keep.label')} error={error}>
				<select value={shown.isOwn ? 'own' : String(seconds)} onChange={(e) => pick(e.currentTarget.value)}>
					{COMMON.map((one) => (
						<option key={one} value={String(one)}>
							{keepText(one)}
						</option>
					))}
					<option value="own">{t('keep.own')}</option>
				</select>
			</Field>
			{shown.isOwn && (
				<>
					<Field label={t('keep.number')}>
						<input type="number" min={0} step="any" required value={shown.text} onInput={(e) => set(e.currentTarget.value, shown.unit)} />
					</Field>
					<Field label={t('keep.unit')}>
						<select value={shown.unit} onChange={(e) => set(shown.text, e.currentTarget.value as Unit)}>
							{(Object.keys(UNITS) as Unit[]).map((one) => (
								<option key={one} value={one}>
									{t(`keep.${one}Unit`)}
								</option>
							))}
						</select>
					</Field>
				</>
			)}
		</div>
	);
}
