// All that is known of one command.
import type { ComponentChildren } from 'preact';
import { t } from '../../lib/text';
import { CopyButton, Time } from '../../ui/bits';
import { Dialog } from '../../ui/dialog';
import { Proof, StateBadge } from './bits';
import { summaryOf, type Command } from './types';

export function CommandDialog({ title, command: c, onClose, onAgain }: { title: string; command: Command; onClose: () => void; onAgain: () => void }) {
	const isOpen = c.state === 'queued' || c.state === 'sent';
	const rows: [string, ComponentChildren][] = [
		[t('commands.state'), <><StateBadge state={c.state} /> <Proof command={c} /></>],
		[t('commands.nameOf'), <code>{c.name}</code>],
		[t('commands.properties'), summaryOf(c.properties) ? <code>{summaryOf(c.properties)}</code> : null],
		[t('commands.payload'), <code>{c.payload}</code>],
		[t('commands.made'), <Time at={c.id / 1e6} />],
		[t('commands.sent'), c.sent ? <Time at={c.sent} /> : null],
		[t('commands.ended'), isOpen ? null : <Time at={c.timestamp} />],
		[t('commands.expires'), isOpen && c.expires ? <Time at={c.expires} /> : null],
		[t('commands.attempts'), t('commands.attemptOf', { n: c.attempts, all: c.max_attempts })],
		[t('commands.priority'), c.priority || null],
		[t('commands.condition'), c.condition ? <code>{c.condition}</code> : null],
		[t('commands.meta'), c.meta ? <code>{JSON.stringify(c.meta)}</code> : null],
		[t('commands.response'), c.response ? <pre class="answer">{c.response}</pre> : null],
		[t('commands.reply'), c.reply ? <pre class="answer">{c.reply}</pre> : null],
	];
	const tools = (
		<>
			<CopyButton text={JSON.stringify(c, null, '\t')} label={t('commands.copyJson')} />
			<button type="button" onClick={onAgain}>
				{t('commands.again')}
			</button>
		</>
	);
	return (
		<Dialog wide title={title} onClose={onClose} tools={tools}>
			<dl class="fact-list">
				{rows
					.filter(([, value]) => value !== null)
					.map(([name, value]) => (
						<>
							<dt>{name}</dt>
							<dd>{value}</dd>
						</>
					))}
			</dl>
		</Dialog>
	);
}
