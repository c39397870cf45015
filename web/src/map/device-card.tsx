// What a device has told last, beside its marker.
import type { Signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { devices, fleetVersion, titleOf, type Device } from '../fleet/store';
import { href } from '../lib/router';
import { number, t } from '../lib/text';
import { now } from '../lib/time';
import { Time } from '../ui/bits';
import { Icon } from '../ui/icon';
import { following, select, selected } from './fleet-state';
import { StateMark } from './fleet-panel';
import { stateOf } from '../fleet/state';

const place = (lat: number, lon: number): string => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;

function Head({ device }: { device: Device }) {
	const state = stateOf(device, now.value);
	return (
		<p class="card-state">
			<StateMark state={state} />
			{t(`state.${state}`)}
			{device.position && state === 'moving' && <b>{t('map.kmh', { speed: number(device.position.speed, 0) })}</b>}
		</p>
	);
}

function Facts({ device: d }: { device: Device }) {
	return (
		<dl class="card-facts">
			<dt>{t('map.ignition')}</dt>
			<dd>{d.ignition === null ? '–' : t(d.ignition ? 'common.on' : 'common.off')}</dd>
			<dt>{t('map.battery')}</dt>
			<dd>{d.battery === null ? '–' : `${number(d.battery, 0)} %`}</dd>
			<dt>{t('map.lastSeen')}</dt>
			<dd>
				<Time at={d.lastActive} how="ago" />
			</dd>
			<dt>{t('map.position')}</dt>
			<dd>{d.position ? place(d.position.lat, d.position.lon) : '–'}</dd>
			<dt>{t('map.positionOf')}</dt>
			<dd>
				<Time at={d.position?.at} how="ago" />
			</dd>
			{d.position && !d.position.valid && <dd class="wide warn">{t('map.noFix')}</dd>}
		</dl>
	);
}

export function DeviceCard() {
	void fleetVersion.value;
	const device = devices.get(selected.value);
	const card = useRef<HTMLElement>(null);
	/** The focus does not go with it. */
	const close = (): void => {
		const view = card.current!.closest('.fleet-map')!;
		if (card.current!.contains(document.activeElement)) (view.querySelector<HTMLElement>('.fleet-list .grid') ?? view.querySelector<HTMLElement>('.map'))?.focus();
		select(0);
	};
	useLayoutEffect(() => {
		if (!device) return undefined;
		const end = (e: KeyboardEvent): void => void (e.key === 'Escape' && !(e.target instanceof HTMLInputElement) && !document.querySelector('dialog[open]') && close());
		addEventListener('keydown', end);
		return () => removeEventListener('keydown', end);
	}, [device?.id]);
	if (!device) return null;
	const follow = t('map.follow');
	return (
		<section ref={card} id="map-card" class={device.position ? 'map-card' : 'map-card docked'} aria-label={titleOf(device)} aria-live="off">
			<header>
				<div>
					<h2>{titleOf(device)}</h2>
					<p class="ident">{device.ident}</p>
				</div>
				<button type="button" class="icon" aria-label={t('common.close')} onClick={close}>
					<Icon name="close" />
				</button>
			</header>
			<Head device={device} />
			<Facts device={device} />
			<footer>
				<a class="button" href={href('devices', device.id, 'track')}>
					<Icon name="route" /> {t('map.track')}
				</a>
				<a class="button" href={href('devices', device.id, 'messages')}>
					<Icon name="list" /> {t('map.messages')}
				</a>
				<button type="button" class="icon" aria-pressed={following.value} title={follow} aria-label={follow} disabled={!device.position} onClick={() => void (following.value = !following.value)}>
					<Icon name="crosshair" />
				</button>
			</footer>
		</section>
	);
}

/** Smaller, for the pointer only: the list and the card say the same. */
export function HoverCard({ id }: { id: Signal<number> }) {
	void fleetVersion.value;
	const device = devices.get(id.value);
	if (!device || device.id === selected.value) return null;
	return (
		<div id="map-hover" class="map-card small" aria-hidden="true">
			<h2>{titleOf(device)}</h2>
			<Head device={device} />
			<p class="faint">
				<Time at={device.lastActive} how="ago" /> · {device.ident}
			</p>
		</div>
	);
}
