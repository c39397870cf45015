// What a device is called and how long it keeps its messages, who is connected as it, and its end.
import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { faultOf } from '../fleet/faults';
import { modelOptions } from '../fleet/models';
import { ITEM_FIELDS, taking } from '../fleet/store';
import { get, inOrder, one } from '../lib/api';
import { watch } from '../lib/live';
import { bytes, t } from '../lib/text';
import { CopyButton, Field } from '../ui/bits';
import { focusWrong, useShown } from '../ui/form';
import { KeepPicker } from '../ui/keep';
import { toast } from '../ui/toast';
import { Connections } from './settings/connections';
import { Danger } from './settings/danger';
import { changes, draftOf, DraftError, keepsLess, type Draft, type Patch, type SettingsItem } from './settings/form';
import { LessDialog, watchFreed } from './settings/less';
import type { DeviceMessages } from './store';
import '../styles/settings.css';

const FIELDS = ITEM_FIELDS + ',messages_size,metadata'; // whether it is connected, the fleet knows better

function Section({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<section class="card">
			<h2>{title}</h2>
			{children}
		</section>
	);
}

type Refusal = Error | null;

/** The sentence about a member of the device. */
const sentence = (refusal: Refusal, field: string): string | undefined =>
	!(refusal instanceof DraftError) ? faultOf(refusal, field) : refusal.field === field ? t(refusal.text, { detail: refusal.detail }) : undefined;

interface FormProps {
	draft: Draft;
	set: (some: Partial<Draft>) => void;
	refusal: Refusal;
}

function Identity({ draft, set, refusal }: FormProps) {
	const fault = (field: string): string | undefined => sentence(refusal, field);
	return (
		<div class="settings-fields">
			<Field label={t('settings.name')} error={fault('name')}>
				<input value={draft.name} autocomplete="off" onInput={(e) => set({ name: e.currentTarget.value })} />
			</Field>
			<Field label={t('settings.ident')} hint={t('settings.identHint')} error={fault('configuration.ident')}>
				<input class="mono" value={draft.ident} inputMode="numeric" autocomplete="off" aria-invalid={!!fault('configuration.ident')} onInput={(e) => set({ ident: e.currentTarget.value })} />
			</Field>
			<Field label={t('settings.type')} hint={t('settings.typeHint')} error={fault('device_type_id')}>
				<select value={draft.typeId} onChange={(e) => set({ typeId: Number(e.currentTarget.value) })}>
					{modelOptions()}
				</select>
			</Field>
			<Field label={t('settings.phone')} hint={t('settings.phoneHint')} error={fault('configuration.phone')}>
				<input type="tel" value={draft.phone} autocomplete="off" onInput={(e) => set({ phone: e.currentTarget.value })} />
			</Field>
			<Field label={t('settings.fuelCut')} hint={t('settings.fuelCutHint')} error={fault('configuration.fuel_cut_max_speed')}>
				<input value={draft.fuelCut} inputMode="numeric" autocomplete="off" aria-invalid={!!fault('configuration.fuel_cut_max_speed')} onInput={(e) => set({ fuelCut: e.currentTarget.value })} />
			</Field>
			<label class="check enabled">
				<input type="checkbox" checked={draft.enabled} onChange={(e) => set({ enabled: e.currentTarget.checked })} />
				<span>
					{t('settings.enabled')} <small class="faint">{t('settings.enabledHint')}</small>
				</span>
			</label>
		</div>
	);
}

/** `look` reads the size anew: it may have grown since, and a limit is judged by it. */
function Keeping({ draft, set, refusal, size, look }: FormProps & { size: number; look: () => void }) {
	return (
		<div class="stack">
			<p class="faint">{t('settings.size', { size: bytes(size) })}</p>
			<KeepPicker seconds={draft.ttl} onChange={(ttl) => set({ ttl })} error={sentence(refusal, 'messages_ttl')} />
			<Field label={t('settings.rotate')} hint={t('settings.rotateHint')} error={sentence(refusal, 'messages_rotate')}>
				<input value={draft.rotate} aria-invalid={!!sentence(refusal, 'messages_rotate')} inputMode="decimal" placeholder={t('settings.noLimit')} autocomplete="off" onFocus={look} onInput={(e) => set({ rotate: e.currentTarget.value })} />
			</Field>
		</div>
	);
}

function Metadata({ draft, set, refusal }: FormProps) {
	const fault = sentence(refusal, 'metadata');
	return (
		<Field label={t('settings.metadataLabel')} hint={t('settings.metadataHint')} error={fault}>
			<textarea class="mono" rows={5} spellcheck={false} placeholder={'{\n  "plate": "AB 123"\n}'} value={draft.metadata} aria-invalid={!!fault} onInput={(e) => set({ metadata: e.currentTarget.value })} />
		</Field>
	);
}

const ours = ['name', 'device_type_id', 'configuration.ident', 'configuration.phone', 'configuration.fuel_cut_max_speed', 'messages_ttl', 'messages_rotate', 'metadata'];

/** What was typed and not saved, by device: who goes to see something else finds it again. */
const unsaved = new Map<number, Partial<Draft>>();

