// All devices, thousands of them: search, choose, sort, and what can be done to many at once.
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { devices, fleetError, fleetMembers, fleetState, fleetVersion, reloadFleet } from '../fleet/store';
import { media } from '../lib/media';
import { go, route } from '../lib/router';
import { number, t } from '../lib/text';
import { Empty } from '../ui/bits';
import { Grid } from '../ui/grid';
import { Icon } from '../ui/icon';
import { AddDialog } from './devices/add';
import { phoneColumns, wideColumns } from './devices/columns';
import { clearSelection, counts, hold, kind, rows, search, select, selected, sort, sortBy, startList } from './devices/list';
import { kinds, type SortKey } from './devices/order';
import { checkRow, SelectionBar } from './devices/select';
import { Welcome } from './welcome';
import '../styles/devices.css';

const isPhone = media('(max-width: 760px)');

/** Where somebody was in the list, for who comes back. */
const currentId = signal(0);

function Search({ onDown }: { onDown: () => void }) {
	const input = useRef<HTMLInputElement>(null);
	// with the field, not some frames after it: the key is typed as soon as the field is seen
	useLayoutEffect(() => {
		const onKey = (e: KeyboardEvent): void => {
			const isTyping = (e.target as HTMLElement).matches('input:not([type=checkbox]), textarea, select');
			if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || isTyping || document.querySelector('dialog[open]')) return;
			e.preventDefault();
			input.current?.select();
			input.current?.focus();
		};
		document.addEventListener('keydown', onKey);
		return () => document.removeEventListener('keydown', onKey);
	}, []);
	const onKey = (e: KeyboardEvent): void => {
		if (e.key === 'Escape') search.value = '';
		else if (e.key === 'ArrowDown' || e.key === 'Enter') onDown();
		else return;
		e.preventDefault();
	};
	return (
		<label class="search">
			<Icon name="search" />
			<span class="sr">{t('devices.search')}</span>
			<input
				ref={input}
				type="search"
				value={search.value}
				placeholder={t('devices.searchHint')}
				autocomplete="off"
				spellcheck={false}
				aria-keyshortcuts="/"
				onInput={(e) => (search.value = e.currentTarget.value)}
				onKeyDown={onKey}
			/>
			<kbd aria-hidden="true">/</kbd>
		</label>
	);
}

function Kinds() {
	return (
		<div class="kinds" role="group" aria-label={t('devices.kinds')}>
			{kinds.map((one) => (
				<button key={one} type="button" aria-pressed={kind.value === one} title={one === 'all' ? undefined : t(`state.${one}Hint`)} onClick={() => (kind.value = one)}>
					{t(`devices.kind.${one}`)} <span class="num">{number(counts.value[one])}</span>
				</button>
			))}
		</div>
	);
}

const sortKeys: SortKey[] = ['name', 'ident', 'lastActive', 'online', 'position', 'speed', 'ignition', 'battery', 'signal'];

/** A phone's list has no heads to click. */
function PhoneSort() {
	const { key: current, down } = sort.value;
	const direction = t(down ? 'devices.sortedDown' : 'devices.sortedUp');
	return (
		<div class="phone-sort">
			<select aria-label={t('devices.sortBy')} value={current} onChange={(e) => sortBy(e.currentTarget.value as SortKey)}>
				{sortKeys.map((key) => (
					<option key={key} value={key}>
						{t(`devices.${key === 'lastActive' ? 'lastSeen' : key}`)}
					</option>
				))}
			</select>
			<button type="button" class="icon" aria-label={direction} title={direction} onClick={() => sortBy(current)}>
				{down ? '↓' : '↑'}
			</button>
		</div>
	);
}

