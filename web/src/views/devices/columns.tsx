// How a device looks in the list: columns on a wide screen, two lines on a phone.
import { Online } from '../../fleet/online';
import { isFresh } from '../../fleet/state';
import { titleOf, type Device } from '../../fleet/store';
import { href } from '../../lib/router';
import { number, t } from '../../lib/text';
import { local, now, utc } from '../../lib/time';
import { Time } from '../../ui/bits';
import type { Column } from '../../ui/grid';
import { sort, sortBy } from './list';
import type { SortKey } from './order';
import { Check, CheckAll } from './select';

const none = <span class="faint">–</span>;

/** A link, so that it opens in another tab, too; the row does the same. */
function Name({ d }: { d: Device }) {
	return (
		<a class="name-link" tabIndex={-1} href={href('devices', d.id)}>
			{titleOf(d)}
		</a>
	);
}

const place = (n: number): string => n.toFixed(4);

function Position({ d }: { d: Device }) {
	if (!d.position) return none;
	return (
		<>
			<span class="num">
				{place(d.position.lat)}, {place(d.position.lon)}
			</span>{' '}
			<span class="faint">
				<Time at={d.position.at} how="ago" />
			</span>
		</>
	);
}

/** A bar that is as long as the number says. */
function Level({ value, low }: { value: number | null; low: number }) {
	if (value === null) return none;
	return (
		<span class={value <= low ? 'gauge low' : 'gauge'}>
			<i aria-hidden="true">
				<b style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
			</i>
			{number(value, 0)} %
		</span>
	);
}

const speed = (d: Device): string => `${number(d.position!.speed, 0)} km/h`;

function Speed({ d }: { d: Device }) {
	if (!d.position) return none;
	return <span class={isFresh(d.position.at, now.value) ? '' : 'faint'}>{speed(d)}</span>;
}

function Ignition({ d }: { d: Device }) {
	if (d.ignition === null) return none;
	const isOn = d.ignition && isFresh(d.told.ignition, now.value);
	return (
		<span class={isOn ? 'ignition on' : 'ignition'} title={`${local(d.told.ignition)}\n${utc(d.told.ignition)}`}>
			{t(d.ignition ? 'common.on' : 'common.off')}
		</span>
	);
}

const check: Column<Device> = { key: 'check', title: <CheckAll />, label: t('devices.select'), width: '40px', cell: (d) => <Check d={d} name={titleOf(d)} /> };

/** Heads that sort; made anew when the order changes. */
function sorted(column: Omit<Column<Device>, 'onSort' | 'sorted'> & { key: SortKey }): Column<Device> {
	const { key, down } = sort.value;
	return { ...column, onSort: () => sortBy(column.key), sorted: key === column.key ? (down ? 'descending' : 'ascending') : undefined };
}

export const wideColumns = (): Column<Device>[] => [
	check,
	sorted({ key: 'online', title: <span class="sr">{t('devices.online')}</span>, label: t('devices.online'), width: '36px', cell: (d) => <Online d={d} /> }),
	sorted({ key: 'name', title: t('devices.name'), width: 'minmax(140px, 1.7fr)', cell: (d) => <Name d={d} /> }),
	sorted({ key: 'ident', title: t('devices.ident'), width: 'minmax(146px, 1.6fr)', cell: (d) => <span class="mono">{d.ident}</span> }),
	sorted({ key: 'lastActive', title: t('devices.lastSeen'), width: 'minmax(92px, 1fr)', cell: (d) => <Time at={d.lastActive} how="ago" /> }),
	sorted({ key: 'position', title: t('devices.position'), width: 'minmax(200px, 2.4fr)', cell: (d) => <Position d={d} /> }),
	sorted({ key: 'speed', title: t('devices.speed'), width: '84px', align: 'right', cell: (d) => <Speed d={d} /> }),
	sorted({ key: 'ignition', title: t('devices.ignition'), width: '80px', cell: (d) => <Ignition d={d} /> }),
	sorted({ key: 'battery', title: t('devices.battery'), width: '104px', cell: (d) => <Level value={d.battery} low={15} /> }),
	sorted({ key: 'signal', title: t('devices.signal'), width: '104px', cell: (d) => <Level value={d.signal} low={10} /> }),
];

function TwoLines({ d }: { d: Device }) {
	return (
		<div class="two-lines">
			<div>
				<Online d={d} />
				<Name d={d} />
				<span class="faint when">
					<Time at={d.lastActive} how="ago" />
				</span>
			</div>
			<div class="faint">
				<span class="mono">{d.ident}</span>
				{d.position && isFresh(d.position.at, now.value) && <span>{speed(d)}</span>}
				{d.ignition !== null && isFresh(d.told.ignition, now.value) && <span>{t(d.ignition ? 'devices.ignitionOn' : 'devices.ignitionOff')}</span>}
				{d.battery !== null && <span>{number(d.battery, 0)} %</span>}
			</div>
		</div>
	);
}

export const phoneColumns = (): Column<Device>[] => [
	check,
	{ key: 'device', title: t('devices.title'), width: 'minmax(0, 1fr)', cell: (d) => <TwoLines d={d} /> },
];
