// One parameter over time, out of messages, and what is drawn of it.
import type { Message } from '../fleet/store';

export interface Series {
	/** Seconds since 1970, the oldest first. */
	time: Float64Array;
	value: Float64Array;
}

/** `rows`: messages, the newest first. Of the names the first counts that a message has. Booleans are 0 and 1. */
export function seriesOf(rows: readonly Message[], names: readonly string[]): Series {
	const time: number[] = [];
	const value: number[] = [];
	for (let i = rows.length - 1; i >= 0; i--) {
		const m = rows[i]!;
		for (const name of names) {
			const found = m[name];
			if (found === undefined || typeof found === 'string') continue;
			time.push(m.timestamp);
			value.push(Number(found));
			break;
		}
	}
	return { time: Float64Array.from(time), value: Float64Array.from(value) };
}

/** The first index whose time is not before. */
export function placeIn(time: ArrayLike<number>, at: number): number {
	let low = 0;
	let high = time.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (time[middle]! < at) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** What was told last at this time; null: nothing yet, or it is older than `most` seconds. */
export function valueAt({ time, value }: Series, at: number, most = Infinity): number | null {
	const i = placeIn(time, at + 1e-6) - 1;
	return i >= 0 && at - time[i]! <= most ? value[i]! : null;
}

export interface Summary {
	least: number;
	most: number;
	average: number;
}

/** Of the values from … to, as they are drawn; null: there are none. `holds`: until the next one is told, as stairs().
 *  The average is that of the time: a value counts until the next one, not beyond a silence. */
export function summaryOf(series: Series, from: number, to: number, holds: boolean): Summary | null {
	const { time, value } = series;
	const begin = placeIn(time, from);
	const last = placeIn(time, to + 1e-6);
	const silence = silenceOf(series);
	const before = time[begin - 1]!;
	const goesOn = from - before <= silence && time[begin] !== from && (holds || time[begin]! - before <= silence);
	const first = goesOn ? begin - 1 : begin;
	if (first >= last) return null;
	let [least, most, sum, length] = [Infinity, -Infinity, 0, 0];
	for (let i = first; i < last; i++) {
		const end = Math.min(time[i]! + silence, i + 1 < last ? time[i + 1]! : to);
		const held = Math.max(1e-3, end - Math.max(from, time[i]!));
		least = Math.min(least, value[i]!);
		most = Math.max(most, value[i]!);
		sum += value[i]! * held;
		length += held;
	}
	return { least, most, average: sum / length };
}

/** Seconds: nothing shorter is zoomed to. */
export const LEAST_SPAN_S = 10;

const SAMPLES = 500;

/** Silence after which a line is interrupted: ten minutes, or longer where values come seldom anyway. */
export function silenceOf({ time }: Series): number {
	if (time.length < 3) return 600;
	const stride = Math.ceil(time.length / SAMPLES);
	const steps: number[] = [];
	for (let i = 1; i < time.length; i += stride) steps.push(time[i]! - time[i - 1]!);
	steps.sort((a, b) => a - b);
	return Math.max(600, 3 * steps[steps.length >> 1]!);
}

export type Points = [number[], (number | null)[]];

/** A value holds until the next one: the corners of the stairs. */
export function stairs([xs, ys]: Points): Points {
	const stepped: Points = [[], []];
	xs.forEach((x, i) => {
		const before = ys[i - 1];
		if (i && before !== null && ys[i] !== null && before !== ys[i]) {
			stepped[0].push(x);
			stepped[1].push(before!);
		}
		stepped[0].push(x);
		stepped[1].push(ys[i]!);
	});
	return stepped;
}

/** What is drawn from … to: with more points than two for each of `buckets`, the least and the greatest of
 *  each bucket, so that no peak is lost. A null interrupts the line. */
export function decimate(series: Series, from: number, to: number, buckets: number): Points {
	const { time, value } = series;
	// one more at each side: the line goes on to the edge
	const first = Math.max(0, placeIn(time, from) - 1);
	const last = Math.min(time.length, placeIn(time, to) + 1);
	const silence = silenceOf(series);
	const xs: number[] = [];
	const ys: (number | null)[] = [];
	const add = (i: number): void => {
		const before = xs.at(-1);
		if (before !== undefined && time[i]! - before > silence && time[i]! - time[i - 1]! > silence) {
			xs.push((before + time[i]!) / 2);
			ys.push(null);
		}
		xs.push(time[i]!);
		ys.push(value[i]!);
	};
	if (last - first <= 2 * buckets) {
		for (let i = first; i < last; i++) add(i);
		return [xs, ys];
	}
	const width = (to - from) / buckets || 1;
	for (let i = first; i < last; ) {
		const bucket = Math.floor((time[i]! - from) / width);
		let [low, high] = [i, i];
		let end = i;
		for (; end < last && Math.floor((time[end]! - from) / width) === bucket; end++) {
			if (value[end]! < value[low]!) low = end;
			if (value[end]! > value[high]!) high = end;
		}
		add(Math.min(low, high));
		if (low !== high) add(Math.max(low, high));
		i = end;
	}
	return [xs, ys];
}
