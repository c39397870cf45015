// Checkboxes of the list, and what can be done to all that are checked.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { deleteMany, keepAsBefore, keepMany, tellOutcome } from '../../fleet/bulk';
import { devices, titleOf, type Device } from '../../fleet/store';
import { t } from '../../lib/text';
import { confirm, Dialog } from '../../ui/dialog';
import { Icon } from '../../ui/icon';
import { toast } from '../../ui/toast';
import { KeepPicker, keepText } from '../../ui/keep';
import { clearSelection, rows, select, selected } from './list';

/** The one that was checked last. */
let anchor = 0;

/** Checks the row or, with shift, all from the one that was checked last. */
export function checkRow(index: number, through: boolean): void {
	const d = rows.value[index];
	if (!d) return;
	const on = !selected.value.has(d.id);
	// it may have moved meanwhile, or be out of sight
	const other = through ? rows.value.findIndex((one) => one.id === anchor) : -1;
	const [from, to] = other < 0 ? [index, index] : [Math.min(other, index), Math.max(other, index)];
	select(rows.value.slice(from, to + 1).map((one) => one.id), on);
	anchor = d.id;
}

export function Check({ d, name }: { d: Device; name: string }) {
	return (
		<input
			type="checkbox"
			tabIndex={-1}
			aria-label={t('devices.selectOne', { name })}
			checked={selected.value.has(d.id)}
			onClick={(e) => checkRow(rows.value.indexOf(d), e.shiftKey)}
		/>
	);
}

export function CheckAll() {
	const all = rows.value;
	const n = all.reduce((sum, d) => sum + Number(selected.value.has(d.id)), 0);
	return (
		<input
			type="checkbox"
			aria-label={t('devices.selectAll')}
			checked={n > 0 && n === all.length}
			indeterminate={n > 0 && n < all.length}
			onClick={() => select(all.map((d) => d.id), n < all.length)}
		/>
	);
}

async function remove(ids: number[]): Promise<void> {
	const names = ids.slice(0, 3).flatMap((id) => devices.get(id) ?? []).map(titleOf).join(', ');
	const yes = await confirm({
		title: t('devices.deleteTitle', { n: ids.length }),
		text: t(ids.length > 3 ? 'devices.deleteMore' : 'devices.deleteText', { names, more: ids.length - 3 }),
		action: t('devices.deleteAction', { n: ids.length }),
		danger: true,
	});
	if (!yes) return;
	const outcome = await deleteMany(t('devices.deleting', { n: ids.length }), ids);
	tellOutcome(outcome, ids.length, outcome.wasCancelled ? 'devices.deletedSome' : 'devices.deleted');
}

async function keep(ids: number[], seconds: number): Promise<void> {
	const before = new Map(ids.map((id) => [id, devices.get(id)?.messagesTtl ?? 0]));
	const outcome = await keepMany(t('devices.keeping', { n: ids.length }), ids, seconds);
	const { done, wasCancelled } = outcome;
	if (!wasCancelled) return tellOutcome(outcome, ids.length, 'devices.kept', { time: keepText(seconds) });
	if (!done.length) return toast(t('devices.keptNone'));
	const yes = await confirm({
		title: t('devices.keptSomeTitle'),
		text: t('devices.keptSome', { n: done.length, all: ids.length }),
		action: t('devices.putBack'),
	});
	if (!yes) return;
	const back = await keepAsBefore(t('devices.puttingBack'), new Map(done.map((id) => [id, before.get(id)!])));
	tellOutcome(back, done.length, 'devices.wasPutBack');
}

function KeepDialog({ ids, onClose }: { ids: number[]; onClose: () => void }) {
	const times = [...new Set(ids.map((id) => devices.get(id)?.messagesTtl ?? 0))];
	const [seconds, setSeconds] = useState(times.length === 1 ? times[0]! : 365 * 86400);
	const shorter = ids.filter((id) => (devices.get(id)?.messagesTtl ?? 0) > seconds).length;
	const go = (e: Event): void => {
		e.preventDefault();
		onClose();
		void keep(ids, seconds);
	};
	const foot = (
		<>
			<button type="button" onClick={onClose}>
				{t('common.cancel')}
			</button>
			<button type="submit" form="keep-form" class={shorter ? 'danger' : 'primary'}>
				{t('devices.keepAction', { n: ids.length })}
			</button>
		</>
	);
	return (
		<Dialog title={t('devices.keepTitle', { n: ids.length })} onClose={onClose} foot={foot}>
			<form id="keep-form" class="stack" onSubmit={go}>
				<p>{times.length === 1 ? t('devices.keepNow', { time: keepText(times[0]!) }) : t('devices.keepDiffers')}</p>
				<KeepPicker seconds={seconds} onChange={setSeconds} />
				<p class={shorter ? 'note warn' : 'faint'}>{shorter ? t('devices.keepShorter', { n: shorter }) : t('devices.keepLonger')}</p>
				<p class="faint">{t('devices.keepCancel')}</p>
			</form>
		</Dialog>
	);
}

/** `onEmpty`: the bar is gone, and the focus with it. */
export function SelectionBar({ onEmpty }: { onEmpty: () => void }) {
	const [keeping, setKeeping] = useState<number[] | null>(null);
	const ids = [...selected.value];
	const hidden = ids.length - rows.value.reduce((sum, d) => sum + Number(selected.value.has(d.id)), 0);
	const wasOpen = useRef(false);
	useLayoutEffect(() => {
		if (wasOpen.current && !ids.length && document.activeElement === document.body) onEmpty();
		wasOpen.current = ids.length > 0;
	});
	return (
		<>
			{ids.length > 0 && (
				<div class="selection" role="group" aria-label={t('devices.withSelected')}>
					<strong role="status">
						{t('devices.selected', { n: ids.length })}
						{hidden > 0 && `, ${t('devices.selectedHidden', { n: hidden })}`}
					</strong>
					<button type="button" onClick={() => setKeeping(ids)}>
						<Icon name="clock" /> {t('devices.keep')}
					</button>
					<button type="button" onClick={() => void remove(ids)}>
						<Icon name="trash" /> {t('common.delete')}
					</button>
					<button type="button" class="icon" aria-label={t('devices.clear')} title={t('devices.clear')} onClick={clearSelection}>
						<Icon name="close" />
					</button>
				</div>
			)}
			{keeping && <KeepDialog ids={keeping} onClose={() => setKeeping(null)} />}
		</>
	);
}
