import type { DeviceMessages } from './store';

export function MessagesTab({ log }: { log: DeviceMessages }) {
	return <p>{log.id}</p>;
}
