// Messages of the range as a file.
import { useState } from 'preact/hooks';
import { devices, titleOf } from '../../fleet/store';
import { send } from '../../lib/api';
import { runJob, type JobControl } from '../../ui/jobs';
import { bytes, t, type TextKey } from '../../lib/text';
import { Dialog } from '../../ui/dialog';
import { toast } from '../../ui/toast';
import { rangeText } from '../picker';
import { isOpen, spanOf, type DeviceMessages } from '../store';
import { columns } from './desk';
import { fileName } from './filename';

const FORMATS = ['csv', 'gpx', 'geojson', 'json'] as const;
type Format = (typeof FORMATS)[number];

/** What the table shows: of the zoomed part or of all of the range, with the filter. */
function dataOf(log: DeviceMessages, fields: string | undefined): Record<string, unknown> {
	const range = log.range.peek();
	const zoom = log.zoom.peek();
	const filter = log.filter.peek();
	const span = zoom ?? spanOf(range);
	const hasEnd = zoom !== null || !isOpen(range);
	return { from: span.from, ...(hasEnd && { to: span.to }), ...(filter && { filter }), ...(fields && { fields }) };
}

/** Reads the answer piece by piece, so that it can be told how much has come, and be cancelled. */
async function download(path: string, format: Format, data: Record<string, unknown>, control: JobControl): Promise<Blob> {
	const response = await send('GET', path, { query: { format }, data, signal: control.signal });
	const reader = response.body!.getReader();
	const parts: Uint8Array<ArrayBuffer>[] = [];
	let count = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		parts.push(value as Uint8Array<ArrayBuffer>);
		count += value.length;
		control.report(null, t('export.soFar', { bytes: bytes(count) }));
	}
	return new Blob(parts, { type: response.headers.get('Content-Type') ?? 'application/octet-stream' });
}

function save(blob: Blob, name: string): void {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function run(log: DeviceMessages, format: Format, isAll: boolean): Promise<void> {
	const device = devices.get(log.id);
	const name = fileName(device ? titleOf(device) : String(log.id), log.zoom.peek() ?? spanOf(log.range.peek()), format);
	const fields = format === 'csv' && !isAll ? columns.peek().join(',') : undefined;
	const blob = await runJob(t('export.job', { name }), (control) => download(`gw/devices/${log.id}/messages`, format, dataOf(log, fields), control));
	if (!blob) return;
	save(blob, name);
	toast(t('export.done', { name, bytes: bytes(blob.size) }));
}

export function ExportDialog({ log, onClose }: { log: DeviceMessages; onClose: () => void }) {
	const [format, setFormat] = useState<Format>('csv');
	const [isAll, setAll] = useState(false);
	const zoom = log.zoom.value;
	const start = (e: Event): void => {
		e.preventDefault();
		void run(log, format, isAll);
		onClose();
	};
	const foot = (
		<>
			<button type="button" onClick={onClose}>
				{t('common.cancel')}
			</button>
			<button type="submit" form="export" class="primary">
				{t('export.go')}
			</button>
		</>
	);
	return (
		<Dialog title={t('export.title')} onClose={onClose} foot={foot}>
			<form id="export" class="stack" onSubmit={start}>
				<p class="faint">
					{rangeText(zoom ?? log.range.value)}
					{log.filter.value && (
						<>
							{' · '}
							<code>{log.filter.value}</code>
						</>
					)}
				</p>
				<fieldset class="formats">
					<legend class="sr">{t('export.format')}</legend>
					{FORMATS.map((one) => (
						<label key={one}>
							<input type="radio" name="format" value={one} checked={format === one} onChange={() => setFormat(one)} />
							<strong>{t(`export.${one}` as TextKey)}</strong>
							<small>{t(`export.${one}Info` as TextKey)}</small>
						</label>
					))}
				</fieldset>
				<label class="check">
					<input type="checkbox" checked={isAll || format !== 'csv'} disabled={format !== 'csv'} onChange={(e) => setAll(e.currentTarget.checked)} />
					{t('export.all')}
				</label>
			</form>
		</Dialog>
	);
}
