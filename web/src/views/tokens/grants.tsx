// The list of what a token is granted. Presets are a beginning; everything in it can be changed.
import { useSignal, type Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { devices, fleetMembers } from '../../fleet/store';
import { t } from '../../lib/text';
import { Icon } from '../../ui/icon';
import { ACTIONS, BELOW, idsOf, METHODS, PRESETS, presetNames, toggle, type Grant, type Method } from './types';
import { uriName } from './words';

/** The page needs no more than these; PATCH is a part of PUT. */
const SHOWN: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE'];

export function Grants({ grants, error }: { grants: Signal<Grant[]>; error: string }) {
	const round = useSignal(0); // the cards are new ones when their places have changed
	const change = (at: number, grant: Grant | null): void => {
		if (!grant) round.value++;
		grants.value = grants.value.flatMap((one, i) => (i === at ? (grant ?? []) : one));
	};
	const begin = (list: Grant[]): void => {
		round.value++;
		grants.value = list;
	};
	return (
		<div class="stack grants">
			<div class="row">
				<span class="faint">{t('tokens.presets')}</span>
				{presetNames.map((name) => (
					<button key={name} type="button" title={t(`tokens.preset_${name}Hint`)} onClick={() => begin(structuredClone(PRESETS[name]) as Grant[])}>
						{t(`tokens.preset_${name}`)}
					</button>
				))}
			</div>
			{error && (
				<p class="form-error" role="alert">
					{error}
				</p>
			)}
			{grants.value.map((grant, i) => (
				<GrantCard key={`${round.value}-${i}`} grant={grant} place={i + 1} onChange={(next) => change(i, next)} />
			))}
			{!grants.value.length && <p class="faint">{t('tokens.noGrants')}</p>}
			<div>
				<button type="button" onClick={() => (grants.value = [...grants.value, { uri: 'gw/devices', methods: ['GET'], submodules: [] }])}>
					<Icon name="plus" /> {t('tokens.addGrant')}
				</button>
			</div>
		</div>
	);
}

interface CardProps {
	grant: Grant;
	place: number;
	onChange: (next: Grant | null) => void;
}

function GrantCard({ grant, place, onChange }: CardProps) {
	const set = (members: Partial<Grant>): void => onChange({ ...grant, ...members });
	const uris = grant.uri in BELOW ? Object.keys(BELOW) : [grant.uri, ...Object.keys(BELOW)];
	const isMqtt = grant.uri === 'mqtt';
	return (
		<fieldset class="card grant">
			<legend class="sr">{t('tokens.grantOf', { n: place, uri: uriName(grant.uri) })}</legend>
			<div class="row">
				<select class="grant-uri" aria-label={t('tokens.uri')} value={grant.uri} onChange={(e) => onChange({ uri: e.currentTarget.value, methods: grant.methods })}>
					{uris.map((uri) => (
						<option key={uri} value={uri}>
							{uriName(uri)}
						</option>
					))}
				</select>
				<Methods label={t('tokens.methods')} methods={grant.methods} onChange={(methods) => set({ methods })} />
				<span class="grow" />
				<button type="button" class="icon" title={t('common.delete')} aria-label={t('tokens.removeGrant', { n: place })} onClick={() => onChange(null)}>
					<Icon name="trash" />
				</button>
			</div>
			{isMqtt ? <Topic grant={grant} set={set} /> : <Ids key={grant.uri} grant={grant} set={set} />}
			<Below grant={grant} set={set} />
		</fieldset>
	);
}

function Methods({ label, methods, onChange }: { label: string; methods: Method[]; onChange: (methods: Method[]) => void }) {
	return (
		<span class="row methods" role="group" aria-label={label}>
			{SHOWN.map((method) => (
				<label key={method} class="check" title={method}>
					<input type="checkbox" checked={methods.includes(method)} onChange={() => onChange(toggle(methods, method, METHODS))} />
					{t(`tokens.method_${method as 'GET' | 'POST' | 'PUT' | 'DELETE'}`)}
				</label>
			))}
		</span>
	);
}

const TOPIC_LIKE = 'own/#';

type Set = (members: Partial<Grant>) => void;

function Ids({ grant, set }: { grant: Grant; set: Set }) {
	const id = useId();
	const { ids = 'all' } = grant;
	const text = useSignal(ids === 'all' ? '' : ids.join(', ')); // as it is typed: "1, " is no list yet
	void fleetMembers.value; // they may come later
	const names = ids === 'all' || grant.uri !== 'gw/devices' ? [] : ids.map((one) => devices.get(one)?.name).filter(Boolean);
	return (
		<div class="schema-field">
			<label htmlFor={id}>{t('tokens.ids')}</label>
			<input id={id} aria-describedby={`${id}-hint`} placeholder={t('tokens.idsAll')} value={text.value} onInput={(e) => set({ ids: idsOf((text.value = e.currentTarget.value)) })} />
			<small id={`${id}-hint`}>{names.length ? names.join(', ') : t('tokens.idsHint')}</small>
		</div>
	);
}

function Topic({ grant, set }: { grant: Grant; set: Set }) {
	const id = useId();
	const { actions = [], topic = '' } = grant;
	return (
		<div class="schema-field">
			<label htmlFor={id}>{t('tokens.topic')}</label>
			<div class="row">
				<input id={id} class="grow" aria-describedby={`${id}-hint`} placeholder={TOPIC_LIKE} value={topic} onInput={(e) => set({ topic: e.currentTarget.value })} />
				{ACTIONS.map((action) => (
					<label key={action} class="check">
						<input type="checkbox" checked={actions.includes(action)} onChange={() => set({ actions: toggle(actions, action, ACTIONS) })} />
						{t(`tokens.action_${action}`)}
					</label>
				))}
			</div>
			<small id={`${id}-hint`}>{t('tokens.topicHint')}</small>
		</div>
	);
}

/** What lies below the items: all with the same methods, or each with its own. */
function Below({ grant, set }: { grant: Grant; set: Set }) {
	const { submodules } = grant;
	const known = BELOW[grant.uri] ?? [];
	const names = [...known, ...(submodules ?? []).map((one) => one.name).filter((name) => !known.includes(name))];
	const methodsOf = (name: string): Method[] => submodules?.find((one) => one.name === name)?.methods ?? [];
	const put = (name: string, methods: Method[]): void =>
		set({ submodules: names.map((one) => ({ name: one, methods: one === name ? methods : methodsOf(one) })).filter((one) => one.methods.length) });
	return (
		<>
			<label class="check">
				<input
					type="checkbox"
					checked={!submodules}
					onChange={(e) => {
						const { submodules: _gone, ...rest } = grant;
						set(e.currentTarget.checked ? { submodules: undefined as never } : { ...rest, submodules: [] });
					}}
				/>
				{t('tokens.inherit')}
			</label>
			{submodules && (
				<div class="below-list">
					{names.map((name) => (
						<div key={name} class="row">
							<code>{name}</code>
							<Methods label={t('tokens.methodsOf', { name })} methods={methodsOf(name)} onChange={(methods) => put(name, methods)} />
						</div>
					))}
				</div>
			)}
		</>
	);
}
