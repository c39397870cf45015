// The commands of the device, by group. The arrow keys choose, typing in the search narrows.
import { useSignal, type Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { t } from '../../lib/text';
import { Icon } from '../../ui/icon';
import { groupsOf, type CommandType } from './types';

const STEPS: Record<string, (at: number, count: number) => number> = {
	ArrowDown: (at) => at + 1,
	ArrowUp: (at) => at - 1,
	Home: () => 0,
	End: (_at, count) => count - 1,
};

export function CommandList({ types, chosen }: { types: CommandType[]; chosen: Signal<string> }) {
	const search = useSignal('');
	const box = useRef<HTMLDivElement>(null);
	const groups = groupsOf(types, search.value);
	const flat = groups.flatMap(([, list]) => list);
	const at = flat.findIndex((c) => c.name === chosen.value);
	const choose = (index: number): void => {
		const next = flat[Math.min(flat.length - 1, Math.max(0, index))];
		if (!next) return;
		chosen.value = next.name;
		box.current?.querySelector<HTMLElement>(`[data-name="${next.name}"]`)?.scrollIntoView({ block: 'nearest' });
	};
	const onKey = (e: KeyboardEvent): void => {
		const step = STEPS[e.key];
		if (!step) return;
		choose(step(at, flat.length));
		e.preventDefault();
	};
	return (
		<div class="command-list">
			<input type="search" aria-label={t('commands.search')} placeholder={t('commands.search')} value={search.value} onInput={(e) => (search.value = e.currentTarget.value)} />
			<div
				ref={box}
				role="listbox"
				tabIndex={0}
				aria-label={t('commands.list')}
				aria-activedescendant={at >= 0 ? optionId(chosen.value) : undefined}
				onKeyDown={onKey}
			>
				{groups.map(([group, list]) => (
					<div key={group} role="group" aria-label={t(`commands.group_${group}`)}>
						<h3 role="presentation">{t(`commands.group_${group}`)}</h3>
						{list.map((c) => (
							<div
								key={c.name}
								id={optionId(c.name)}
								data-name={c.name}
								role="option"
								aria-selected={c.name === chosen.value}
								title={c.schema.description}
								onClick={() => (chosen.value = c.name)}
							>
								<span>{c.schema.title}</span>
								{c.schema['x-dangerous'] && (
									<span class="danger-mark" title={t(`commands.risk_${c.schema['x-dangerous']}`)}>
										<Icon name="warning" />
										<span class="sr">{t('commands.dangerous')}</span>
									</span>
								)}
							</div>
						))}
					</div>
				))}
				{!flat.length && <p class="faint nothing">{t('commands.notFound')}</p>}
			</div>
		</div>
	);
}

const optionId = (name: string): string => 'command-' + name.replace(/\W/g, '-');
