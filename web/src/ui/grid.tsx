// A table of any length: only the rows that can be seen exist. One row is the current one; the arrow keys,
// Page Up and Down, Home and End move it, Enter opens it.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Column<Row> {
	key: string;
	title: ComponentChildren;
	/** What it is called where the title is no text. */
	label?: string;
	/** CSS of the track: '120px', 'minmax(160px, 2fr)'. */
	width: string;
	align?: 'right';
	cell: (row: Row, index: number) => ComponentChildren;
	/** Clicking the head does it. */
	onSort?: () => void;
	sorted?: 'ascending' | 'descending' | undefined;
}

export interface GridProps<Row> {
	label: string;
	columns: Column<Row>[];
	count: number;
	row: (index: number) => Row | undefined;
	rowHeight?: number;
	/** Index of the current row, -1: none. */
	current?: number;
	onCurrent?: (index: number) => void;
	/** Enter or a double click. */
	onOpen?: (index: number) => void;
	/** A click on a row, which is the current one by then; the arrow keys do not do it. */
	onPick?: (index: number, e: MouseEvent) => void;
	/** Several rows can be selected, and this one is. */
	isSelected?: (row: Row) => boolean;
	/** Other keys than those that move; true: it was for the view. */
	onKey?: (e: KeyboardEvent) => boolean;
	rowClass?: (row: Row) => string;
	/** How many rows were ever put in at the top: who has scrolled down goes on seeing the same rows. */
	head?: number;
	/** The same, exactly: where a row is now. Then `head` is not looked at. */
	indexOf?: (row: Row) => number;
	/** What a row is known by when others come before it. */
	keyOf?: (row: Row) => string | number;
	/** When it changes, the rows are others or in another order, and are shown from the first one on. */
	order?: string;
	/** The last rows are near: more could be loaded. */
	onEnd?: () => void;
	/** What stands there when there are no rows. */
	empty?: ComponentChildren;
	/** Scrolls to this row when the object changes. */
	jump?: { index: number } | undefined;
}

const OVERSCAN = 6;
const HEAD_HEIGHT = 32;

/** The rows [first, last) that can be seen. */
function visible(top: number, height: number, rowHeight: number, count: number): [number, number] {
	const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
	return [Math.min(first, count), Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN)];
}

const MOVES: Record<string, (at: number, page: number, count: number) => number> = {
	ArrowDown: (at) => at + 1,
	ArrowUp: (at) => at - 1,
	PageDown: (at, page) => at + page,
	PageUp: (at, page) => at - page,
	Home: () => 0,
	End: (_at, _page, count) => count - 1,
};

