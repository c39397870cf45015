// The box for a filter expression. It completes names, operators and values; the gateway's own parser judges
// what was typed before the table is read anew.
import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { ApiError, get } from '../../lib/api';
import { parameterOf, parameters } from '../../lib/parameters';
import { t, type TextKey } from '../../lib/text';
import { Icon } from '../../ui/icon';
import { chooseFilter } from '../address';
import type { DeviceMessages } from '../store';
import { complete, take, type Completion, type Name, type Suggestion } from './completion';

/** Nothing is that new: the expression is parsed, nothing is read. */
const NEVER = 4e9;
/** Encoded: it is a part of the topic that the tail subscribes to, which has 4,096 bytes (docs/mqtt.md). */
const LENGTH_MAX = 4000;
const VALUES_LOOKED_AT = 2000;

const CLOSED: Completion = { from: 0, to: 0, items: [] };

/** All names that can be asked for: of the table, and those that occur. */
function namesOf(log: DeviceMessages): Name[] {
	const names = new Map<string, Name>([...parameters.peek().values()].map((p) => [p.name, p]));
	for (const row of log.rows.slice(0, VALUES_LOOKED_AT))
		for (const name of Object.keys(row))
			if (!names.has(name)) names.set(name, { name, type: typeof row[name] as Name['type'], info: parameterOf(name)?.info ?? '' });
	return [...names.values()];
}

function valuesOf(log: DeviceMessages, name: string): string[] {
	const seen = new Set<string>();
	for (const row of log.rows.slice(0, VALUES_LOOKED_AT)) if (row[name] !== undefined) seen.add(String(row[name]));
	return [...seen].sort().slice(0, 20);
}

const infoOf = (item: Suggestion): string => (item.kind === 'name' || !item.info ? item.info : t(`filter.${item.kind}.${item.info}` as TextKey));

function Options({ id, items, active, choose }: { id: string; items: Suggestion[]; active: number; choose: (item: Suggestion) => void }) {
	const list = useRef<HTMLUListElement>(null);
	useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }), [active]);
	return (
		<ul ref={list} id={id} class="options" role="listbox" aria-label={t('filter.suggestions')} hidden={!items.length}>
			{items.map((item, i) => (
				<li
					key={item.text}
					id={`${id}-${i}`}
					role="option"
					aria-selected={i === active}
					onMouseDown={(e) => e.preventDefault()} // the box keeps the focus
					onClick={() => choose(item)}
				>
					<code>{item.text.trim()}</code> <span>{infoOf(item)}</span>
				</li>
			))}
		</ul>
	);
}

class Box {
	constructor(
		readonly log: DeviceMessages,
		readonly text: Signal<string>,
		readonly error: Signal<string>,
		readonly open: Signal<Completion>,
		readonly active: Signal<number>,
	) {}

	/** Suggestions for where the caret is. `asked`: somebody pressed the arrow, also with nothing typed. */
	suggest(input: HTMLInputElement, asked = false): void {
		const caret = input.selectionStart ?? input.value.length;
		const found = asked || input.value ? complete(input.value, caret, namesOf(this.log), (name) => valuesOf(this.log, name)) : CLOSED;
		this.open.value = found;
		// what was begun to be typed can be taken at once; else Enter is for the filter
		this.active.value = found.items.length && (asked || found.to > found.from) ? 0 : -1;
	}

	take(input: HTMLInputElement, item: Suggestion): void {
		const made = take(this.text.peek(), this.open.peek(), item);
		input.value = this.text.value = made.text;
		input.setSelectionRange(made.caret, made.caret);
		this.open.value = CLOSED;
		if (item.kind === 'operator') this.suggest(input);
	}

	async apply(): Promise<void> {
		const filter = this.text.peek().trim();
		this.open.value = CLOSED;
		this.error.value = '';
		if (filter === this.log.filter.peek()) return;
		const { length } = encodeURIComponent(filter);
		if (length > LENGTH_MAX) return void (this.error.value = t('filter.tooLong', { n: length, max: LENGTH_MAX }));
		const isMeant = (): boolean => this.text.peek().trim() === filter;
		try {
			if (filter) await get(`gw/devices/${this.log.id}/messages`, { data: { filter, from: NEVER, count: 1 } });
			if (isMeant()) chooseFilter(this.log, filter);
		} catch (e) {
			if (isMeant()) this.error.value = e instanceof ApiError ? e.faults.map((fault) => fault.reason).join('; ') : String(e);
		}
	}

	key(e: KeyboardEvent & { currentTarget: HTMLInputElement }): void {
		const { items } = this.open.peek();
		const active = this.active.peek();
		const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
		if (step && !items.length) this.suggest(e.currentTarget, true);
		else if (step) this.active.value = (active + step + items.length) % items.length;
		else if ((e.key === 'Enter' || e.key === 'Tab') && items[active]) this.take(e.currentTarget, items[active]);
		else if (e.key === 'Enter') void this.apply();
		else if (e.key === 'Escape' && items.length) this.open.value = CLOSED;
		else if (e.key === 'Escape' && this.text.peek() !== this.log.filter.peek()) {
			this.text.value = this.log.filter.peek();
			this.error.value = '';
		} else return;
		e.preventDefault();
		e.stopPropagation();
	}
}

export function FilterBox({ log }: { log: DeviceMessages }) {
	const id = useId();
	const input = useRef<HTMLInputElement>(null);
	const text = useSignal(log.filter.peek());
	const error = useSignal('');
	const open = useSignal(CLOSED);
	const active = useSignal(-1);
	const box = useMemo(() => new Box(log, text, error, open, active), [log]);
	const applied = log.filter.value;
	useEffect(() => {
		text.value = applied;
		error.value = '';
	}, [applied]);
	const clear = (): void => {
		text.value = '';
		void box.apply();
		input.current!.focus();
	};
	const { items } = open.value;
	return (
		<div class={applied ? 'filter applied' : 'filter'}>
			<Icon name="filter" />
			<input
				ref={input}
				type="text"
				role="combobox"
				class="mono"
				aria-label={t('filter.label')}
				aria-autocomplete="list"
				aria-expanded={items.length > 0}
				aria-controls={`${id}-list`}
				aria-activedescendant={items[active.value] ? `${id}-list-${active.value}` : undefined}
				aria-invalid={error.value !== ''}
				aria-describedby={`${id}-error`}
				placeholder={t('filter.placeholder')}
				spellcheck={false}
				autocomplete="off"
				value={text.value}
				onInput={(e) => {
					text.value = e.currentTarget.value;
					error.value = '';
					box.suggest(e.currentTarget);
				}}
				onKeyDown={(e) => box.key(e)}
				onBlur={() => (open.value = CLOSED)}
			/>
			{text.value !== applied && !error.value && <kbd>{t('filter.enter')}</kbd>}
			{(text.value || applied) && (
				<button type="button" class="icon" aria-label={t('filter.clear')} title={t('filter.clear')} onClick={clear}>
					<Icon name="close" />
				</button>
			)}
			<Options id={`${id}-list`} items={items} active={active.value} choose={(item) => box.take(input.current!, item)} />
			<p id={`${id}-error`} class="filter-error" role="alert" hidden={!error.value}>
				{error.value}
			</p>
		</div>
	);
}
