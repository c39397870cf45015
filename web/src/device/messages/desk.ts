// What the tab of logs and messages knows beside the messages: the log, the traffic, and what is looked at.
import { computed, effect, signal, untracked } from '@preact/signals';
import { jsonOf, watch } from '../../lib/live';
import { media } from '../../lib/media';
import { pref } from '../../lib/prefs';
import { t } from '../../lib/text';
import { toast } from '../../ui/toast';
import { isLive, type DeviceMessages } from '../store';
import { loadCodes } from './codes';
import { DEFAULT_COLUMNS } from './columns';
import { Entries } from './entries';
import { RECEIVED, type Packet } from './frame';
import type { LogEntry } from './logtext';

export const columns = pref<string[]>('columns', [...DEFAULT_COLUMNS]);
export const share = pref('messages.share', 62);
export const isDown = pref('messages.down', true);
export const asHex = pref('traffic.hex', false);

/** One pane at a time; also on a phone that lies on its side. */
export const isPhone = media('(max-width: 700px), (max-height: 480px)');
/** A message in full gets a window instead of a place at the side. */
export const isNarrow = media('(max-width: 1100px)');

export type Side = 'logs' | 'traffic';
const POLL_MS = 2000;

export class Desk {
	readonly logs: Entries<LogEntry>;
	readonly traffic: Entries<Packet>;
	readonly side = signal<Side>('logs');
	/** On a phone: which of the panes. */
	readonly pane = signal<'messages' | Side>('messages');
	readonly entry = signal<LogEntry | null>(null);
	readonly packet = signal<Packet | null>(null);
	/** Somebody looks at the traffic. */
	readonly isTraffic = computed(() => (isPhone.value ? this.pane.value : this.side.value) === 'traffic');

	constructor(readonly log: DeviceMessages) {
		this.logs = new Entries(`gw/devices/${log.id}/logs`);
		this.traffic = new Entries(`gw/devices/${log.id}/packets`);
	}

	/** From now on both follow the range; returns the end of it. */
	start(): () => void {
		loadCodes();
		const ends = [effect(() => this.followLogs()), effect(() => this.followTraffic())];
		return () => {
			ends.forEach((end) => end());
			this.logs.close();
			this.traffic.close();
		};
	}

	private followLogs(): (() => void) | undefined {
		const range = this.log.range.value;
		untracked(() => {
			this.entry.value = null;
			void this.logs.open(range);
		});
		if (!isLive(range)) return undefined;
		return watch(`flespi/log/gw/devices/${this.log.id}/#`, {
			on: (m) => this.logs.take(jsonOf<LogEntry>(m)),
			ready: () => void this.logs.recent(),
		});
	}

	/** Traffic is not told live: while somebody looks at it, it is asked for. */
	private followTraffic(): (() => void) | undefined {
		const range = this.log.range.value;
		if (!this.isTraffic.value) return undefined;
		untracked(() => {
			this.packet.value = null;
			this.opened = this.traffic.open(range);
		});
		if (!isLive(range)) return undefined;
		const timer = setInterval(() => void (document.hidden || this.traffic.recent()), POLL_MS);
		return () => clearInterval(timer);
	}
	private opened: Promise<void> = Promise.resolve();
	/** The packet that was wanted last. */
	private wanted = 0;

	/** Opens the traffic where a packet was received at this very time. */
	async showPacket(timestamp: number): Promise<void> {
		if (isNarrow.peek()) this.log.selected.value = null; // its window would cover the packet
		this.pane.value = this.side.value = 'traffic';
		this.wanted = timestamp;
		await this.opened;
		const isNear = await this.traffic.reach(timestamp).catch(() => true);
		if (this.wanted !== timestamp) return;
		if (!isNear) return toast(t('traffic.far'), 'error');
		const found = this.traffic.rows.find((one) => one.timestamp === timestamp && one.type === RECEIVED);
		if (found) this.packet.value = found;
		else toast(t('traffic.gone'));
	}
}
