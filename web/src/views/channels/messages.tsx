// The messages as they come, the newest at the top.
import { signal, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Message } from '../../fleet/store';
import { get, inOrder } from '../../lib/api';
import { textOf, watch } from '../../lib/live';
import { number, t } from '../../lib/text';
import { localTime } from '../../lib/time';
import { Empty, Time } from '../../ui/bits';
import { Grid, type Column } from '../../ui/grid';
import { Icon } from '../../ui/icon';
import { JsonDialog } from './json';
import type { TabProps } from './page';
import { Tail } from './table';

/** So many are held. */
const ROOM = 500;
const FIRST = 100;
/** The live door tells what the history has told already so much later at most. */
const LATE_MS = 5000;
const KNOWN = new Set(['channel.id', 'ident', 'message.type', 'peer', 'protocol.id', 'server.timestamp', 'timestamp', 'vendor.code']);

/** As it came; it is read when it is shown first: far more may come than anybody sees. */
class Line {
	private read: Message | null = null;

	constructor(private text: string) {}

	get message(): Message {
		return (this.read ??= JSON.parse(this.text) as Message);
	}

	get rest(): string {
		return Object.entries(this.message)
			.filter(([name]) => !KNOWN.has(name))
			.map(([name, value]) => `${name} ${typeof value === 'number' ? number(value, 5) : String(value)}`)
			.join(' · ');
	}
}

const columns: Column<Line>[] = [
	{ key: 'at', title: t('channels.received'), width: '100px', cell: (l) => <span title={t('channels.receivedHint')}>{localTime(Number(l.message['server.timestamp']))}</span> },
	{ key: 'ident', title: t('channels.ident'), width: '160px', cell: (l) => <code>{String(l.message['ident'])}</code> },
	{ key: 'type', title: t('channels.type'), width: '90px', cell: (l) => String(l.message['message.type'] ?? '') },
	{ key: 'time', title: t('channels.time'), width: '180px', cell: (l) => <Time at={l.message.timestamp} /> },
	{ key: 'rest', title: t('channels.rest'), width: 'minmax(300px, 1fr)', cell: (l) => <span class="rest">{l.rest}</span> },
];

export function MessagesTab({ id }: TabProps) {
	const tail = useMemo(() => new Tail<Line>(ROOM), [id]);
	const open = useSignal<Line | null>(null);
	const current = useMemo(() => signal<Line | null>(null), [id]);
	useEffect(() => {
		let isOver = false;
		const asked = inOrder();
		let read = new Set<string>(); // by the history: the live door may tell the last of them yet
		const load = async (): Promise<void> => {
			const isNews = asked();
			const { head } = tail;
			const list = await get<Message>(`gw/channels/${id}/messages`, { data: { reverse: true, count: FIRST } });
			if (isOver || !isNews() || (tail.bell.isKnown && tail.paused.peek())) return;
			const newer = tail.since(head);
			const seen = new Set(newer.map((line) => JSON.stringify(line.message)));
			const texts = list.map((m) => JSON.stringify(m)).filter((text) => !seen.has(text));
			tail.refill(newer, texts.map((text) => new Line(text)));
			tail.bell.known();
			read = new Set(texts);
			setTimeout(() => read.clear(), LATE_MS);
		};
		const tryLoad = (): void => void load().catch(() => undefined); // what comes is shown all the same
		const end = watch(`flespi/message/gw/channels/${id}/+`, {
			on: (m) => {
				const line = new Line(textOf(m));
				if (!read.size || !read.delete(JSON.stringify(line.message))) tail.add(line);
			},
			ready: () => tail.paused.peek() || tryLoad(),
		});
		tryLoad();
		return () => {
			isOver = true;
			end();
		};
	}, [id, tail]);
	void tail.bell.version.value;
	const at = current.value ? tail.rows.indexOf(current.value) : -1;
	const show = (index: number): void => void (open.value = current.value = tail.rows[index] ?? null);
	return (
		<section class="tab-pane" aria-label={t('channels.tab_messages')}>
			<div class="pane-bar">
				<button type="button" aria-pressed={tail.paused.value} onClick={() => (tail.paused.value ? tail.resume() : (tail.paused.value = true))}>
					<Icon name={tail.paused.value ? 'play' : 'pause'} /> {t(tail.paused.value ? 'channels.resume' : 'channels.pause')}
				</button>
				<span class="faint num" role="status">
					{tail.paused.value ? t('channels.missed', { n: tail.missed }) : t('channels.tailNote', { n: ROOM })}
				</span>
			</div>
			<Grid
				label={t('channels.tab_messages')}
				columns={columns}
				count={tail.rows.length}
				row={(i) => tail.rows[i]}
				head={tail.head}
				current={at}
				onCurrent={(i) => (current.value = tail.rows[i] ?? null)}
				onOpen={show}
				empty={tail.bell.isKnown && <Empty icon="list" title={t('channels.noMessages')} />}
			/>
			{open.value && <JsonDialog title={t('channels.messageOf', { ident: String(open.value.message['ident']) })} value={open.value.message} onClose={() => (open.value = null)} />}
		</section>
	);
}
