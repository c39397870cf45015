// The list beside the map: search, what the fleet is doing in numbers, and every device, also for who cannot
// see the map.
import { useRef } from 'preact/hooks';
import { titleOf, type Device } from '../fleet/store';
import { number, t } from '../lib/text';
import { now } from '../lib/time';
import { Time } from '../ui/bits';
import { Grid, type Column } from '../ui/grid';
import { Icon } from '../ui/icon';
import { fleetList, hiddenStates, listIsOpen, search, select, selected, toggleState } from './fleet-state';
import { stateOf, STATES, type State } from '../fleet/state';

const ROW_PX = 32;
const HEAD_PX = 34;
const FLY_MS = 180; // who goes down the list with an arrow key stays until they stop

export function StateMark({ state }: { state: State }) {
	return <i class={`state ${state}`} aria-hidden="true" />;
}

function told(device: Device): string {
	const state = stateOf(device, now.peek());
	return state === 'moving' && device.position ? t('map.kmh', { speed: number(device.position.speed, 0) }) : t(`state.${state}`);
}

const columns: Column<Device>[] = [
	{
		key: 'name', title: t('common.name'), width: 'minmax(120px, 1fr)',
		cell: (device) => (
			<>
				<StateMark state={stateOf(device, now.peek())} /> {titleOf(device)}
			</>
		),
	},
	{ key: 'state', title: t('map.state'), width: '76px', align: 'right', cell: told },
	{ key: 'seen', title: t('map.seen'), width: '92px', align: 'right', cell: (device) => <Time at={device.lastActive} how="ago" /> },
];

function Legend() {
	const { counts } = fleetList.value;
	return (
		<div class="legend" role="group" aria-label={t('map.legend')}>
			{STATES.filter((state) => state !== 'never' || counts.never).map((state) => (
				<button key={state} type="button" aria-pressed={!hiddenStates.value.includes(state)} title={t(`state.${state}Hint`)} onClick={() => toggleState(state)}>
					<StateMark state={state} />
					<b>{number(counts[state])}</b>
					<span>{t(`state.${state}`)}</span>
				</button>
			))}
		</div>
	);
}


const isNarrow = (): boolean => innerWidth <= 760;

/** On a phone the list lies over what was looked for. */
function closeList(panel: HTMLElement): void {
	search.value = '';
	listIsOpen.value = false;
	panel.querySelector('input')?.blur();
}

export function FleetPanel({ onFly }: { onFly: () => void }) {
	const panel = useRef<HTMLElement>(null);
	const timer = useRef(0);
	const { rows } = fleetList.value;
	const current = selected.value ? rows.findIndex((device) => device.id === selected.value) : -1;
	const choose = (index: number): void => {
		const device = rows[index];
		if (!device) return;
		select(device.id);
		if (isNarrow()) closeList(panel.current!);
		clearTimeout(timer.current);
		timer.current = window.setTimeout(onFly, FLY_MS);
	};
	const onKey = (e: KeyboardEvent): void => {
		if (e.key === 'Enter' && search.value) choose(0);
		else if (e.key === 'ArrowDown') {
			listIsOpen.value = true;
			choose(Math.max(0, current));
			requestAnimationFrame(() => panel.current?.querySelector<HTMLElement>('.grid')?.focus());
		} else if (e.key === 'Escape' && search.value) search.value = '';
		else return;
		e.preventDefault();
	};
	const toggle = t(listIsOpen.value ? 'map.hideList' : 'map.showList');
	return (
		<section ref={panel} class="fleet-panel" aria-label={t('map.devices')}>
			<div class="fleet-search" role="search">
				<Icon name="search" />
				<input
					type="search"
					aria-label={t('map.search')}
					placeholder={t('map.search')}
					value={search.value}
					onInput={(e) => (search.value = e.currentTarget.value)}
					onFocus={() => (search.value ? (listIsOpen.value = true) : undefined)}
					onKeyDown={onKey}
				/>
				<button type="button" class="icon" aria-expanded={listIsOpen.value} title={toggle} aria-label={toggle} onClick={() => (listIsOpen.value = !listIsOpen.value)}>
					<Icon name="list" />
				</button>
			</div>
			<Legend />
			{(listIsOpen.value || search.value !== '') && (
				<div class="fleet-list" style={{ height: `${HEAD_PX + ROW_PX * Math.max(3, rows.length)}px` }}>
					<Grid
						label={t('map.devices')}
						columns={columns}
						count={rows.length}
						row={(index) => rows[index]}
						rowHeight={ROW_PX}
						current={current}
						onCurrent={choose}
						onOpen={onFly}
						keyOf={(device) => device.id}
						indexOf={(device) => rows.indexOf(device)}
						order={JSON.stringify([search.value, hiddenStates.value])}
						empty={<p class="faint none">{t('map.nobody')}</p>}
					/>
				</div>
			)}
		</section>
	);
}
