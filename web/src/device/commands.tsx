// Commands: what the device understands, the form of one of them, its queue and the results.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { devices, fleetMembers, fleetVersion } from '../fleet/store';
import { t } from '../lib/text';
import { Empty } from '../ui/bits';
import type { DeviceMessages } from './store';
import { Asking, stopAsking } from './commands/ask';
import { CommandForm } from './commands/form';
import { CommandList } from './commands/list';
import { Queue } from './commands/queue';
import { DeviceCommands } from './commands/store';
import type { Command } from './commands/types';
import '../styles/commands.css';

export function CommandsTab({ log }: { log: DeviceMessages }) {
	const store = useMemo(() => new DeviceCommands(log.id), [log.id]);
	const chosen = useSignal('custom');
	const template = useSignal<Command | null>(null);
	void fleetMembers.value;
	void fleetVersion.value;
	const typeId = devices.get(log.id)?.typeId ?? 0;
	useEffect(() => {
		store.start();
		return () => {
			stopAsking();
			store.stop();
		};
	}, [store]);
	useEffect(() => void store.loadTypes(), [store, typeId]);
	useEffect(() => {
		if (template.value) chosen.value = template.value.name;
	}, [template.value]);
	const types = store.types.value;
	if (!types) return <Empty icon="send" title={store.typesError.value || t('common.loading')} />;
	const type = types.find((one) => one.name === chosen.value) ?? types[0];
	return (
		<div class="commands">
			<CommandList types={types} chosen={chosen} />
			{type && <CommandForm key={`${typeId}-${type.name}`} store={store} type={type} template={template} />}
			<Queue store={store} log={log} template={template} />
			<Asking />
		</div>
	);
}
