import type { DeviceMessages } from '../device/store';

export function TrackView({ log }: { log: DeviceMessages }) {
	return <p>{log.id}</p>;
}
