// One of a few, all of them in sight.
import type { Signal } from '@preact/signals';

export function Choice<T extends string>({ label, value, options }: { label: string; value: Signal<T>; options: [T, string][] }) {
	return (
		<div class="choice" role="group" aria-label={label}>
			{options.map(([key, title]) => (
				<button key={key} type="button" aria-pressed={value.value === key} onClick={() => (value.value = key)}>
					{title}
				</button>
			))}
		</div>
	);
}