export function Grid<Row>(props: GridProps<Row>) {
	const { columns, count, rowHeight = 30, current = -1, head = 0 } = props;
	const box = useRef<HTMLDivElement>(null);
	const [view, setView] = useState({ top: 0, height: 600 });
	const lastHead = useRef(head);
	const look = (): void => {
		const el = box.current;
		if (!el) return; // it has gone while its size was told
		setView((old) => (old.top === el.scrollTop && old.height === el.clientHeight ? old : { top: el.scrollTop, height: el.clientHeight }));
	};
	useEffect(() => {
		const observer = new ResizeObserver(look);
		observer.observe(box.current!);
		return () => observer.disconnect();
	}, []);
	useLayoutEffect(() => {
		const more = head - lastHead.current;
		lastHead.current = head;
		if (!props.indexOf && more > 0 && box.current!.scrollTop > 0) box.current!.scrollTop += more * rowHeight;
	}, [head]);
	useAnchor(box, props, rowHeight);
	const lastOrder = useRef(props.order);
	useLayoutEffect(() => {
		if (props.order !== lastOrder.current) box.current!.scrollTop = 0;
		lastOrder.current = props.order;
	}, [props.order]);
	const show = (index: number): void => {
		const el = box.current!;
		const top = index * rowHeight;
		if (top < el.scrollTop) el.scrollTop = top;
		else if (top + rowHeight > el.scrollTop + el.clientHeight - HEAD_HEIGHT)
			el.scrollTop = top + rowHeight - el.clientHeight + HEAD_HEIGHT;
	};
	useLayoutEffect(() => {
		if (props.jump && props.jump.index >= 0) show(props.jump.index);
	}, [props.jump]);
	const [first, last] = visible(view.top, view.height, rowHeight, count);
	useEffect(() => {
		if (count && last >= count) props.onEnd?.();
	}, [last >= count, count]);
	const onKey = (e: KeyboardEvent): void => {
		if (e.target !== box.current) return;
		const move = MOVES[e.key];
		if (props.onKey?.(e)) return e.preventDefault();
		if (e.key === 'Enter' && current >= 0) props.onOpen?.(current);
		else if (!move || !count || !props.onCurrent || e.altKey || e.ctrlKey || e.metaKey) return;
		else {
			const page = Math.max(1, Math.floor(view.height / rowHeight) - 2);
			const index = Math.min(count - 1, Math.max(0, move(current, page, count)));
			props.onCurrent(index);
			show(index);
		}
		e.preventDefault();
	};
	const tracks = { gridTemplateColumns: columns.map((c) => c.width).join(' ') };
	const rows = [];
	for (let i = first; i < last; i++) {
		const row = props.row(i);
		if (row !== undefined)
			rows.push(<GridRow key={props.keyOf?.(row) ?? i} {...props} row={row} index={i} top={HEAD_HEIGHT + i * rowHeight} height={rowHeight} tracks={tracks} isCurrent={i === current} />);
	}
	return (
		<div
			ref={box}
			class="grid"
			role="grid"
			aria-label={props.label}
			aria-rowcount={count + 1}
			aria-multiselectable={props.isSelected && true}
			aria-activedescendant={current >= first && current < last ? rowId(props.label, current) : undefined}
			tabIndex={0}
			onScroll={look}
			onKeyDown={onKey}
		>
			<div class="grid-in" style={{ height: `${HEAD_HEIGHT + count * rowHeight}px` }}>
				<div class="grid-head" role="row" aria-rowindex={1} style={tracks}>
					{columns.map((c) => (
						<Head key={c.key} column={c} />
					))}
				</div>
				{rows}
			</div>
			{!count && props.empty && (
				<div role="row" class="grid-empty">
					<div role="gridcell">{props.empty}</div>
				</div>
			)}
		</div>
	);
}

/** Who has scrolled down goes on seeing the same rows, wherever others are put in. */
function useAnchor<Row>(box: { current: HTMLDivElement | null }, { row, indexOf }: GridProps<Row>, rowHeight: number): void {
	const anchor = useRef<{ row: Row; index: number } | null>(null);
	useLayoutEffect(() => {
		const el = box.current!;
		const was = anchor.current;
		if (!indexOf) return;
		if (was && el.scrollTop > 0) {
			const index = indexOf(was.row);
			if (index >= 0 && index !== was.index) el.scrollTop += (index - was.index) * rowHeight;
		}
		const index = Math.floor(el.scrollTop / rowHeight);
		const top = row(index);
		anchor.current = top === undefined ? null : { row: top, index };
	});
}

function Head<Row>({ column: c }: { column: Column<Row> }) {
	return (
		<div role="columnheader" aria-sort={c.sorted} aria-label={c.label} class={c.align}>
			{c.onSort ? (
				<button type="button" onClick={c.onSort}>
					{c.title}
					{c.sorted && <span aria-hidden="true">{c.sorted === 'ascending' ? ' ↑' : ' ↓'}</span>}
				</button>
			) : (
				c.title
			)}
		</div>
	);
}

const rowId = (label: string, index: number): string => `row-${label.replace(/\W+/g, '-')}-${index}`;

interface RowProps<Row> extends Omit<GridProps<Row>, 'row'> {
	row: Row;
	index: number;
	top: number;
	height: number;
	tracks: { gridTemplateColumns: string };
	isCurrent: boolean;
}

function GridRow<Row>({ row, index, top, height, tracks, isCurrent, ...props }: RowProps<Row>) {
	const isSelected = props.isSelected?.(row);
	return (
		<div
			id={rowId(props.label, index)}
			role="row"
			aria-rowindex={index + 2}
			aria-selected={isSelected ?? (props.onCurrent ? isCurrent : undefined)}
			class={`grid-row ${isCurrent ? 'current' : ''} ${isSelected ? 'selected' : ''} ${props.rowClass?.(row) ?? ''}`}
			style={{ ...tracks, transform: `translateY(${top}px)`, height: `${height}px` }}
			onClick={(e) => {
				props.onCurrent?.(index);
				props.onPick?.(index, e);
			}}
			onDblClick={() => props.onOpen?.(index)}
		>
			{props.columns.map((c) => (
				<div key={c.key} role="gridcell" class={c.align}>
					{c.cell(row, index)}
				</div>
			))}
		</div>
	);
}
