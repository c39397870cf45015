// Channels: where trackers connect. A list of them, and a page for each.
import { useEffect } from 'preact/hooks';
import { href, route } from '../lib/router';
import { number, t } from '../lib/text';
import { Empty } from '../ui/bits';
import { Icon } from '../ui/icon';
import { Sparkline } from '../ui/sparkline';
import { edited, editChannel, removeChannel } from './channels/acts';
import { Failed, OnOff, Uri } from './channels/bits';
import { ChannelDialog } from './channels/form';
import { ChannelPage } from './channels/page';
import { activityOf, beat, channels, channelsState, ROOM, startChannels } from './channels/store';
import type { Channel } from './channels/types';
import { channelName } from './channels/words';
import '../styles/channels.css';
import '../styles/table.css';

export function ChannelsView() {
	useEffect(startChannels, []);
	useEffect(() => () => void (edited.value = null), []); // who goes back with the browser leaves the dialog, too
	const id = Number(route.value.path[1]);
	return (
		<>
			{id ? <ChannelPage key={id} id={id} /> : <List />}
			<ChannelDialog />
		</>
	);
}

function List() {
	const list = [...channels.value.values()].sort((a, b) => a.id - b.id);
	return (
		<>
			<header class="view-head">
				<h1 class="grow">{t('channels.title')}</h1>
				<button type="button" class="primary" onClick={() => void editChannel(null)}>
					<Icon name="plus" /> {t('channels.add')}
				</button>
			</header>
			<div class="view-body stack">
				<p class="faint">{t('channels.intro')}</p>
				{channelsState.value === 'failed' ? (
					<Failed />
				) : list.length ? (
					<div class="card table-box">
						<table class="table" aria-label={t('channels.title')}>
							<thead>
								<tr>
									<th>{t('common.name')}</th>
									<th>{t('channels.uri')}</th>
									<th>{t('channels.enabled')}</th>
									<th class="right">{t('channels.connections')}</th>
									<th class="right">{t('channels.rate')}</th>
									<th>
										<span class="sr">{t('channels.rateLine')}</span>
									</th>
									<th class="right">{t('channels.idents')}</th>
									<th>
										<span class="sr">{t('channels.acts')}</span>
									</th>
								</tr>
							</thead>
							<tbody>
								{list.map((channel) => (
									<Row key={channel.id} channel={channel} />
								))}
							</tbody>
						</table>
					</div>
				) : (
					channelsState.value === 'ready' && <Empty icon="plug" title={t('channels.none')} />
				)}
			</div>
		</>
	);
}

function Row({ channel }: { channel: Channel }) {
	void beat.value;
	const activity = activityOf(channel.id);
	const name = channelName(channel);
	return (
		<tr>
			<td class="wide">
				<a href={href('channels', channel.id)}>{name}</a> <span class="faint num">{channel.id}</span>
			</td>
			<td data-label={t('channels.uri')}>
				<Uri channel={channel} />
			</td>
			<td data-label={t('channels.enabled')}>
				<OnOff channel={channel} />
			</td>
			<td class="right num" data-label={t('channels.connections')}>{activity.connections === null ? '–' : number(activity.connections)}</td>
			<td class="right num" data-label={t('channels.rate')}>{number(activity.messages.mean(), 1)}</td>
			<td class="line">
				<Sparkline values={activity.messages.values} room={ROOM} label={t('channels.rateOf', { name })} />
			</td>
			<td class="right num" data-label={t('channels.idents')}>{activity.idents === null ? '–' : number(activity.idents)}</td>
			<td class="acts">
				<button type="button" class="icon" title={t('common.edit')} aria-label={t('channels.editOne', { name })} onClick={() => void editChannel(channel.id)}>
					<Icon name="edit" />
				</button>
				<button type="button" class="icon" title={t('common.delete')} aria-label={t('channels.deleteOne', { name })} onClick={() => void removeChannel(channel)}>
					<Icon name="trash" />
				</button>
			</td>
		</tr>
	);
}
