// The first step: the address.
import { t } from '../../lib/text';
import { href } from '../../lib/router';
import { CopyButton, Empty, Field } from '../../ui/bits';
import { Icon } from '../../ui/icon';
import { isAny, placeText, reachOf, type Place } from './address';
import { channel, channels, channelsError, hosts, listens, openChannels, pickChannel, pickedHost, pickHost, place, typedHost } from './place';

function Channels() {
	if (openChannels.value.length < 2) return null;
	return (
		<Field label={t('welcome.channel')}>
			<select value={channel.value?.id} onChange={(e) => pickChannel(Number(e.currentTarget.value))}>
				{openChannels.value.map((c) => (
					<option key={c.id} value={c.id}>
						{c.name || c.id} – {c.uri}
					</option>
				))}
			</select>
		</Field>
	);
}

function Hosts() {
	const isTyped = typedHost.value.trim() !== '';
	return (
		<>
			{hosts.value.length > 1 && (
				<fieldset class="hosts">
					<legend>{t('welcome.addresses')}</legend>
					{hosts.value.map((host) => (
						<label key={host} class="host">
							<input type="radio" name="host" checked={!isTyped && host === pickedHost.value} onChange={() => pickHost(host)} />
							<span>{host}</span>
						</label>
					))}
				</fieldset>
			)}
			<Field label={t('welcome.host')} hint={t('welcome.hostHint')}>
				<input
					value={typedHost.value}
					placeholder={t('welcome.hostExample')}
					spellcheck={false}
					autocapitalize="off"
					autocomplete="off"
					onInput={(e) => (typedHost.value = e.currentTarget.value.replace(/\s/g, ''))}
				/>
			</Field>
		</>
	);
}

/** What stands between a tracker and this address. */
function Reachable({ to, from }: { to: Place; from: Place }) {
	const values = { host: to.host, port: String(to.port) };
	const isLocal = reachOf(from.host) === 'loopback';
	const reach = reachOf(to.host);
	const isOpen = !isLocal && (reach === 'public' || reach === 'name');
	const text = isLocal ? t('welcome.listensLocal', { host: from.host })
		: reach === 'loopback' ? t('welcome.loopback', values)
		: reach === 'private' ? t('welcome.private', values)
		: reach === 'name' ? t('welcome.named', values) : t('welcome.public', values);
	return (
		<p class={isOpen ? 'note' : 'note warn'}>
			<Icon name={isOpen ? 'plug' : 'warning'} />
			<span>
				{text} {isLocal && <a href={href('channels')}>{t('welcome.toChannels')}</a>}
			</span>
		</p>
	);
}

export function PointStep() {
	if (channelsError.value && !channels.value) return <p class="error">{channelsError.value}</p>;
	if (!channels.value) return <p class="faint">{t('common.loading')}</p>;
	const to = place.value;
	const from = listens.value;
	if (!to || !from)
		return (
			<Empty icon="plug" title={t('welcome.noChannel')}>
				<a class="button" href={href('channels')}>
					{t('welcome.toChannels')}
				</a>
			</Empty>
		);
	return (
		<div class="stack">
			<div class="place">
				<output aria-label={t('welcome.address')}>{placeText(to)}</output>
				<CopyButton text={placeText(to)} label={t('welcome.copyAddress')} />
			</div>
			<Reachable to={to} from={from} />
			<Channels />
			{(isAny(from.host) || reachOf(from.host) !== 'loopback') && <Hosts />}
		</div>
	);
}
