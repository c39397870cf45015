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

export function KeepPicker({ seconds, onChange, error }: { seconds: number; onChange: (seconds: number) => void; error?: string | undefined }) {
	const [isOwn, setOwn] = useState(!COMMON.includes(seconds));
	const [unit, setUnit] = useState<Unit>(unitOf(seconds));
	const pick = (value: string): void => {
		setOwn(value === 'own');
		if (value === 'own') setUnit(unitOf(seconds));
		else onChange(Number(value));
	};
	const set = (n: number, of: Unit): void => onChange(Math.min(MOST, Math.max(0, Math.round(n * UNITS[of]))));
	return (
		<div class="row keep">
			<Field label={t('keep.label')} error={error}>
				<select value={isOwn ? 'own' : String(seconds)} onChange={(e) => pick(e.currentTarget.value)}>
					{COMMON.map((one) => (
						<option key={one} value={String(one)}>
							{keepText(one)}
						</option>
					))}
					<option value="own">{t('keep.own')}</option>
				</select>
			</Field>
			{isOwn && (
				<>
					<Field label={t('keep.number')}>
						<input type="number" min={0} required value={seconds / UNITS[unit]} onInput={(e) => set(e.currentTarget.valueAsNumber || 0, unit)} />
					</Field>
					<Field label={t('keep.unit')}>
						<select
							value={unit}
							onChange={(e) => {
								const next = e.currentTarget.value as Unit;
								set(seconds / UNITS[unit], next);
								setUnit(next);
							}}
						>
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
