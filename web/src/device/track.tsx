import type { DeviceMessages } from './store';

export function TrackTab({ log }: { log: DeviceMessages }) {
	return <p>{log.id}</p>;
}
