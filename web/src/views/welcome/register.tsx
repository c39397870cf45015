// The third step: who calls, and a click that makes a device of it.
import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { registerMany, tellOutcome } from '../../fleet/bulk';
import { devices, register, titleOf } from '../../fleet/store';
import { href } from '../../lib/router';
import { t } from '../../lib/text';
import { Time } from '../../ui/bits';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import { nameOf } from './address';
import { deviceOf, idents, identsReady, identsVersion, newcomers, SHOWN_MOST, type Seen } from './idents';
import { channels, channelsError } from './place';
import { way } from './tell';

const MOST_OLD = 8;

/** What somebody typed, by ident. */
const typed = signal<Record<string, string>>({});
const nameFor = (ident: string): string => typed.value[ident] ?? nameOf(ident);

/** Those that belong to no device, as they stand in the list; one that calls on two channels once. */
export function waiting(): Seen[] {
	const known = new Set<string>();
	return idents().filter((one) => deviceOf(one) === null && !known.has(one.ident) && known.add(one.ident));
}

/** Common, and said by the row itself. */
const isPlain = (reason: string | null): boolean => !reason || reason.startsWith('no device has');

function Facts({ one }: { one: Seen }) {
	return (
		<p class="facts">
			<Time at={one.last} how="ago" />
			<span>{t('welcome.messages', { n: one.messages })}</span>
			<span>{one.peer}</span>
		</p>
	);
}

function Waiting({ one }: { one: Seen }) {
	const error = useSignal('');
	const busy = useSignal(false);
	const id = `name-${one.ident}`;
	const go = async (e: Event): Promise<void> => {
		e.preventDefault();
		if (busy.value) return; // it is not disabled: it would lose the focus
		busy.value = true;
		try {
			const name = nameFor(one.ident).trim();
			await register(one.ident, name || one.ident);
			toast(t('welcome.registered', { name: name || one.ident }));
		} catch (refused) {
			error.value = (refused as Error).message;
		}
		busy.value = false;
	};
	return (
		<form class="caller" onSubmit={(e) => void go(e)}>
			<div class="who">
				<strong class="mono">{one.ident}</strong>
				<Facts one={one} />
				{!isPlain(one.reason) ? <p class="why">{one.reason}</p> : <p class="faint">{t('welcome.noDevice')}</p>}
			</div>
			<div class="name">
				<label class="sr" for={id}>
					{t('welcome.nameOf', { ident: one.ident })}
				</label>
				<input id={id} value={nameFor(one.ident)} maxLength={64} onInput={(e) => (typed.value = { ...typed.value, [one.ident]: e.currentTarget.value })} />
				<button type="submit" class="primary" aria-busy={busy.value} aria-label={t('welcome.registerOne', { ident: one.ident })}>
					{t('welcome.register')}
				</button>
			</div>
			{error.value && (
				<p class="error" role="alert">
					{error.value}
				</p>
			)}
		</form>
	);
}

function Known({ one, device }: { one: Seen; device: number }) {
	const link = useRef<HTMLAnchorElement>(null);
	useEffect(() => {
		// the button that was pressed is gone: who uses the keyboard goes on here
		if (!one.isOld && document.activeElement === document.body) link.current?.focus();
	}, []);
	return (
		<div class="caller known">
			<div class="who">
				<strong>{titleOf(devices.get(device)!)}</strong> <span class="mono faint">{one.ident}</span>
				<Facts one={one} />
				{!isPlain(one.reason) && <p class="why">{one.reason}</p>}
			</div>
			<div class="name">
				<span class="badge good">
					<Icon name="check" /> {t('welcome.isRegistered')}
				</span>
				<a ref={link} class="button" href={href('devices', device, 'messages')}>
					{t('welcome.watch')} <Icon name="chevronRight" />
				</a>
			</div>
		</div>
	);
}

const isRegistering = signal(false);

async function registerAll(): Promise<void> {
	isRegistering.value = true;
	const all = waiting().map(({ ident }) => ({ ident, name: nameFor(ident).trim() || ident }));
	const outcome = await registerMany(t('welcome.registering', { n: all.length }), all);
	isRegistering.value = false;
	tellOutcome(outcome, all.length, outcome.wasCancelled ? 'welcome.registeredSome' : 'welcome.registeredAll');
}

function Listening() {
	if (channelsError.value && !channels.value) return null; // who may not see channels does not hear who calls
	return (
		<div class="listening">
			<i aria-hidden="true" />
			<p>{t(identsReady.value ? 'welcome.listening' : 'common.loading')}</p>
			<button type="button" onClick={() => (way.value = 'simulate')}>
				{t('welcome.simulate')}?
			</button>
		</div>
	);
}

/** Tells of new idents, in a few words however many they are. */
function News() {
	const list = newcomers.value;
	return (
		<p class="sr" role="status" aria-live="polite">
			{list.length === 0 ? '' : list.length === 1 ? t('welcome.newOne', { ident: list[0]! }) : t('welcome.newSome', { n: list.length })}
		</p>
	);
}

export function RegisterStep() {
	void identsVersion.value;
	const all = idents();
	const current = all.filter((one) => deviceOf(one) === null || !one.isOld);
	const old = all.filter((one) => deviceOf(one) !== null && one.isOld);
	const open = waiting().length;
	return (
		<div class="stack">
			<News />
			{open > 1 && (
				<div class="row">
					<span class="grow">{t('welcome.waiting', { n: open })}</span>
					<button type="button" disabled={isRegistering.value} onClick={() => void registerAll()}>
						{t('welcome.registerAll')}
					</button>
				</div>
			)}
			{!current.length && <Listening />}
			<ul class="callers">
				{current.slice(0, SHOWN_MOST).map((one) => {
					const device = deviceOf(one);
					return <li key={one.key}>{device === null ? <Waiting one={one} /> : <Known one={one} device={device} />}</li>;
				})}
			</ul>
			{current.length > SHOWN_MOST && <p class="faint">{t('welcome.more', { n: current.length - SHOWN_MOST })}</p>}
			{old.length > 0 && (
				<details>
					<summary>{t('welcome.old', { n: old.length })}</summary>
					<ul class="callers">
						{old.slice(0, MOST_OLD).map((one) => (
							<li key={one.key}>
								<Known one={one} device={deviceOf(one)!} />
							</li>
						))}
					</ul>
					{old.length > MOST_OLD && <p class="faint">{t('welcome.more', { n: old.length - MOST_OLD })}</p>}
				</details>
			)}
		</div>
	);
}
