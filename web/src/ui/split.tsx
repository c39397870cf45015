// Two panes with a border that can be dragged, or moved with the arrow keys; one above the other when the
// window is narrow.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { Signal } from '@preact/signals';

/** `share`: percent of the first pane, 15..85. */
export function Split({ first, second, share, label, down }: { first: ComponentChildren; second: ComponentChildren; share: Signal<number>; label: string; down?: boolean }) {
	const box = useRef<HTMLDivElement>(null);
	const set = (percent: number): void => void (share.value = Math.round(Math.min(85, Math.max(15, percent))));
	const isDown = (): boolean => getComputedStyle(box.current!).flexDirection === 'column';
	const drag = (e: PointerEvent): void => {
		if (!(e.currentTarget as HTMLElement).hasPointerCapture(e.pointerId)) return;
		const r = box.current!.getBoundingClientRect();
		set(isDown() ? ((e.clientY - r.top) / r.height) * 100 : ((e.clientX - r.left) / r.width) * 100);
	};
	const step: Record<string, number> = { ArrowLeft: -3, ArrowUp: -3, ArrowRight: 3, ArrowDown: 3 };
	return (
		<div ref={box} class={down ? 'split down' : 'split'}>
			<div class="split-pane" style={{ flexBasis: `${share.value}%` }}>
				{first}
			</div>
			<div
				class="split-bar"
				role="separator"
				tabIndex={0}
				aria-label={label}
				aria-valuemin={15}
				aria-valuemax={85}
				aria-valuenow={share.value}
				onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
				onPointerMove={drag}
				onKeyDown={(e) => {
					const by = step[e.key];
					if (!by) return;
					set(share.peek() + by);
					e.preventDefault();
				}}
			/>
			<div class="split-pane rest">{second}</div>
		</div>
	);
}
