// What a device is doing, as far as it has told: its colour and shape on the map.
import type { Device } from '../fleet/store';

export type State = 'moving' | 'idle' | 'parked' | 'offline';
export const STATES: readonly State[] = ['moving', 'idle', 'parked', 'offline'];

/** km/h: below, positions of a standing car wander. */
export const MOVING_KMH = 3;
/** Seconds after which what a tracker said is not said of now any more. */
export const OLD_S = 600;

type Told = Pick<Device, 'connected' | 'ignition' | 'lastActive' | 'position'>;

/** `idle`: stands with its engine on. `now`: seconds since 1970. */
export function stateOf(d: Told, now: number): State {
	if (!d.connected && (d.lastActive === null || now - d.lastActive > OLD_S)) return 'offline';
	const { position } = d;
	if (position && position.speed >= MOVING_KMH && now - position.at <= OLD_S) return 'moving';
	return d.ignition ? 'idle' : 'parked';
}
