// Before a dangerous command goes, somebody says that it is meant: with the name of the device before
// their eyes, and how fast it was last.
import { devices, fleetVersion, titleOf } from '../../fleet/store';
import { number, t } from '../../lib/text';
import { Dot, Time } from '../../ui/bits';
import { Dialog, questions } from '../../ui/dialog';
import { Icon } from '../../ui/icon';
import { summaryOf, type CommandType, type Risk } from './types';

interface Question {
	device: number;
	type: CommandType;
	properties: Record<string, unknown>;
	risk: Risk | null;
	/** The gateway's sentence when it has refused; '': it was not asked yet. */
	refusal: string;
}

const [question, ask] = questions<Question>();
export { ask };

/** Who leaves has said no. */
export const stopAsking = (): void => question.peek()?.answer(false);

function Facts({ q }: { q: Question }) {
	void fleetVersion.value;
	const d = devices.get(q.device);
	const summary = summaryOf(q.properties);
	return (
		<dl class="fact-list">
			<dt>{t('commands.device')}</dt>
			<dd>
				<strong>{d && titleOf(d)}</strong> <code>{d?.ident}</code>{' '}
				{d && <Dot on={d.connected} label={t(d.connected ? 'common.connected' : 'common.notConnected')} />} {t(d?.connected ? 'common.connected' : 'common.notConnected')}
			</dd>
			<dt>{t('commands.lastSpeed')}</dt>
			<dd>
				{d?.position ? (
					<>
						<strong class={d.position.speed > 5 ? 'fast' : ''}>{number(d.position.speed, 1)} km/h</strong>, <Time at={d.position.at} how="ago" />
					</>
				) : (
					t('commands.noPosition')
				)}
			</dd>
			<dt>{t('commands.does')}</dt>
			<dd>{q.type.schema.description}</dd>
			{summary && (
				<>
					<dt>{t('commands.with')}</dt>
					<dd>
						<code>{summary}</code>
					</dd>
				</>
			)}
		</dl>
	);
}

export function Asking() {
	const q = question.value;
	if (!q) return null;
	const d = devices.get(q.device);
	const foot = (
		<>
			<button type="button" autofocus onClick={() => q.answer(false)}>
				{t('commands.doNotSend')}
			</button>
			<button type="button" class="danger" onClick={() => q.answer(true)}>
				{t(q.refusal && q.risk === 'fuel' ? 'commands.force' : 'commands.sendIt')}
			</button>
		</>
	);
	return (
		<Dialog key={q.refusal} title={t('commands.askTitle', { command: q.type.schema.title ?? q.type.name, device: d ? titleOf(d) : '' })} onClose={() => q.answer(false)} foot={foot}>
			<div class="stack">
				{q.refusal && (
					<p class="form-error" role="alert">
						{q.refusal}
					</p>
				)}
				<p class="risk">
					<Icon name="warning" /> {t(q.risk ? `commands.risk_${q.risk}` : 'commands.risk_refused')}
				</p>
				<Facts q={q} />
			</div>
		</Dialog>
	);
}
