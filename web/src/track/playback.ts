// Where the device was at a moment, and how the moment moves on.
import { turn } from '../map/geo';
import { GAP_S, indexAt, isGap, type Track } from './track';

export const PACES = [1, 10, 30, 60, 120, 300] as const;

export interface Moment {
	/** The last point that is not later. */
	index: number;
	/** In the square of geo.ts. */
	x: number;
	y: number;
	/** km/h; NaN: not told. */
	speed: number;
	direction: number;
	/** Before the first position, or in a silence: it stands where it was seen last, or will be first. */
	isUnknown: boolean;
}

/** null: the track is empty. */
export function momentAt(track: Track, time: number): Moment | null {
	if (!track.count) return null;
	const index = Math.max(0, indexAt(track, time));
	const next = index + 1;
	const here: Moment = { index, x: track.line[2 * index]!, y: track.line[2 * index + 1]!, speed: track.speed[index]!, direction: track.direction[index]!, isUnknown: false };
	const isEnd = next >= track.count;
	if (time < track.time[index]! || (isEnd ? time - track.time[index]! > GAP_S : isGap(track, next))) return { ...here, isUnknown: true };
	if (isEnd) return here;
	const share = (time - track.time[index]!) / (track.time[next]! - track.time[index]! || 1);
	const mix = (from: number, to: number): number => from + (to - from) * share;
	return {
		...here, x: mix(here.x, track.line[2 * next]!), y: mix(here.y, track.line[2 * next + 1]!), speed: mix(here.speed, track.speed[next]!),
		direction: here.direction + turn(here.direction, track.direction[next]!) * share,
	};
}

/** The time after `ms` of playing. Silence in which nothing is known is passed over at once. */
export function advance(track: Track, time: number, ms: number, pace: number): number {
	const later = time + (ms / 1000) * pace;
	const next = indexAt(track, later) + 1;
	if (next > 0 && next < track.count && isGap(track, next) && later - track.time[next - 1]! > pace) return track.time[next]!;
	return Math.min(later, track.time[track.count - 1] ?? later);
}
