// Which columns the table has, and in which order.
import { useState } from 'preact/hooks';
import { parameterOf, parameters, unitOf } from '../../lib/parameters';
import { t } from '../../lib/text';
import { Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icon';
import type { DeviceMessages } from '../store';
import { DEFAULT_COLUMNS, moved, toggled } from './columns';
import { columns } from './desk';

/** All that can be shown: those of the gateway's table, and those that occur. */
function allNames(log: DeviceMessages): string[] {
	const names = new Set(parameters.value.keys());
	for (const row of log.rows.slice(0, 5000)) for (const name of Object.keys(row)) names.add(name);
	return [...names].sort();
}

function Line({ name }: { name: string }) {
	const list = columns.value;
	const at = list.indexOf(name);
	const move = (by: 1 | -1): void => void (columns.value = moved(list, name, by));
	const toggle = (box: HTMLInputElement): void => {
		// its line goes to the other list: who has no mouse goes on where they were
		const line = box.closest('li')!;
		(line.nextElementSibling ?? line.previousElementSibling)?.querySelector('input')?.focus();
		columns.value = toggled(list, name);
	};
	return (
		<li>
			<label class="check">
				<input type="checkbox" checked={at >= 0} disabled={at >= 0 && list.length === 1} onChange={(e) => toggle(e.currentTarget)} />
				<code>{name}</code>
				<span class="badge" hidden={!unitOf(name)}>
					{unitOf(name)}
				</span>
			</label>
			<small>{parameterOf(name)?.info}</small>
			{/* at the ends the buttons are not disabled: the one that was just pressed would lose the focus */}
			{at >= 0 && (
				<span class="column-moves">
					<button type="button" class="icon" aria-disabled={at === 0} aria-label={t('columns.up', { name })} onClick={() => move(-1)}>
						<Icon name="chevronUp" />
					</button>
					<button type="button" class="icon" aria-disabled={at === list.length - 1} aria-label={t('columns.down', { name })} onClick={() => move(1)}>
						<Icon name="chevronDown" />
					</button>
				</span>
			)}
		</li>
	);
}

export function ColumnsDialog({ log, onClose }: { log: DeviceMessages; onClose: () => void }) {
	const [search, setSearch] = useState('');
	const fits = (name: string): boolean => `${name} ${parameterOf(name)?.info ?? ''}`.toLowerCase().includes(search.toLowerCase());
	const shown = columns.value.filter(fits);
	const others = allNames(log).filter((name) => !columns.value.includes(name) && fits(name));
	const foot = (
		<>
			<button type="button" onClick={() => (columns.value = [...DEFAULT_COLUMNS])}>
				{t('columns.reset')}
			</button>
			<button type="button" class="primary" onClick={onClose}>
				{t('common.close')}
			</button>
		</>
	);
	return (
		<Dialog title={t('columns.title')} onClose={onClose} foot={foot} wide>
			<div class="columns">
				<input type="search" placeholder={t('columns.search')} aria-label={t('columns.search')} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
				<h3>{t('columns.shown')}</h3>
				<ul>
					{shown.map((name) => (
						<Line key={name} name={name} />
					))}
				</ul>
				<h3>{t('columns.others')}</h3>
				<ul>
					{others.map((name) => (
						<Line key={name} name={name} />
					))}
				</ul>
			</div>
		</Dialog>
	);
}
