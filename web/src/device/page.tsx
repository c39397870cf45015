// One device: its head, and the tabs that share its messages.
import type { FunctionComponent } from 'preact';
import { effect, untracked } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Online } from '../fleet/online';
import { isFresh } from '../fleet/state';
import { devices, fleetMembers, fleetState, fleetVersion, titleOf } from '../fleet/store';
import { href, route, type RouteQuery } from '../lib/router';
import { number, t } from '../lib/text';
import { now } from '../lib/time';
import { CopyButton, Empty, Tabs, Time } from '../ui/bits';
import { Icon } from '../ui/icon';
import { CommandsTab } from './commands';
import { MessagesTab } from './messages';
import { DEFAULT_RANGE, rangeOf, rangeQuery } from './range';
import { SettingsTab } from './settings';
import { DeviceMessages } from './store';
import { TrackTab } from './track';

const tabs = { messages: MessagesTab, track: TrackTab, commands: CommandsTab, settings: SettingsTab };
const names = Object.keys(tabs) as (keyof typeof tabs)[];

function Head({ id }: { id: number }) {
	void fleetVersion.value;
	const d = devices.get(id)!;
	return (
		<header class="view-head device-head">
			<a class="icon" href={href('devices')} aria-label={t('common.back')}>
				<Icon name="arrowLeft" />
			</a>
			<Online d={d} />
			<h1>{titleOf(d)}</h1>
			<span class="ident">
				{d.ident} <CopyButton text={d.ident} />
			</span>
			<ul class="chips">
				<li>
					<Icon name="clock" /> <Time at={d.lastActive} how="ago" />
				</li>
				{d.position && isFresh(d.position.at, now.value) && <li>{number(d.position.speed, 0)} km/h</li>}
				{d.battery !== null && (
					<li>
						<Icon name="battery" /> {number(d.battery)} %
					</li>
				)}
				{d.ignition !== null && isFresh(d.told.ignition, now.value) && (
					<li>
						<Icon name="power" /> {t(d.ignition ? 'common.on' : 'common.off')}
					</li>
				)}
			</ul>
		</header>
	);
}

function Gone() {
	return (
		<Empty icon="search" title={t('device.gone')}>
			<a class="button" href={href('devices')}>
				{t('device.all')}
			</a>
		</Empty>
	);
}

/** What all tabs show stands in the address: the range and the filter. A link without them changes nothing. */
function follow(log: DeviceMessages): () => void {
	let isFirst = true;
	return effect(() => {
		const { path, query } = route.value;
		if (path[1] !== String(log.id)) return;
		const range = rangeOf(query);
		if (range || isFirst) untracked(() => log.show(range ?? DEFAULT_RANGE, query.get('filter') ?? ''));
		isFirst = false;
	});
}

const viewQuery = (log: DeviceMessages): RouteQuery => ({ ...rangeQuery(log.range.value), filter: log.filter.value || undefined });

export function DevicePage({ id, tab }: { id: number; tab: string }) {
	const log = useMemo(() => new DeviceMessages(id), [id]);
	useEffect(() => {
		const end = follow(log);
		return () => {
			end();
			log.close();
		};
	}, [log]);
	void fleetMembers.value;
	if (!devices.has(id))
		return fleetState.value === 'loading' ? <Empty icon="truck" title={t('common.loading')} /> : <Gone />;
	const name = names.find((one) => one === tab) ?? 'messages';
	const Tab: FunctionComponent<{ log: DeviceMessages }> = tabs[name];
	return (
		<>
			<Head id={id} />
			<Tabs label={t('device.tabs')} current={name} items={names.map((key) => ({ key, title: t(`device.${key}`), href: href('devices', id, key, viewQuery(log)) }))} />
			<Tab log={log} />
		</>
	);
}