function List() {
	void fleetVersion.value; // rows show what their devices are now
	const all = rows.value;
	const box = useRef<HTMLDivElement>(null);
	const current = currentId.value ? all.findIndex((d) => d.id === currentId.value) : -1;
	const [jump] = useState({ index: current });
	const focusGrid = (): void => box.current?.querySelector<HTMLElement>('.grid')?.focus();
	const open = (index: number): void => {
		const d = all[index];
		if (!d) return;
		currentId.value = d.id;
		go('devices', d.id);
	};
	const onPick = (index: number, e: MouseEvent): void => {
		const at = e.target as Element;
		if (at.closest('a')) return; // goes its own way, perhaps to another tab
		if (at.closest('input')) return focusGrid(); // is checked; the keys go on from here
		if (e.shiftKey || e.ctrlKey || e.metaKey) checkRow(index, e.shiftKey);
		else if (!getSelection()?.toString()) open(index);
	};
	const onKey = (e: KeyboardEvent): boolean => {
		if (e.key === ' ' && current >= 0) checkRow(current, e.shiftKey);
		else if (e.key === 'a' && (e.ctrlKey || e.metaKey)) select(all.map((d) => d.id), true);
		else if (e.key === 'Escape' && selected.value.size) clearSelection();
		else return false;
		return true;
	};
	return (
		<>
			<Toolbar onDown={() => {
				if (current < 0 && all[0]) currentId.value = all[0].id;
				focusGrid();
			}} />
			<SelectionBar onEmpty={focusGrid} />
			<div class="device-list" ref={box} onPointerMove={(e) => e.pointerType === 'mouse' && hold(true)} onPointerLeave={() => hold(false)}>
				<Grid
					label={t('devices.title')}
					columns={isPhone.value ? phoneColumns() : wideColumns()}
					count={all.length}
					row={(index) => all[index]}
					rowHeight={isPhone.value ? 58 : 36}
					current={current}
					onCurrent={(index) => (currentId.value = all[index]?.id ?? 0)}
					onOpen={open}
					onPick={onPick}
					onKey={onKey}
					isSelected={(d) => selected.value.has(d.id)}
					keyOf={(d) => d.id}
					indexOf={(d) => all.indexOf(d)}
					order={JSON.stringify([sort.value, kind.value, search.value])}
					jump={jump}
					empty={<Empty icon="search" title={t('devices.noneFound')} />}
				/>
			</div>
		</>
	);
}

function Toolbar({ onDown }: { onDown: () => void }) {
	const [adding, setAdding] = useState(false);
	return (
		<>
			<header class="view-head devices-head">
				<h1>{t('devices.title')}</h1>
				<Search onDown={onDown} />
				{isPhone.value && <PhoneSort />}
				<button type="button" class="primary add" aria-label={t('devices.add')} onClick={() => setAdding(true)}>
					<Icon name="plus" /> <span>{t('devices.add')}</span>
				</button>
			</header>
			<div class="kinds-row">
				<Kinds />
				<span class="faint shown" role="status">
					{search.value.trim() && t('devices.found', { n: rows.value.length })}
				</span>
			</div>
			{adding && <AddDialog onClose={() => setAdding(false)} />}
		</>
	);
}

export function DevicesView() {
	const [isStarted, setStarted] = useState(false);
	// before anything is painted: rows of the last time may be gone
	useLayoutEffect(() => {
		const end = startList();
		setStarted(true);
		return end;
	}, []);
	void fleetMembers.value;
	const state = fleetState.value;
	const at = route.value;
	/** The address at which there were no devices: who registers the first one sees what becomes of it. */
	const [firstAt, setFirstAt] = useState<typeof at | null>(null);
	const isNew = state === 'ready' && devices.size === 0;
	useEffect(() => {
		if (isNew) setFirstAt(at);
	}, [isNew, at]);
	if (!isStarted) return null;
	if (state === 'failed')
		return (
			<Empty icon="warning" title={fleetError.value}>
				<button type="button" onClick={() => void reloadFleet()}>
					{t('common.retry')}
				</button>
			</Empty>
		);
	if (isNew || (firstAt && firstAt === at)) return <Welcome onLeave={() => setFirstAt(null)} />;
	if (state === 'loading' && !devices.size) return <Empty icon="truck" title={t('common.loading')} />;
	return <List />;
}
