// One device: its head, and the tabs that share its messages.
import type { FunctionComponent } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Online } from '../fleet/online';
import { isFresh } from '../fleet/state';
import { devices, fleetError, fleetMembers, fleetState, fleetVersion, titleOf } from '../fleet/store';
import { href } from '../lib/router';
import { number, t } from '../lib/text';
import { now } from '../lib/time';
import { CopyButton, Empty, Tabs, Time, useTitle } from '../ui/bits';
import { Icon } from '../ui/icon';
import { followAddress, viewQuery } from './address';
import { CommandsTab } from './commands';
import { MessagesTab } from './messages';
import { SettingsTab } from './settings';
import { DeviceMessages } from './store';
import { TrackTab } from './track';

const tabs = { messages: MessagesTab, track: TrackTab, commands: CommandsTab, settings: SettingsTab };
const names = Object.keys(tabs) as (keyof typeof tabs)[];

function Head({ id }: { id: number }) {
	void fleetVersion.value;
	const d = devices.get(id)!;
	useTitle(titleOf(d));
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
	useTitle(t('device.gone'));
	return (
		<Empty icon="search" title={t('device.gone')}>
			<a class="button" href={href('devices')}>
				{t('device.all')}
			</a>
		</Empty>
	);
}

/** Not there, as far as is known. */
function Missing() {
	const state = fleetState.value;
	if (state === 'loading') return <Empty icon="truck" title={t('common.loading')} />;
	return state === 'failed' ? <Empty icon="warning" title={fleetError.value} /> : <Gone />;
}

function PageTabs({ log, name }: { log: DeviceMessages; name: string }) {
	const query = viewQuery(log);
	return <Tabs label={t('device.tabs')} current={name} items={names.map((key) => ({ key, title: t(`device.${key}`), href: href('devices', log.id, key, query) }))} />;
}

export function DevicePage({ id, tab }: { id: number; tab: string }) {
	const log = useMemo(() => new DeviceMessages(id), [id]);
	useEffect(() => {
		const end = followAddress(log);
		return () => {
			end();
			log.close();
		};
	}, [log]);
	void fleetMembers.value;
	if (!devices.has(id)) return <Missing />;
	const name = names.find((one) => one === tab) ?? 'messages';
	const Tab: FunctionComponent<{ log: DeviceMessages }> = tabs[name];
	return (
		<>
			<Head id={id} />
			<PageTabs log={log} name={name} />
			<Tab log={log} />
		</>
	);
}
