// The latest of what a device has told, of telemetry as of messages.
import type { Device, Position } from './store';

type Told = Pick<Device, 'position' | 'battery' | 'signal' | 'ignition' | 'told'>;

const TOLD = { battery: 'battery.level', signal: 'gsm.signal.level', ignition: 'engine.ignition.status' } as const;
export type Value = { ts: number; value: unknown };
/** By name of the parameter. */
export type Values = (name: string) => Value | undefined;

/** Takes in what was told; an older value moves nothing back. Trackers send later what they could not send in time. */
export function takeValues(d: Told, of: Values): void {
	for (const key of Object.keys(TOLD) as (keyof typeof TOLD)[]) {
		const told = of(TOLD[key]);
		if (told && told.ts >= d.told[key]) {
			Object.assign(d, { [key]: told.value });
			d.told[key] = told.ts;
		}
	}
	const lat = of('position.latitude');
	const lon = of('position.longitude');
	if (lat && lon && (!d.position || lat.ts >= d.position.at)) d.position = positionOf(lat, lon, of, d.position);
}

function positionOf(lat: Value, lon: Value, of: Values, before: Position | null): Position {
	const then = <T>(name: string): T | undefined => {
		const told = of(name);
		return told && told.ts >= lat.ts ? (told.value as T) : undefined;
	};
	return { at: lat.ts, lat: lat.value as number, lon: lon.value as number, speed: then<number>('position.speed') ?? 0,
		direction: then<number>('position.direction') ?? before?.direction ?? 0, valid: then<boolean>('position.valid') ?? true };
}
