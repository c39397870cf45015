// The form of one command, and how it goes: into the queue, or at once.
import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { devices, fleetVersion } from '../../fleet/store';
import { ApiError } from '../../lib/api';
import { t } from '../../lib/text';
import { duration, now } from '../../lib/time';
import { CopyLine } from '../../ui/bits';
import { focusWrong, FormState, reasonOf, useShown } from '../../ui/form';
import { Icon } from '../../ui/icon';
import type { Schema } from '../../ui/schema';
import { SchemaForm } from '../../ui/schema_form';
import { toast } from '../../ui/toast';
import { StateBadge } from './bits';
import { sendAsked } from './send';
import type { DeviceCommands } from './store';
import { answerOf, riskOf, type Command, type CommandType } from './types';

function optionsSchema(isFuel: boolean): Schema {
	return {
		properties: {
			ttl: { type: 'integer', format: 'duration', minimum: 60, maximum: 2592000, default: 86400, title: t('commands.ttl'), description: t('commands.ttlHint') },
			timeout: { type: 'integer', minimum: 5, maximum: 60, title: t('commands.timeout'), description: t('commands.timeoutHint'), placeholder: t('commands.timeoutNone') },
			max_attempts: { type: 'integer', minimum: 1, maximum: 100, default: isFuel ? 1 : 3, title: t('commands.attempts'), description: t('commands.attemptsHint') },
			...(isFuel && { repeat: { type: 'boolean' as const, title: t('commands.repeat'), description: t('commands.repeatHint') } }),
			priority: { type: 'integer', minimum: 0, maximum: 1000, default: 0, title: t('commands.priority'), description: t('commands.priorityHint') },
			condition: { type: 'string', maxLength: 1024, title: t('commands.condition'), description: t('commands.conditionHint'), placeholder: 'position.speed<5' },
			meta: { type: 'object', title: t('commands.meta'), description: t('commands.metaHint'), placeholder: '{"order": 17}' },
		},
	};
}

const AT_ONCE = ['timeout', 'meta'];

/** What is posted; what says nothing is left out. */
function bodyOf(type: CommandType, properties: Record<string, unknown>, options: Record<string, unknown>, atOnce: boolean) {
	const said = Object.entries(options).filter(([name, value]) => {
		const isEmpty = value === '' || value === false || (typeof value === 'object' && value !== null && !Object.keys(value).length);
		return !isEmpty && (!atOnce || AT_ONCE.includes(name));
	});
	return { name: type.name, properties, ...Object.fromEntries(said) };
}

interface Forms {
	fields: FormState;
	options: FormState;
}
/** What was typed stays while somebody looks at another command. */
const forms = new WeakMap<CommandType, Forms>();

function formsOf(type: CommandType): Forms {
	let found = forms.get(type);
	if (!found) forms.set(type, (found = { fields: new FormState(type.schema), options: new FormState(optionsSchema(riskOf(type, {}) === 'fuel')) }));
	return found;
}

/** `template`: what "again" fills the form with. */
export function CommandForm({ store, type, template }: { store: DeviceCommands; type: CommandType; template: Signal<Command | null> }) {
	const { fields, options } = formsOf(type);
	const error = useSignal('');
	const outcome = useSignal<Command | null>(null);
	const isBusy = useSignal(false);
	const isShown = useShown();
	const form = useRef<HTMLFormElement>(null);
	useEffect(() => {
		const given = template.value;
		if (given?.name !== type.name) return;
		fields.fill(given.properties);
		options.fill({ max_attempts: given.max_attempts, priority: given.priority, condition: given.condition, meta: given.meta });
		template.value = null;
		form.current?.scrollIntoView({ block: 'nearest' });
		form.current?.querySelector<HTMLElement>('button.primary')?.focus({ preventScroll: true });
	}, [type, template.value]);

	const refused = (e: unknown): void => {
		if (!(e instanceof ApiError)) error.value = reasonOf(e);
		else {
			const named = e.faults.filter((fault) => fault.field);
			options.refuse(new ApiError(e.status, named.filter((fault) => !fault.field!.startsWith('properties'))));
			const rest = fields.refuse(new ApiError(e.status, e.faults.filter((fault) => !(fault.field! in options.schema.properties))), 'properties.');
			error.value = rest.join('; ');
		}
		focusWrong(form.current);
	};
	const send = async (atOnce: boolean): Promise<void> => {
		if (isBusy.peek()) return;
		const properties = fields.read();
		const more = options.read();
		error.value = '';
		outcome.value = null;
		if (!properties || !more) return focusWrong(form.current);
		const title = type.schema.title ?? type.name;
		const timeout = (more['timeout'] as number | undefined) ?? null;
		isBusy.value = true;
		try {
			const sent = await sendAsked({
				device: store.id,
				type,
				body: bodyOf(type, properties, more, atOnce),
				post: (body) => (atOnce ? store.sendNow(title, body, timeout) : store.queueIt(body)),
			});
			outcome.value = sent;
			if (!sent) toast(t('commands.notSent'));
		} catch (e) {
			if ((e as Error).name === 'AbortError') toast(t('commands.stoppedWaiting', { command: title }));
			else if (isShown()) refused(e);
			else toast(t('jobs.failed', { title, reason: reasonOf(e) }), 'error');
		} finally {
			isBusy.value = false;
		}
	};
	return (
		<form
			ref={form}
			class="card command-form"
			aria-label={type.schema.title}
			noValidate
			onSubmit={(e) => {
				e.preventDefault();
				void send(false);
			}}
		>
			<FormHead type={type} />
			<Examples type={type} fields={fields} />
			<SchemaForm form={fields} />
			{!Object.keys(type.schema.properties).length && <p class="faint">{t('commands.noProperties')}</p>}
			<details>
				<summary>{t('commands.options')}</summary>
				<div class="form-grid">
					<SchemaForm form={options} />
				</div>
			</details>
			{error.value && (
				<p class="form-error" role="alert">
					{error.value}
				</p>
			)}
			<Buttons store={store} isBusy={isBusy.value} onNow={() => void send(true)} />
			<Waiting store={store} />
			<div aria-live="polite">{outcome.value && <Outcome store={store} command={outcome.value} />}</div>
		</form>
	);
}

