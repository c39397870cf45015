import type { DeviceMessages } from './store';

export function CommandsTab({ log }: { log: DeviceMessages }) {
	return <p>{log.id}</p>;
}
