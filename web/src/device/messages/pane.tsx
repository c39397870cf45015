// The table of messages: newest first, new ones come in on top.
import { effect, useSignal, useSignalEffect } from '@preact/signals';
import { useCallback, useEffect, useMemo } from 'preact/hooks';
import type { Message } from '../../fleet/store';
import { parameterOf, parameters, unitOf } from '../../lib/parameters';
import { t } from '../../lib/text';
import { Time } from '../../ui/bits';
import { Grid, type Column } from '../../ui/grid';
import { Icon } from '../../ui/icon';
import { RangePicker } from '../picker';
import type { DeviceMessages } from '../store';
import { ColumnsDialog } from './chooser';
import { isTime, split, widthOf } from './columns';
import { columns, isDown, isNarrow, isPhone } from './desk';
import { NoMessages } from './empty';
import { ExportDialog } from './export';
import { FilterBox } from './filter';
import { Jump, selectNearest } from './jump';
import { Status } from './status';
import { Value } from './value';

const FRESH_MS = 1400;
const ROW_HEIGHT = 26;

function ColumnHead({ name }: { name: string }) {
	const [before, last] = split(name);
	const unit = isTime(name) ? '' : unitOf(name);
	return (
		<span class="column-head" title={[name, parameterOf(name)?.info].filter(Boolean).join('\n')}>
			<small>{before}</small>
			<b>
				{last}
				{unit && <i> {unit}</i>}
			</b>
		</span>
	);
}

function columnOf(name: string): Column<Message> {
	const parameter = parameterOf(name);
	const unit = isTime(name) ? '' : unitOf(name);
	return {
		key: name,
		title: <ColumnHead name={name} />,
		label: unit ? `${name}, ${unit}` : name,
		width: `${widthOf(name, parameter, unit)}px`,
		...(parameter?.type === 'number' && !isTime(name) && { align: 'right' as const }),
		// its fraction, which few have, would make the column wider than all others
		cell: name === 'timestamp' ? (m) => <Time at={m.timestamp} /> : (m) => <Value name={name} value={m[name]} />,
	};
}

/** Keys for rows that have none of their own. */
function useKeys(): (m: Message) => number {
	return useMemo(() => {
		const keys = new WeakMap<Message, number>();
		let last = 0;
		return (m) => keys.get(m) ?? (keys.set(m, ++last), last);
	}, []);
}

function Table({ log, onOpen }: { log: DeviceMessages; onOpen: () => void }) {
	void log.version.value;
	const [first, last] = log.shown();
	const list = useMemo(() => columns.value.map(columnOf), [columns.value, parameters.value]);
	const keyOf = useKeys();
	const selected = log.selected.value;
	// where the arrow keys go on when the message was closed
	const cursor = useSignal<Message | null>(null);
	// at once: it may be closed before the next frame
	useEffect(
		() =>
			effect(() => {
				if (log.selected.value) cursor.value = log.selected.value;
			}),
		[log],
	);
	const at = selected ?? cursor.value;
	const jump = useMemo(() => ({ index: selected ? log.indexOf(selected) - first : -1 }), [selected]);
	const indexOf = useCallback((m: Message) => log.indexOf(m) - log.shown()[0], [log]);
	const open = (index: number): void => {
		const m = log.rows[first + index];
		log.selected.value = m ?? null;
		log.pointed.value = m?.timestamp ?? null;
	};
	/** A message that has a place at the side follows the arrow keys; a window would take them away. */
	const move = (index: number): void => {
		if (!isNarrow.peek()) return open(index);
		cursor.value = log.rows[first + index] ?? null;
	};
	const isFresh = (m: Message): boolean => performance.now() - (log.arrived.get(m) ?? -Infinity) < FRESH_MS;
	return (
		<Grid
			label={t('messages.title')}
			columns={list}
			count={last - first}
			row={(i) => log.rows[first + i]}
			rowHeight={ROW_HEIGHT}
			current={at ? indexOf(at) : -1}
			onCurrent={move}
			onPick={open}
			onOpen={(index) => {
				open(index);
				onOpen();
			}}
			rowClass={(m) => (isFresh(m) ? 'fresh' : '')}
			keyOf={keyOf}
			indexOf={indexOf}
			jump={jump}
			empty={<NoMessages log={log} />}
		/>
	);
}

function Pause({ log }: { log: DeviceMessages }) {
	const isPaused = log.paused.value;
	const label = isPaused ? t('messages.resumeCount', { n: log.waiting.value }) : t('messages.pause');
	return (
		<button
			type="button"
			class={isPaused ? 'pause waiting' : 'icon'}
			aria-label={label}
			title={label}
			onClick={() => (isPaused ? log.resume() : (log.paused.value = true))}
		>
			<Icon name={isPaused ? 'play' : 'pause'} />
			{isPaused && <span class="num">{log.waiting.value}</span>}
		</button>
	);
}

function Tool({ icon, label, onClick }: { icon: 'columns' | 'download' | 'splitDown' | 'splitRight'; label: string; onClick: () => void }) {
	return (
		<button type="button" class="icon" aria-label={label} title={label} onClick={onClick}>
			<Icon name={icon} />
		</button>
	);
}

export function MessagesPane({ log, onOpen }: { log: DeviceMessages; onOpen: () => void }) {
	const dialog = useSignal<'columns' | 'export' | null>(null);
	const target = useSignal<number | null>(null);
	const close = (): void => void (dialog.value = null);
	// a jump to another day goes on when that day was read
	useSignalEffect(() => {
		if (target.value === null || log.state.value === 'loading') return;
		selectNearest(log, target.value);
		target.value = null;
	});
	return (
		<section class="pane" aria-label={t('messages.title')}>
			<div class="pane-head">
				<RangePicker log={log} />
				<FilterBox log={log} />
				<div class="tools">
					<Pause log={log} />
					<Jump log={log} later={(timestamp) => (target.value = timestamp)} />
					<Tool icon="columns" label={t('columns.title')} onClick={() => (dialog.value = 'columns')} />
					<Tool icon="download" label={t('export.title')} onClick={() => (dialog.value = 'export')} />
					{!isPhone.value && <Tool icon={isDown.value ? 'splitRight' : 'splitDown'} label={t(isDown.value ? 'messages.right' : 'messages.down')} onClick={() => (isDown.value = !isDown.value)} />}
				</div>
			</div>
			<Table log={log} onOpen={onOpen} />
			<Status log={log} />
			{dialog.value === 'columns' && <ColumnsDialog log={log} onClose={close} />}
			{dialog.value === 'export' && <ExportDialog log={log} onClose={close} />}
		</section>
	);
}
