// Values of parameters as people read them: exactly as the API gives them, times in the viewer's zone.
import { local, utc } from '../../lib/time';
import { isTime } from './columns';

/** "2026-11-30 14:05:59.250"; without the fraction when there is none. */
export function exactTime(s: number): string {
	const ms = new Date(s * 1000).getMilliseconds(); // as utc() has it
	return local(s) + (s % 1 ? '.' + String(ms).padStart(3, '0') : '');
}

const NO_YEAR = 'YYYY-'.length;
const TO_SECOND = 'YYYY-MM-DD hh:mm:ss'.length;

/** short: for a phone, without year and fraction; the hover tells all. */
export function ExactTime({ at, short = false }: { at: number; short?: boolean }) {
	const text = exactTime(at);
	return (
		<time dateTime={new Date(at * 1000).toISOString()} title={short ? `${text}\n${utc(at)}` : utc(at)}>
			{short ? text.slice(NO_YEAR, TO_SECOND) : text}
		</time>
	);
}

export function Value({ name, value }: { name: string; value: unknown }) {
	if (value === undefined || value === null) return null;
	if (isTime(name) && typeof value === 'number') return <ExactTime at={value} />;
	if (typeof value === 'boolean') return <span class={value ? 'truth' : 'truth faint'}>{String(value)}</span>;
	return <>{String(value)}</>;
}