/** The form, and the request that it makes. */
function Form({ item, size, look, changed }: { item: Signal<SettingsItem | null>; size: Signal<number>; look: () => void; changed: (item: SettingsItem) => void }) {
	const now = item.value!;
	const edited = useSignal<Partial<Draft>>(unsaved.get(now.id) ?? {});
	const refusal = useSignal<Refusal>(null);
	const asked = useSignal<Patch | null>(null);
	const draft = { ...draftOf(now), ...edited.value };
	const form = useRef<HTMLFormElement>(null);
	const isShown = useShown();
	const isDirty = JSON.stringify(draft) !== JSON.stringify(draftOf(now));
	/** Also of a form that somebody has left. */
	const edit = (next: Partial<Draft>): void => void unsaved.set(now.id, (edited.value = next));
	const set = (some: Partial<Draft>): void => edit({ ...edited.value, ...some });

	const refuse = (e: Error): void => {
		refusal.value = e;
		focusWrong(form.current);
	};
	const save = async (patch: Patch): Promise<void> => {
		asked.value = null;
		const isLess = keepsLess(now, patch);
		const sent = edited.peek();
		const take = taking();
		try {
			const saved = await one<SettingsItem>('PATCH', `gw/devices/${now.id}`, { body: patch, query: { fields: FIELDS } });
			changed(saved);
			take(saved);
			const typedSince = Object.entries(edited.peek()).filter(([name, value]) => value !== sent[name as keyof Draft]);
			edit(Object.fromEntries(typedSince));
			refusal.value = null;
			toast(t('settings.saved'));
		} catch (e) {
			const { message } = e as Error;
			return isShown() ? refuse(e as Error) : toast(t('settings.notSaved', { name: now.name || now.configuration.ident, reason: message }), 'error');
		}
		const old = { messages_ttl: now.messages_ttl, messages_rotate: now.messages_rotate };
		if (isLess && now.messages_size) void watchFreed(now.id, now.name || now.configuration.ident, now.messages_size, old, (n) => (size.value = n));
	};
	const submit = (e: Event): void => {
		e.preventDefault();
		try {
			const patch = changes(now, draft);
			if (keepsLess(now, patch)) asked.value = patch;
			else void save(patch);
			refusal.value = null;
		} catch (error) {
			refuse(error as Error);
		}
	};
	const props = { draft, set, refusal: refusal.value };
	const elsewhere = refusal.value && !ours.some((field) => sentence(refusal.value, field));
	return (
		<form ref={form} class="settings-form" onSubmit={submit}>
			<Section title={t('settings.identity')}>
				<Identity {...props} />
			</Section>
			<Section title={t('settings.keeping')}>
				<Keeping {...props} size={size.value} look={look} />
			</Section>
			<Section title={t('settings.metadata')}>
				<Metadata {...props} />
			</Section>
			<div class={isDirty ? 'save dirty' : 'save'}>
				<p class="grow error" role="alert">
					{elsewhere && refusal.value!.message}
				</p>
				<button type="button" disabled={!isDirty} onClick={() => (edit({}), (refusal.value = null))}>
					{t('settings.discard')}
				</button>
				<button type="submit" class="primary" disabled={!isDirty}>
					{t('common.save')}
				</button>
			</div>
			{asked.value && <LessDialog item={now} patch={asked.value} onClose={() => (asked.value = null)} onYes={() => void save(asked.value!)} />}
		</form>
	);
}

export function SettingsTab({ log }: { log: DeviceMessages }) {
	const item = useSignal<SettingsItem | null>(null);
	const size = useSignal(0);
	const error = useSignal('');
	const asked = useMemo(inOrder, []);
	const load = async (): Promise<void> => {
		const isNews = asked();
		try {
			const [found] = await get<SettingsItem>(`gw/devices/${log.id}`, { query: { fields: FIELDS } });
			if (!isNews()) return;
			item.value = found ?? null;
			size.value = found?.messages_size ?? 0;
			error.value = '';
		} catch (e) {
			if (isNews()) error.value = (e as Error).message;
		}
	};
	useEffect(() => {
		void load();
		return watch(`flespi/state/gw/devices/${log.id}`, { on: (m) => void (m.payload.length && load()), ready: () => void load(), retained: false });
	}, [log]);
	/** What was asked for before is older; what is asked for now knows also what others have changed since. */
	const changed = (saved: SettingsItem): void => {
		asked()();
		item.value = saved;
		void load();
	};
	if (!item.value) return <p class={error.value ? 'view-body error' : 'view-body faint'}>{error.value || t('common.loading')}</p>;
	return (
		<div class="settings">
			<Form item={item} size={size} look={() => void load()} changed={changed} />
			<div class="stack">
				<Section title={t('settings.connections')}>
					<Connections id={log.id} />
				</Section>
				<Section title={t('settings.address')}>
					<p class="row faint">
						<code class="grow">gw/devices/{log.id}</code>
						<CopyButton text={`gw/devices/${log.id}`} />
					</p>
				</Section>
				<Section title={t('settings.danger')}>
					<Danger item={item.value} />
				</Section>
			</div>
		</div>
	);
}
