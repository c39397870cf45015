// What a device is doing, as far as it has told: the one definition, of the list as of the map (docs/web.md).
import type { Device } from './store';

export type State = 'moving' | 'idle' | 'parked' | 'offline' | 'never';
export const ONLINE: readonly State[] = ['moving', 'idle', 'parked'];
export const STATES: readonly State[] = [...ONLINE, 'offline', 'never'];

/** km/h: below, positions of a standing car wander. */
export const MOVING_KMH = 3;
/** Seconds after which what a tracker said is not said of now any more. */
export const OLD_S = 600;

type Told = Pick<Device, 'connected' | 'ignition' | 'lastActive' | 'position' | 'told'>;

/** `now`: seconds since 1970. */
export const isFresh = (at: number, now: number): boolean => now - at <= OLD_S;

/** Trackers hang up in tunnels and between two reports: that alone makes none offline. Whose connection stands
 *  while it has nothing to say is there, but what it said long ago is not true of now. `never`: has sent no
 *  message yet, `idle`: stands with its engine on. */
export function stateOf(d: Told, now: number): State {
	if (d.lastActive === null) return 'never';
	if (!d.connected && !isFresh(d.lastActive, now)) return 'offline';
	const { position } = d;
	if (position && position.speed >= MOVING_KMH && isFresh(position.at, now)) return 'moving';
	return d.ignition && isFresh(d.told.ignition, now) ? 'idle' : 'parked';
}

export const isOnline = (d: Told, now: number): boolean => ONLINE.includes(stateOf(d, now));
