// Making and changing a token; the key of a new one is shown once.
import { effect, signal, useSignal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { ApiError, one } from '../../lib/api';
import { t } from '../../lib/text';
import { stays } from '../../lib/router';
import { CopyLine } from '../../ui/bits';
import { Dialog, FormFoot } from '../../ui/dialog';
import { focusWrong, FormState, reasonOf, useShown } from '../../ui/form';
import type { Schema } from '../../ui/schema';
import { SchemaForm } from '../../ui/schema_form';
import { toast } from '../../ui/toast';
import { Grants } from './grants';
import { tidy, type Access, type Grant, type Token } from './types';

/** What the dialog is about; null: it is shut, 'new': a new one. */
export const edited = signal<Token | 'new' | null>(null);
/** The new token, while its key is shown. */
const made = signal<Token | null>(null);

/** Who leaves by the browser's own buttons finds none of them open later, and no key. */
export const shutDialogs = (): void => void (edited.value = made.value = null);

const MONTH = 30 * 86400;

const schema = (): Schema => ({
	properties: {
		info: { type: 'string', maxLength: 256, title: t('tokens.info'), description: t('tokens.infoHint') },
		ttl: { type: 'integer', format: 'duration', minimum: 0, maximum: 315360000, default: MONTH, title: t('tokens.ttl'), description: t('tokens.ttlHint') },
		expire: { type: 'integer', format: 'time', minimum: 0, title: t('tokens.expire'), description: t('tokens.expireHint') },
		ips: { type: 'string', maxLength: 1024, title: t('tokens.ips'), description: t('tokens.ipsHint'), placeholder: '192.0.2.0/24, 2001:db8::/32' },
		metadata: { type: 'object', title: t('tokens.metadata'), description: t('tokens.metadataHint'), placeholder: '{"team": "north"}' },
	},
});

export function TokenDialogs({ onChange }: { onChange: () => void }) {
	const token = edited.value;
	return (
		<>
			{token && <Form key={token === 'new' ? 0 : token.id} token={token} onDone={onChange} />}
			{made.value && <Key token={made.value} onClose={() => (made.value = null)} />}
		</>
	);
}

/** Who says until when means that time: the preset, which would outlast it, gives way to it, once. Returns the end of it. */
function yieldPreset(form: FormState): () => void {
	const preset = form.draft.peek()['ttl'];
	let isSaid = false;
	return effect(() => {
		const { ttl, expire } = form.draft.value;
		if (isSaid || !expire) return;
		isSaid = true;
		if (ttl === preset) form.fill({ ttl: 0 });
	});
}

const ACCESS: readonly Access['type'][] = [2, 0, 1];

function Form({ token, onDone }: { token: Token | 'new'; onDone: () => void }) {
	const isNew = token === 'new';
	const state = useMemo(() => new FormState(schema(), isNew ? {} : { ...token }), [token]);
	const type = useSignal<Access['type']>(isNew ? 2 : token.access.type);
	const grants = useSignal<Grant[]>(isNew ? [] : (token.access.acl ?? []));
	const error = useSignal('');
	const grantError = useSignal('');
	const isBusy = useSignal(false);
	const isShown = useShown();
	const form = useRef<HTMLFormElement>(null);
	const id = useId();
	const refused = (e: unknown): void => {
		error.value = grantError.value = '';
		if (!(e instanceof ApiError)) error.value = reasonOf(e);
		else {
			const isGrant = (field = ''): boolean => field.startsWith('access');
			grantError.value = e.faults.filter((fault) => isGrant(fault.field)).map((fault) => fault.reason).join('; ');
			error.value = state.refuse(new ApiError(e.status, e.faults.filter((fault) => !isGrant(fault.field)))).join('; ');
		}
		focusWrong(form.current);
	};
	const save = async (e: SubmitEvent): Promise<void> => {
		e.preventDefault();
		if (isBusy.peek()) return;
		const values = state.read();
		if (!values) return focusWrong(form.current);
		const access = type.value === 2 ? { type: 2, acl: grants.value.map(tidy) } : { type: type.value };
		isBusy.value = true;
		const isHere = stays();
		try {
			// PUT: what was taken out of the metadata goes
			const saved = await one<Token>(isNew ? 'POST' : 'PUT', `platform/tokens${isNew ? '' : `/${token.id}`}`, { body: { ...values, access } });
			if (!isNew) toast(t('tokens.saved'));
			else if (isHere()) made.value = saved;
			else toast(t('tokens.unseen', { name: saved.info || String(saved.id) }), 'error');
			if (isShown()) edited.value = null;
			onDone();
		} catch (reason) {
			if (isShown()) refused(reason);
			else toast(reasonOf(reason), 'error');
		} finally {
			isBusy.value = false;
		}
	};
	useEffect(() => (isNew ? yieldPreset(state) : undefined), [state]);
	const close = (): void => void (edited.value = null);
	const foot = <FormFoot id={id} error={error.value} isNew={isNew} isBusy={isBusy.value} onCancel={close} />;
	return (
		<Dialog wide stays title={isNew ? t('tokens.add') : t('tokens.editOne', { name: token.info || String(token.id) })} onClose={close} foot={foot}>
			<form ref={form} id={id} class="stack" noValidate onSubmit={(e) => void save(e)}>
				<div class="form-grid">
					<SchemaForm form={state} only={['info', 'ttl', 'expire', 'ips']} />
				</div>
				<fieldset class="form-part">
					<legend>{t('tokens.access')}</legend>
					<div class="stack access">
						{ACCESS.map((one) => (
							<label key={one} class="check">
								<input type="radio" name="access" checked={type.value === one} onChange={() => (type.value = one)} />
								<span>
									{t(`tokens.access${one}`)} <small class="faint">{t(`tokens.access${one}Hint`)}</small>
								</span>
							</label>
						))}
					</div>
				</fieldset>
				{type.value === 2 && <Grants grants={grants} error={grantError.value} />}
				<div class="form-grid">
					<SchemaForm form={state} only={['metadata']} />
				</div>
			</form>
		</Dialog>
	);
}

function Key({ token, onClose }: { token: Token; onClose: () => void }) {
	const key = token.key ?? '';
	const foot = (
		<button type="button" class="primary" onClick={onClose}>
			{t('tokens.keyDone')}
		</button>
	);
	return (
		<Dialog stays title={t('tokens.keyTitle', { name: token.info || String(token.id) })} onClose={onClose} foot={foot}>
			<div class="stack">
				<p>{t('tokens.keyOnce')}</p>
				<div class="field">
					<span>{t('tokens.key')}</span>
					<CopyLine text={key} label={t('tokens.copyKey')} />
				</div>
				<div class="field">
					<span>{t('tokens.link')}</span>
					<CopyLine text={`${location.href.split('#')[0]}#token=${key}`} label={t('tokens.copyLink')} />
					<small>{t('tokens.linkHint')}</small>
				</div>
			</div>
		</Dialog>
	);
}
