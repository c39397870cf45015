// Times of the API are seconds since 1970. People see their own zone; UTC is a hover away.
import { signal } from '@preact/signals';
import { language, t } from './text';

const two = (n: number): string => String(n).padStart(2, '0');

export function localDate(s: number): string {
	const d = new Date(s * 1000);
	return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

export function localTime(s: number): string {
	const d = new Date(s * 1000);
	return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** 2026-11-30 14:05:59, in the viewer's zone. */
export const local = (s: number): string => `${localDate(s)} ${localTime(s)}`;

/** 2026-11-30 13:05:59.250 UTC. */
export const utc = (s: number): string => new Date(s * 1000).toISOString().replace('T', ' ').replace('Z', ' UTC');

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Now, to the second; moves by itself, for "5 s ago". */
export const now = signal(Date.now() / 1000);
setInterval(() => (now.value = Date.now() / 1000), 1000);

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
const STEPS: [number, Intl.RelativeTimeFormatUnit, number][] = [
	[60, 'second', 1],
	[3600, 'minute', 60],
	[86400, 'hour', 3600],
	[86400 * 60, 'day', 86400],
	[86400 * 365.25 * 2, 'month', 86400 * 30.44],
	[Infinity, 'year', 86400 * 365.25],
];

const AHEAD_S = 60; // so far two clocks may be apart that are right

/** "5 sec. ago"; "in 2 hr." of a tracker whose clock is wrong. */
export function ago(s: number, from = now.value): string {
	const gone = from - s;
	if (gone < 2 && gone > -AHEAD_S) return t('common.justNow');
	const length = Math.abs(gone);
	const [, unit, one] = STEPS.find(([below]) => length < below)!;
	return relative.format(-Math.sign(gone) * Math.floor(length / one), unit);
}

/** 3725 → "1 h 2 min". */
export function duration(seconds: number): string {
	const s = Math.round(seconds);
	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ''}`;
	if (s < 86400) return `${Math.floor(s / 3600)} h${s % 3600 >= 60 ? ` ${Math.floor((s % 3600) / 60)} min` : ''}`;
	return `${Math.floor(s / 86400)} d${s % 86400 >= 3600 ? ` ${Math.floor((s % 86400) / 3600)} h` : ''}`;
}

/** What <input type="datetime-local"> wants, and back. */
export const toInput = (s: number): string => `${localDate(s)}T${localTime(s)}`;
export function fromInput(text: string): number | null {
	const ms = new Date(text).getTime();
	return Number.isNaN(ms) ? null : ms / 1000;
}
