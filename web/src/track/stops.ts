// Where it stood, and what it drove in between.
import type { Span } from '../device/store';
import { metres } from '../map/geo';
import { isGap, pointsOf, type Track } from './track';

/** km/h: below, a car that reports is standing. */
const STANDING_KMH = 4;
/** Metres that the positions of a standing car may wander from where it came to a stand. */
const WANDER_M = 100;

/** Points [first, last] between which it stood. */
export interface Rest {
	first: number;
	last: number;
	/** The point at which it was seen to drive again; `last`, when it was elsewhere by then, or has told no more. */
	leaves: number;
	/** When it came and left. */
	from: number;
	to: number;
}

export interface Stop extends Rest {
	lat: number;
	lon: number;
	/** Metres driven since the stop before; of the first one, since the beginning. */
	driven: number;
	isFirst: boolean;
	/** It still stands, as far as is known. */
	isOpen: boolean;
}

const stands = (track: Track, i: number): boolean => !(track.speed[i]! >= STANDING_KMH);

const isNear = (track: Track, a: number, b: number): boolean => metres(track.lat[a]!, track.lon[a]!, track.lat[b]!, track.lon[b]!) <= WANDER_M;

/** All rests, however short, in their order. Silence belongs to one when the car is at the same place after it. */
export function restsOf(track: Track): Rest[] {
	const rests: Rest[] = [];
	for (let i = 0; i < track.count; i++) {
		if (!stands(track, i)) continue;
		let last = i;
		while (last + 1 < track.count && stands(track, last + 1) && isNear(track, i, last + 1)) last++;
		// the next point drives already, or is elsewhere: then it left some time before
		const next = last + 1;
		const leaves = next < track.count && isNear(track, i, next) ? next : last;
		rests.push({ first: i, last, leaves, from: track.time[i]!, to: track.time[leaves]! });
		i = last;
	}
	return rests;
}

/** The rests that took at least so many seconds. */
export function stopsOf(track: Track, rests: Rest[], seconds: number): Stop[] {
	let before = 0;
	return rests
		.filter((rest) => rest.to - rest.from >= seconds)
		.map((rest, i) => {
			const driven = track.along[rest.first]! - track.along[before]!;
			before = rest.last;
			return { ...rest, lat: track.lat[rest.first]!, lon: track.lon[rest.first]!, driven, isFirst: i === 0, isOpen: rest.last === track.count - 1 };
		});
}

export interface Totals {
	/** Metres; while it stood, positions that wandered do not count. */
	distance: number;
	/** Of them in a straight line over silence. */
	unseen: number;
	/** How often it was elsewhere faster than a vehicle can be: neither distance nor driving. */
	jumps: number;
	/** Seconds. */
	driving: number;
	standing: number;
	/** km/h; null: nothing was driven. */
	fastest: number | null;
	average: number | null;
}

const ALWAYS: Span = { from: -Infinity, to: Infinity };

/** Of a span of time; of a way or a rest that goes on beyond its ends, what lies inside. Short rests, at a traffic
 *  light, are driving. */
export function totalsOf(track: Track, rests: Rest[], seconds: number, span = ALWAYS): Totals {
	const total: Totals = { distance: 0, unseen: 0, jumps: 0, driving: 0, standing: 0, fastest: null, average: null };
	const [first, last] = pointsOf(track, span);
	let at = 0;
	for (let i = first; i < last; i++) {
		const speed = track.speed[i]!;
		const [begin, end] = [track.time[i - 1]!, track.time[i]!];
		const isInside = end >= span.from && end <= span.to;
		if (isInside && !Number.isNaN(speed)) total.fastest = Math.max(total.fastest ?? 0, speed);
		if (i === first) continue;
		if (isInside) total.jumps += track.jump[i]!;
		while (at < rests.length && rests[at]!.leaves < i) at++;
		const rest = rests[at];
		const isRest = rest !== undefined && rest.first < i && i <= rest.leaves;
		const time = Math.max(0, Math.min(end, span.to) - Math.max(begin, span.from));
		const way = (track.along[i]! - track.along[i - 1]!) * (end > begin ? time / (end - begin) : 1);
		if (isRest && rest.to - rest.from >= seconds) total.standing += time;
		else if (!isGap(track, i)) total.driving += time;
		if (isRest && i <= rest.last) continue;
		total.distance += way;
		if (isGap(track, i)) total.unseen += way;
	}
	if (total.driving) total.average = ((total.distance - total.unseen) / total.driving) * 3.6;
	return total;
}
