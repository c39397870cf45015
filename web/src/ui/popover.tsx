// A button that opens a small sheet beneath it. The browser's own popover: it stands before everything,
// nothing clips it, and Escape or a click beside it closes it.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface PopoverProps {
	button: ComponentChildren;
	/** What the button and the sheet are called. */
	label: string;
	title?: string;
	class?: string;
	/** Made anew each time it opens. */
	children: (close: () => void) => ComponentChildren;
}

const GAP = 4;
const newState = (e: Event): string => (e as ToggleEvent).newState;

export function Popover({ button, label, title, children, ...props }: PopoverProps) {
	const id = useId();
	const sheet = useRef<HTMLDivElement>(null);
	const opener = useRef<HTMLButtonElement>(null);
	const [isOpen, setOpen] = useState(false);
	const place = (): void => {
		const at = opener.current!.getBoundingClientRect();
		const el = sheet.current!;
		el.style.left = `${Math.max(8, Math.min(at.left, innerWidth - el.offsetWidth - 8))}px`;
		el.style.top = `${Math.max(8, Math.min(at.bottom + GAP, innerHeight - el.offsetHeight - 8))}px`;
	};
	useLayoutEffect(() => {
		if (!isOpen) return;
		place();
		sheet.current!.querySelector<HTMLElement>('[autofocus], button, input, select')?.focus();
	}, [isOpen]);
	const close = (): void => {
		sheet.current!.hidePopover();
		opener.current!.focus();
	};
	return (
		<>
			<button ref={opener} type="button" class={props.class} title={title} aria-label={label} aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => sheet.current!.togglePopover()}>
				{button}
			</button>
			<div
				id={id}
				ref={sheet}
				class="popover"
				popover="auto"
				role="dialog"
				aria-label={title ?? label}
				onBeforeToggle={(e) => newState(e) === 'open' && setOpen(true)}
				onToggle={(e) => newState(e) === 'closed' && setOpen(false)}
			>
				{isOpen && children(close)}
			</div>
		</>
	);
}
