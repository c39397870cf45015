import { t } from '../../lib/text';
import { stateKinds, type Command } from './types';

export function StateBadge({ state }: { state: Command['state'] }) {
	return <span class={`badge ${stateKinds[state]}`}>{t(`commands.state_${state}`)}</span>;
}

/** Did the next status word bear it out? */
export function Proof({ command }: { command: Command }) {
	if (command.confirmed_by_status === null) return null;
	const is = command.confirmed_by_status;
	return (
		<span class={`badge ${is ? 'good' : 'bad'}`} title={t(is ? 'commands.confirmedHint' : 'commands.notConfirmedHint')}>
			{t(is ? 'commands.confirmed' : 'commands.notConfirmed')}
		</span>
	);
}
