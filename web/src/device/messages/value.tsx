// Values of parameters as people read them: exactly as the API gives them, times in the viewer's zone.
import { local, utc } from '../../lib/time';
import { isTime } from './columns';

/** "2026-11-30 14:05:59.250"; without the fraction when there is none. */
export function exactTime(s: number): string {
	const ms = Math.round((s % 1) * 1000);
	return local(s) + (s % 1 ? '.' + String(Math.min(999, ms)).padStart(3, '0') : '');
}

export function ExactTime({ at }: { at: number }) {
	return (
		<time dateTime={new Date(at * 1000).toISOString()} title={utc(at)}>
			{exactTime(at)}
		</time>
	);
}

export function Value({ name, value }: { name: string; value: unknown }) {
	if (value === undefined || value === null) return null;
	if (isTime(name) && typeof value === 'number') return <ExactTime at={value} />;
	if (typeof value === 'boolean') return <span class={value ? 'truth' : 'truth faint'}>{String(value)}</span>;
	return <>{String(value)}</>;
}
