// Short words about what was done or refused. They are also read aloud.
import { signal } from '@preact/signals';
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
	toasts.value = [...toasts.value.slice(-3), { id, text, kind }];
	if (kind === 'info') setTimeout(() => close(id), 6000);
}

const close = (id: number): void => void (toasts.value = toasts.value.filter((one) => one.id !== id));

export function Toasts() {
	return (
		<div class="toasts" role="status" aria-live="polite">
			{toasts.value.map((one) => (
				<div key={one.id} class={`toast ${one.kind}`}>
					<span>{one.text}</span>
					<button class="icon" aria-label={t('common.close')} onClick={() => close(one.id)}>
						<Icon name="close" />
					</button>
				</div>
			))}
		</div>
	);
}
