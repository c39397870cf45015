// Windows before the page: the browser's own <dialog>, which keeps the focus inside and ends with Escape.
import { signal, type Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../lib/text';
import { Icon } from './icon';
import { depth, Toasts } from './toast';

interface DialogProps {
	title: string;
	onClose: () => void;
	children: ComponentChildren;
	/** Buttons at the foot. */
	foot?: ComponentChildren;
	/** Others than the one that closes, which stands behind them: for what is only read. */
	tools?: ComponentChildren;
	wide?: boolean;
	/** A click beside it does not close it: what is in it would be lost. */
	stays?: boolean;
}

export function Dialog({ title, onClose, children, foot, tools, wide, stays }: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null);
	const isOutside = useRef(false); // where the pointer went down: a text may be selected beyond the edge
	const [level, setLevel] = useState(0);
	const id = useId();
	useLayoutEffect(() => {
		const shown = dialog.current!;
		shown.showModal();
		setLevel(++depth.value);
		if (stays) shown.querySelector<HTMLElement>('.dialog-body input')?.focus();
		return () => {
			depth.value--;
			shown.close(); // the focus goes back to where it was
		};
	}, []);
	return (
		<dialog
			ref={dialog}
			class={wide ? 'wide' : ''}
			aria-labelledby={id}
			onCancel={(e) => {
				e.preventDefault();
				onClose();
			}}
			onPointerDown={(e) => (isOutside.current = e.target === dialog.current)}
			onClick={(e) => !stays && isOutside.current && e.target === dialog.current && onClose()}
		>
			<div class="dialog-box">
				<header>
					<h2 id={id}>{title}</h2>
					<button type="button" class="icon" aria-label={t('common.close')} onClick={onClose}>
						<Icon name="close" />
					</button>
				</header>
				<div class="dialog-body">{children}</div>
				{level > 0 && <Toasts level={level} />}
				{foot && <footer>{foot}</footer>}
				{tools && (
					<footer>
						{tools}
						<button type="button" class="primary" onClick={onClose}>
							{t('common.close')}
						</button>
					</footer>
				)}
			</div>
		</dialog>
	);
}

/** The foot of a dialog with a form: why it was refused, the way back, and the button that makes or saves. */
export function FormFoot({ id, error, isNew, isBusy, onCancel }: { id: string; error: string; isNew: boolean; isBusy: boolean; onCancel: () => void }) {
	return (
		<>
			{error && (
				<p class="form-error grow" role="alert">
					{error}
				</p>
			)}
			<button type="button" onClick={onCancel}>
				{t('common.cancel')}
			</button>
			<button class="primary" form={id} aria-busy={isBusy}>
				{t(isNew ? 'common.create' : 'common.save')}
			</button>
		</>
	);
}

interface Question {
	title: string;
	text: string;
	/** The words of the button that does it. */
	action: string;
	/** It cannot be taken back: the button is red, and not the one that Enter presses. */
	danger?: boolean;
}

interface Answerable {
	answer: (yes: boolean) => void;
}

/** A place for one question at a time, and the function that asks there: a new question answers the old one
 *  with no. */
export function questions<T>(): [Signal<(T & Answerable) | null>, (asked: T) => Promise<boolean>] {
	const place = signal<(T & Answerable) | null>(null);
	const ask = (asked: T): Promise<boolean> => {
		place.peek()?.answer(false);
		return new Promise((resolve) => {
			const answer = (yes: boolean): void => {
				place.value = null;
				resolve(yes);
			};
			place.value = { ...asked, answer };
		});
	};
	return [place, ask];
}

/** `confirm` asks; resolves with what was answered. */
const [question, confirm] = questions<Question>();
export { confirm };

/** Who goes elsewhere has said no. */
export const dropQuestion = (): void => question.peek()?.answer(false);

export function Questions() {
	const q = question.value;
	if (!q) return null;
	const foot = (
		<>
			<button type="button" autofocus={q.danger === true} onClick={() => q.answer(false)}>
				{t('common.cancel')}
			</button>
			<button type="button" class={q.danger ? 'danger' : 'primary'} autofocus={!q.danger} onClick={() => q.answer(true)}>
				{q.action}
			</button>
		</>
	);
	return (
		<Dialog title={q.title} onClose={() => q.answer(false)} foot={foot}>
			<p class="question">{q.text}</p>
		</Dialog>
	);
}
