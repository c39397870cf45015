import type { DeviceMessages } from './store';

export function SettingsTab({ log }: { log: DeviceMessages }) {
	return <p>{log.id}</p>;
}
