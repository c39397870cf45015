// The frame that a message came from, as text and bytes, with its fields.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { devices, type Message } from '../../fleet/store';
import { get } from '../../lib/api';
import { pref } from '../../lib/prefs';
import { t } from '../../lib/text';
import { CopyButton } from '../../ui/bits';
import { Dump } from './dump';
import { Choice } from './choice';
import type { Desk } from './desk';
import { fieldsOf, FRAME_MAX, frameOf, hasFrame, RECEIVED, type Found, type Frame, type Packet } from './frame';
import { escaped, fromBase64 } from './bytes';
import { exactTime } from './value';

type View = 'text' | 'fields' | 'hex';
const view = pref<View>('frame.view', 'fields');
/** Half of the resolution of the gateway's times, seconds. */
const HALF_US = 5e-7;

/** Traffic is kept by ident: a device may have had another one then. */
function pathOf(id: number, m: Message): string {
	const isOwn = devices.get(id)?.ident === m['ident'];
	return isOwn ? `gw/devices/${id}/packets` : `gw/channels/${m['channel.id']}/idents/${m['ident']}/packets`;
}

const bytesOf = (packets: Packet[]): number => packets.reduce((sum, one) => sum + fromBase64(one.data).length, 0);

/** The packets of the connection up to the one that brought the message: as many as a frame can be long. */
async function packetsOf(id: number, m: Message, signal: AbortSignal): Promise<Packet[]> {
	const path = pathOf(id, m);
	const at = Number(m['server.timestamp']);
	const own = await get<Packet>(path, { data: { from: at - HALF_US, to: at + HALF_US, filter: `type==${RECEIVED}` }, signal });
	if (!own[0]) return [];
	for (let count = 32; ; count *= 8) {
		const filter = `type==${RECEIVED}&&conn==${own[0].conn}`;
		const found = await get<Packet>(path, { data: { to: at + HALF_US, reverse: true, count, filter }, signal });
		if (found.length < count || bytesOf(found) > FRAME_MAX + bytesOf(own)) return found.reverse();
	}
}

function Fields({ frame }: { frame: Frame }) {
	return (
		<table class="frame-fields">
			<tbody>
				{fieldsOf(frame.text).map((field, i) => (
					<tr key={i}>
						<td>
							<code>{escaped(field.text) || '∅'}</code>
						</td>
						<td>
							{t(`frame.field.${field.name}`)} <span class="faint">{field.parameters.join(', ')}</span>
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function FrameText({ frame }: { frame: Frame }) {
	const fields = fieldsOf(frame.text);
	return (
		<p class="frame-text mono" tabIndex={0}>
			*
			{fields.map((field, i) => (
				<>
					{i > 0 && <i>,</i>}
					<span key={i} title={t(`frame.field.${field.name}`)}>
						{escaped(field.text)}
					</span>
				</>
			))}
			{frame.text.endsWith('#') && '#'}
		</p>
	);
}

function FrameView({ frame, desk }: { frame: Frame; desk: Desk }) {
	return (
		<div class="frame">
			<FrameText frame={frame} />
			<p class="faint frame-facts">
				<span class="num">{t('frame.bytes', { n: frame.text.length })}</span>
				{frame.packets > 1 && <span>{t('frame.split', { n: frame.packets, at: exactTime(frame.began) })}</span>}
				<button type="button" class="link" onClick={() => void desk.showPacket(frame.ended)}>
					{t('frame.traffic')}
				</button>
			</p>
			{view.value === 'fields' && <Fields frame={frame} />}
			{view.value === 'hex' && <Dump bytes={frame.text} width={8} />}
		</div>
	);
}

function sentence(m: Message, found: Found): string {
	if (!hasFrame(m)) return t('frame.posted');
	if (!found.recorded) return t('frame.gone');
	if (!found.frames.length) return t('frame.none');
	const texts = new Set(found.frames.map((frame) => frame.text));
	if (found.frames.length > 1) return t(texts.size === 1 ? 'frame.equal' : 'frame.several', { n: found.frames.length });
	return '';
}

export function RawFrame({ desk, m }: { desk: Desk; m: Message }) {
	const answer = useSignal<{ of: Message; found: Found | null; failed: string } | null>(null);
	useEffect(() => {
		const abort = new AbortController();
		(hasFrame(m) ? packetsOf(desk.log.id, m, abort.signal) : Promise.resolve([]))
			.then((packets) => void (answer.value = { of: m, found: frameOf(m, packets), failed: '' }))
			.catch((e: Error) => void (abort.signal.aborted || (answer.value = { of: m, found: null, failed: e.message })));
		return () => abort.abort();
	}, [m]);
	// not that of the message before
	const { found, failed } = answer.value?.of === m ? answer.value : { found: null, failed: '' };
	const frames = found?.frames ?? [];
	const shown = frames.filter((frame, i) => frames.findIndex((one) => one.text === frame.text) === i);
	const words = failed || (found ? sentence(m, found) : t('common.loading'));
	return (
		<section class="raw-frame" aria-label={t('frame.title')}>
			<div class="raw-head">
				<h3>{t('frame.title')}</h3>
				{shown.length > 0 && (
					<>
						<Choice label={t('frame.as')} value={view} options={[['text', t('frame.text')], ['fields', t('frame.fields')], ['hex', t('frame.hex')]]} />
						<CopyButton text={shown.map((frame) => frame.text).join('\n')} label={t('frame.copy')} />
					</>
				)}
			</div>
			{words && (
				<p class="faint" role="status">
					{words}
				</p>
			)}
			{shown.map((frame, i) => (
				<FrameView key={i} frame={frame} desk={desk} />
			))}
		</section>
	);
}
