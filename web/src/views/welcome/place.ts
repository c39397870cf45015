// Which address was chosen: the first two steps share it.
import { computed, signal } from '@preact/signals';
import { get, inOrder } from '../../lib/api';
import { watch } from '../../lib/live';
import { pref } from '../../lib/prefs';
import { web } from '../../lib/web';
import { candidates, parsePlace, typedPlace, type Channel, type Place } from './address';

export const channels = signal<Channel[] | null>(null);
export const channelsError = signal('');
const machine = signal<string[]>([]);

const channelId = signal(0);
const picked = signal('');
/** The name that people use for the gateway; it goes before what was picked. */
export const typedHost = pref('welcome.host', '');

const open = computed(() => (channels.value ?? []).filter((c) => c.enabled && parsePlace(c.uri)));
export const openChannels = open;
export const channel = computed(() => open.value.find((c) => c.id === channelId.value) ?? open.value[0]);
export const pickChannel = (id: number): void => void (channelId.value = id);

/** Where the channel listens. */
export const listens = computed(() => (channel.value ? parsePlace(channel.value.uri) : null));
export const hosts = computed(() => (listens.value ? candidates(listens.value.host, location.hostname, machine.value) : []));
export const pickHost = (host: string): void => {
	picked.value = host;
	typedHost.value = '';
};

/** The host that was chosen among those. */
export const pickedHost = computed(() => (hosts.value.includes(picked.value) ? picked.value : (hosts.value[0] ?? '')));
/** What a tracker is told; null: no channel listens. */
export const place = computed<Place | null>(() => listens.value && (typedPlace(typedHost.value, listens.value.port) ?? { host: pickedHost.value, port: listens.value.port }));

const asked = inOrder();

async function loadChannels(): Promise<void> {
	const isNews = asked();
	try {
		const list = await get<Channel>('gw/channels/all', { query: { fields: 'id,name,uri,enabled' } });
		if (!isNews()) return;
		channels.value = list;
		channelsError.value = '';
	} catch (e) {
		if (isNews()) channelsError.value = (e as Error).message;
	}
}

async function loadMachine(): Promise<void> {
	// without, there is the name of this page
	machine.value = await web().then((found) => found.addresses, () => machine.value);
}

/** Reads where the gateway listens, and again when a channel changes or may have; returns the end of it. */
export function startPlace(): () => void {
	const load = (): void => {
		void loadChannels();
		void loadMachine();
	};
	load();
	return watch('flespi/state/gw/channels/+', { on: load, ready: load, retained: false });
}
