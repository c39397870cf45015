// The second step: the words that send a tracker here.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { deviceTypes } from '../../fleet/store';
import { t } from '../../lib/text';
import { now } from '../../lib/time';
import { CopyLine, Field } from '../../ui/bits';
import { canMove, factoryPassword, moveCommand, simulateLine, smsApn, smsServer, type Place } from './address';
import { channels, listens, place } from './place';

type Way = 'sms' | 'move' | 'simulate';
const ways: Way[] = ['sms', 'move', 'simulate'];

export const way = signal<Way>('sms');
const model = signal('generic');
/** null: as it left the factory. */
const ownPassword = signal<string | null>(null);
const apn = signal('');
const password = (): string => ownPassword.value ?? factoryPassword(model.value);

function Line({ title, text, children }: { title: string; text: string; children?: ComponentChildren }) {
	return (
		<div class="line">
			<h3>{title}</h3>
			<CopyLine text={text} label={t('welcome.copy', { what: title })} />
			{children && <p class="faint">{children}</p>}
		</div>
	);
}

function Model() {
	const types = deviceTypes.value.length ? deviceTypes.value : [{ id: 1, name: 'generic', title: t('welcome.anyModel') }];
	return (
		<Field label={t('welcome.model')}>
			<select value={model.value} onChange={(e) => (model.value = e.currentTarget.value)}>
				{types.map((type) => (
					<option key={type.id} value={type.name}>
						{type.title}
					</option>
				))}
			</select>
		</Field>
	);
}

function Sms({ to }: { to: Place }) {
	return (
		<>
			<p class="faint">{t('welcome.smsLead')}</p>
			<div class="fields">
				<Model />
				<Field label={t('welcome.password')}>
					<input class="mono" value={password()} autocomplete="off" onInput={(e) => (ownPassword.value = e.currentTarget.value.trim())} />
				</Field>
				<Field label={t('welcome.apn')}>
					<input value={apn.value} placeholder={t('welcome.apnExample')} autocomplete="off" autocapitalize="off" onInput={(e) => (apn.value = e.currentTarget.value.trim())} />
				</Field>
			</div>
			<Line title={t('welcome.smsServer')} text={smsServer(password(), to)} />
			<Line title={t('welcome.smsApn')} text={smsApn(password(), apn.value || t('welcome.apnExample'))}>
				{t('welcome.smsApnHint')}
			</Line>
			<p class="faint">{t('welcome.smsModels')}</p>
		</>
	);
}

function Move({ to }: { to: Place }) {
	const line = moveCommand(to, Math.floor(now.value / 60) * 60);
	return (
		<>
			<p class="faint">{t('welcome.moveLead')}</p>
			<div class="fields">
				<Model />
			</div>
			{!canMove(model.value) ? (
				<p class="note warn">{t('welcome.moveUnknown')}</p>
			) : line ? (
				<Line title={t('welcome.moveCommand')} text={line}>
					{t('welcome.moveHint')}
				</Line>
			) : (
				<p class="note warn">{t('welcome.moveAddress', { host: to.host })}</p>
			)}
		</>
	);
}

function Simulate({ from }: { from: Place }) {
	return (
		<>
			<p class="faint">{t('welcome.simulateLead')}</p>
			<Line title={t('welcome.simulateLine')} text={simulateLine(from)} />
		</>
	);
}

export function TellStep() {
	const to = place.value;
	if (!channels.value) return null; // step 1 says why
	if (!to || !listens.value) return <p class="faint">{t('welcome.noAddress')}</p>;
	return (
		<div class="stack">
			<div class="ways" role="group" aria-label={t('welcome.ways')}>
				{ways.map((key) => (
					<button key={key} type="button" aria-pressed={way.value === key} onClick={() => (way.value = key)}>
						{t(`welcome.${key}`)}
					</button>
				))}
			</div>
			{way.value === 'sms' ? <Sms to={to} /> : way.value === 'move' ? <Move to={to} /> : <Simulate from={listens.value} />}
		</div>
	);
}
