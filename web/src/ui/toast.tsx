// Short words about what was done or refused. They are also read aloud.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { t } from '../lib/text';
import { Icon } from './icon';

interface Toast {
	id: number;
	text: string;
	kind: 'info' | 'error';
}

const toasts = signal<Toast[]>([]);
let lastId = 0;

/** An error stays until it is closed, everything else for some seconds. */
export function toast(text: string, kind: Toast['kind'] = 'info'): void {
	const id = ++lastId;
	// what was said already is said again, not twice
	toasts.value = [...toasts.value.filter((one) => one.text !== text).slice(-3), { id, text, kind }];
	if (kind === 'info') setTimeout(() => close(id), 6000);
}

/** How many dialogs are open: only what stands in the uppermost can be seen and is read aloud. */
export const depth = signal(0);

const close = (id: number): void => void (toasts.value = toasts.value.filter((one) => one.id !== id));

/** One for the page, level 0, and one for each dialog, with what was said since it opened. */
export function Toasts({ level }: { level: number }) {
	const [since] = useState(level && lastId);
	const shown = level === depth.value ? toasts.value.filter((one) => one.id > since) : [];
	return (
		<div class="toasts" role="status" aria-live="polite">
			{shown.map((one) => (
				<div key={one.id} class={`toast ${one.kind}`}>
					<span>{one.text}</span>
					<button type="button" class="icon" aria-label={t('common.close')} onClick={() => close(one.id)}>
						<Icon name="close" />
					</button>
				</div>
			))}
		</div>
	);
}
