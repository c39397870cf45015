// One channel: who is connected, who has called, what comes, and what has happened.
import { useEffect, useMemo } from 'preact/hooks';
import { href, route } from '../../lib/router';
import { bytes, number, t } from '../../lib/text';
import { Empty, Tabs } from '../../ui/bits';
import { Figure } from '../../ui/figure';
import { Icon } from '../../ui/icon';
import { editChannel, removeChannel } from './acts';
import { Failed, OnOff, Uri } from './bits';
import { ConnectionsTab } from './connections';
import { IdentsTab } from './idents';
import { ChannelLogs, LogsTab } from './logs';
import { MessagesTab } from './messages';
import { activityOf, beat, channels, channelsState } from './store';
import type { Channel } from './types';
import { channelName } from './words';

const tabs = { connections: ConnectionsTab, idents: IdentsTab, messages: MessagesTab, logs: LogsTab };
const names = Object.keys(tabs) as (keyof typeof tabs)[];

export interface TabProps {
	id: number;
	logs: ChannelLogs;
}

export function ChannelPage({ id }: { id: number }) {
	const logs = useMemo(() => new ChannelLogs(id), [id]);
	useEffect(() => logs.start(), [logs]);
	const channel = channels.value.get(id);
	if (channelsState.value === 'failed') return <Failed />;
	if (!channel) return channelsState.value === 'loading' ? <Empty icon="plug" title={t('common.loading')} /> : <Empty icon="search" title={t('channels.gone')} />;
	const current = names.find((name) => name === route.value.path[2]) ?? 'connections';
	const Tab = tabs[current];
	return (
		<>
			<Head channel={channel} />
			<Figures id={id} logs={logs} />
			<Tabs label={t('channels.tabs')} current={current} items={names.map((key) => ({ key, title: t(`channels.tab_${key}`), href: href('channels', id, key) }))} />
			<Tab id={id} logs={logs} />
		</>
	);
}

function Head({ channel }: { channel: Channel }) {
	const name = channelName(channel);
	return (
		<header class="view-head device-head channel-head">
			<a class="icon" href={href('channels')} aria-label={t('common.back')}>
				<Icon name="arrowLeft" />
			</a>
			<h1>{name}</h1>
			<span class="grow">
				<Uri channel={channel} />
			</span>
			<OnOff channel={channel} />
			<button type="button" onClick={() => void editChannel(channel.id)}>
				<Icon name="edit" /> {t('common.edit')}
			</button>
			<button type="button" onClick={() => void removeChannel(channel)}>
				<Icon name="trash" /> {t('common.delete')}
			</button>
		</header>
	);
}

function Figures({ id, logs }: { id: number; logs: ChannelLogs }) {
	void beat.value;
	const activity = activityOf(id);
	const refused = logs.refused.value;
	return (
		<div class="figures channel-figures">
			<Figure title={t('channels.rate')} value={number(activity.messages.mean(), 1)} values={activity.messages.values} note={t('channels.rateNote')} />
			<Figure title={t('channels.bytes')} value={`${bytes(activity.bytes.mean())}/s`} values={activity.bytes.values} note={t('channels.bytesNote')} />
			<Figure title={t('channels.connections')} value={activity.connections === null ? '–' : number(activity.connections)} note={t('channels.identsNote', { n: activity.idents ?? 0 })} />
			<Figure title={t('channels.refused')} value={refused === null ? '–' : number(refused)} kind={refused ? 'bad' : 'plain'} note={t('channels.refusedNote')} />
		</div>
	);
}
