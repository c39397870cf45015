// The bytes that went to and fro, packet by packet, as they were read and sent.
import { useMemo } from 'preact/hooks';
import { bytes as size, t } from '../../lib/text';
import { CopyButton, Empty } from '../../ui/bits';
import { Grid, type Column } from '../../ui/grid';
import { Icon } from '../../ui/icon';
import { escaped, fromBase64, hex } from './bytes';
import { asHex, isPhone, type Desk } from './desk';
import { Dump } from './dump';
import { EntriesFoot } from './foot';
import { RECEIVED, SENT, type Packet } from './frame';
import { ExactTime, exactTime } from './value';

const ROW_HEIGHT = 26;
/** More of a packet does not fit into a line. */
const LINE_BYTES = 400;
const WAYS = ['connected', 'closed', 'received', 'sent'] as const;

const wayOf = (p: Packet): (typeof WAYS)[number] => WAYS[p.type] ?? 'received';
/** The numbers of connections are long; their ends tell neighbours apart. */
const shortConn = (p: Packet): string => String(p.conn).slice(-4);

function Way({ packet }: { packet: Packet }) {
	const way = wayOf(packet);
	return (
		<span class={`way ${way}`}>
			{packet.type === RECEIVED && <Icon name="arrowRight" />}
			{packet.type === SENT && <Icon name="arrowLeft" />}
			{t(`traffic.${way}`)}
		</span>
	);
}

function columnsOf(isHex: boolean): Column<Packet>[] {
	const show = isHex ? hex : escaped;
	return [
		{ key: 'time', title: t('logs.time'), width: isPhone.value ? '126px' : '190px', cell: (p) => <ExactTime at={p.timestamp} short={isPhone.value} /> },
		{ key: 'way', title: t('traffic.way'), width: '104px', cell: (p) => <Way packet={p} /> },
		{ key: 'conn', title: t('traffic.conn'), width: '68px', cell: (p) => <span class="mono faint" title={String(p.conn)}>{shortConn(p)}</span> },
		{ key: 'size', title: t('traffic.size'), width: '62px', align: 'right', cell: (p) => p.data && fromBase64(p.data).length },
		{ key: 'data', title: t('traffic.data'), width: 'minmax(320px, 1fr)', cell: (p) => <span class="mono">{show(fromBase64(p.data).slice(0, LINE_BYTES))}</span> },
	];
}

function PacketInFull({ packet, onClose }: { packet: Packet; onClose: () => void }) {
	const data = fromBase64(packet.data);
	return (
		<section class="packet" aria-label={t('traffic.packet')}>
			<header>
				<Way packet={packet} />
				<span class="num">{exactTime(packet.timestamp)}</span>
				<span class="faint">{t('traffic.connection', { conn: String(packet.conn) })}</span>
				<span class="faint">{size(data.length)}</span>
				<span class="end">
					<CopyButton text={asHex.value ? hex(data) : data} label={t(asHex.value ? 'traffic.copyHex' : 'traffic.copyText')} />
					<button type="button" class="icon" aria-label={t('common.close')} onClick={onClose}>
						<Icon name="close" />
					</button>
				</span>
			</header>
			{asHex.value ? <Dump bytes={data} width={isPhone.value ? 8 : 16} /> : <pre class="packet-text" tabIndex={0}>{escaped(data)}</pre>}
		</section>
	);
}

export function TrafficPane({ desk }: { desk: Desk }) {
	const { traffic } = desk;
	void traffic.version.value;
	const packet = desk.packet.value;
	const list = useMemo(() => columnsOf(asHex.value), [asHex.value, isPhone.value]);
	const arrival = desk.log.selected.value?.['server.timestamp'];
	const isMessage = (p: Packet): boolean => p.timestamp === arrival && p.type === RECEIVED;
	const ofMessage = arrival === undefined ? undefined : traffic.rows.find(isMessage);
	const jump = useMemo(() => {
		const to = packet ?? ofMessage;
		return { index: to ? traffic.rows.indexOf(to) : -1 };
	}, [packet, ofMessage]);
	return (
		<>
			<Grid
				label={t('traffic.title')}
				columns={list}
				count={traffic.rows.length}
				row={(i) => traffic.rows[i]}
				rowHeight={ROW_HEIGHT}
				current={packet ? traffic.rows.indexOf(packet) : -1}
				onCurrent={(i) => (desk.packet.value = traffic.rows[i] ?? null)}
				rowClass={(p) => `packet-row ${wayOf(p)} ${isMessage(p) ? 'of-message' : ''}`}
				indexOf={(p) => traffic.rows.indexOf(p)}
				onEnd={() => traffic.state.peek() === 'more' && traffic.older()}
				jump={jump}
				empty={<NoTraffic desk={desk} />}
			/>
			{packet && <PacketInFull packet={packet} onClose={() => (desk.packet.value = null)} />}
			<EntriesFoot entries={traffic} text={t('traffic.count', { n: traffic.rows.length })} />
		</>
	);
}

function NoTraffic({ desk }: { desk: Desk }) {
	const state = desk.traffic.state.value;
	if (state === 'loading') return <Empty icon="clock" title={t('common.loading')} />;
	if (desk.traffic.error.value) return <Empty icon="warning" title={desk.traffic.error.value} />;
	return (
		<Empty icon="signal" title={t('traffic.empty')}>
			<p>{t('traffic.emptyHint')}</p>
		</Empty>
	);
}
