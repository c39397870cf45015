// What waits, in the order of sending, and what became of the rest, newest first. Both are kept true by
// the live door.
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { number, t } from '../../lib/text';
import { duration, now } from '../../lib/time';
import { Time } from '../../ui/bits';
import { confirm } from '../../ui/dialog';
import { reasonOf } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import type { DeviceMessages } from '../store';
import { Proof, StateBadge } from './bits';
import { CommandDialog } from './entry';
import type { DeviceCommands } from './store';
import { answerOf, isUnproven, summaryOf, type Command } from './types';

/** So many of the queue are shown; there may be a thousand. */
const SHOWN = 100;

interface Props {
	store: DeviceCommands;
	log: DeviceMessages;
	template: Signal<Command | null>;
}

export function titleOf(store: DeviceCommands, c: Command): string {
	return store.types.value?.find((type) => type.name === c.name)?.schema.title ?? c.name;
}

async function cancel(store: DeviceCommands, c: Command | null): Promise<void> {
	const count = store.queue.value.length;
	const sent = c ? c.state === 'sent' : store.queue.value.some((one) => one.state === 'sent');
	const text = (c ? t('commands.cancelText', { command: titleOf(store, c) }) : t('commands.cancelAllText', { n: count })) + (sent ? '\n' + t('commands.cancelSent') : '');
	// one that was not sent yet is taken out without a question: it can be put in again
	if ((!c || sent) && !(await confirm({ title: t('commands.cancelTitle'), text, action: t('commands.takeOut'), danger: true }))) return;
	try {
		await store.cancel(c?.id ?? null);
	} catch (e) {
		toast(reasonOf(e), 'error');
	}
}

export function Queue({ store, log, template }: Props) {
	const open = useSignal<Command | null>(null);
	const { queue, results } = store;
	const isKnown = store.queueError.value === '';
	const shown = open.value && store.newest(open.value);
	void log.version.value;
	useEffect(() => {
		// the status word of a message may bear a command out; no event tells that
		if (results.peek()?.some((c) => isUnproven(c, Date.now() / 1000))) store.news();
	}, [log.version.value]);
	const again = (c: Command): void => void ((template.value = c), (open.value = null));
	return (
		<div class="command-lists">
			<section class="card" aria-label={t('commands.queue')}>
				<header class="row">
					<h2 class="grow">
						{t('commands.queue')} {isKnown && <span class="badge">{number(queue.value.length)}</span>}
					</h2>
					{queue.value.length > 0 && (
						<button type="button" onClick={() => void cancel(store, null)}>
							{t('commands.takeOutAll')}
						</button>
					)}
				</header>
				{store.queueError.value && <p class="error">{store.queueError.value}</p>}
				<ol class="command-rows">
					{queue.value.slice(0, SHOWN).map((c, i) => (
						<Waits key={c.id} store={store} c={c} position={i + 1} onOpen={() => (open.value = c)} />
					))}
				</ol>
				{isKnown && !queue.value.length && <p class="faint nothing">{t('commands.queueEmpty')}</p>}
				{queue.value.length > SHOWN && <p class="faint nothing">{t('commands.andMore', { n: queue.value.length - SHOWN })}</p>}
			</section>
			<section class="card" aria-label={t('commands.results')}>
				<h2>{t('commands.results')}</h2>
				{store.resultsError.value && <p class="error">{store.resultsError.value}</p>}
				<ol class="command-rows">
					{results.value?.map((c) => (
						<Ended key={c.id} store={store} c={c} onOpen={() => (open.value = c)} onAgain={() => again(c)} />
					))}
				</ol>
				{results.value?.length === 0 && <p class="faint nothing">{t('commands.resultsEmpty')}</p>}
				{store.hasMore.value && (
					<button type="button" onClick={() => store.more()}>
						{t('commands.more')}
					</button>
				)}
			</section>
			{shown && <CommandDialog title={titleOf(store, shown)} command={shown} onClose={() => (open.value = null)} onAgain={() => again(shown)} />}
		</div>
	);
}

/** Why it is not sent yet, as far as the page knows. */
function whyWaits(c: Command): string {
	if (c.state === 'sent') return t('commands.whySent');
	if (c.condition) return t('commands.whyCondition', { condition: c.condition });
	return t('commands.whyTurn');
}

interface RowProps {
	store: DeviceCommands;
	c: Command;
	onOpen: () => void;
}

function Waits({ store, c, position, onOpen }: RowProps & { position: number }) {
	const title = titleOf(store, c);
	const summary = summaryOf(c.properties);
	return (
		<li class="command-row">
			<span class="place num" title={t('commands.position')}>
				{position}
			</span>
			<button type="button" class="entry" onClick={onOpen}>
				<span class="row">
					<StateBadge state={c.state} />
					<strong>{title}</strong>
					{c.priority > 0 && <span class="badge">{t('commands.priorityOf', { n: c.priority })}</span>}
				</span>
				{summary && <code>{summary}</code>}
				<span class="faint num">
					{t('commands.attemptOf', { n: c.attempts, all: c.max_attempts })} · {c.expires ? t('commands.expiresIn', { time: duration(Math.max(0, c.expires - now.value)) }) : t('commands.atOnce')} · {whyWaits(c)}
				</span>
			</button>
			<button type="button" class="icon" title={t('commands.takeOut')} aria-label={t('commands.takeOutOne', { command: title })} onClick={() => void cancel(store, c)}>
				<Icon name="close" />
			</button>
		</li>
	);
}

function Ended({ store, c, onOpen, onAgain }: RowProps & { onAgain: () => void }) {
	const title = titleOf(store, c);
	const summary = summaryOf(c.properties);
	return (
		<li class="command-row">
			<button type="button" class="entry" onClick={onOpen}>
				<span class="row">
					<StateBadge state={c.state} />
					<strong>{title}</strong>
					<Proof command={c} />
					<span class="faint when">
						<Time at={c.timestamp} how="ago" />
					</span>
				</span>
				{summary && <code>{summary}</code>}
				{answerOf(c) && <code class="answer-line">{answerOf(c)}</code>}
			</button>
			<button type="button" class="icon" title={t('commands.again')} aria-label={t('commands.againOne', { command: title })} onClick={onAgain}>
				<Icon name="refresh" />
			</button>
		</li>
	);
}