function FormHead({ type }: { type: CommandType }) {
	const risk = type.schema['x-dangerous'];
	return (
		<header>
			<div class="row">
				<h2>{type.schema.title}</h2>
				<code class="faint">{type.name}</code>
			</div>
			<p class="faint">{type.schema.description}</p>
			{risk && (
				<p class="risk">
					<Icon name="warning" /> {t(`commands.risk_${risk}`)}
				</p>
			)}
		</header>
	);
}

/** Payloads that show the form of a custom command; a click takes one over. */
function Examples({ type, fields }: { type: CommandType; fields: FormState }) {
	if (type.name !== 'custom') return null;
	return (
		<div class="examples">
			<h3>{t('commands.examples')}</h3>
			<ul>
				{type.examples.map((example) => (
					<li key={example.description}>
						<button type="button" onClick={() => fields.fill(example.properties)}>
							<span>{example.description}</span>
							<code>{String(example.properties['payload'])}</code>
						</button>
					</li>
				))}
			</ul>
		</div>
	);
}

function Buttons({ store, isBusy, onNow }: { store: DeviceCommands; isBusy: boolean; onNow: () => void }) {
	void fleetVersion.value;
	const isOnline = devices.get(store.id)?.connected ?? false;
	return (
		<div class="stack send-buttons">
			<div class="row">
				<button class="primary" aria-busy={isBusy}>
					<Icon name="clock" /> {t('commands.queueIt')}
				</button>
				<button type="button" aria-busy={isBusy} disabled={!isOnline || (!isBusy && store.running.value !== null)} onClick={onNow}>
					<Icon name="send" /> {t('commands.sendNow')}
				</button>
			</div>
			<small class="faint">{t(isOnline ? 'commands.online' : 'commands.offline')}</small>
		</div>
	);
}

function Waiting({ store }: { store: DeviceCommands }) {
	const running = store.running.value;
	if (!running) return null;
	const gone = Math.max(0, now.value - running.since);
	return (
		<div class="running" role="status">
			<div class="row">
				<strong class="grow">{t('commands.waitingFor', { command: running.title })}</strong>
				<span class="num faint" aria-hidden="true">
					{running.timeout ? t('commands.waitedOf', { gone: duration(gone), all: duration(running.timeout) }) : duration(gone)}
				</span>
				<button type="button" onClick={() => running.abort.abort()}>
					{t('commands.stopWaiting')}
				</button>
			</div>
			<progress aria-label={running.title} max={1} {...(running.timeout && { value: Math.min(1, gone / running.timeout) })} />
			<small class="faint">{t('commands.stopWaitingHint')}</small>
		</div>
	);
}

function Outcome({ store, command: first }: { store: DeviceCommands; command: Command }) {
	const command = store.newest(first);
	return (
		<div class="outcome">
			<div class="row">
				<StateBadge state={command.state} />
				<span>{t(command.state === 'queued' ? 'commands.isQueued' : `commands.is_${command.state}`)}</span>
			</div>
			<CopyLine label={t('commands.copyPayload')} text={command.payload} />
			{answerOf(command) && <pre class="answer">{answerOf(command)}</pre>}
		</div>
	);
}
