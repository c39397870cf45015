// The fleet on a map: live markers, a list to search and filter by, and a card for the one that is chosen.
import type * as L from 'leaflet';
import { effect, signal, untracked } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { devices, fleetState, fleetVersion } from '../fleet/store';
import { isDark } from '../lib/prefs';
import { href } from '../lib/router';
import { t } from '../lib/text';
import { now } from '../lib/time';
import { Empty } from '../ui/bits';
import { fitBox, flyTo, onPanned } from './create';
import { DeviceCard, HoverCard } from './device-card';
import { FleetLayer } from './fleet-layer';
import { FleetPanel } from './fleet-panel';
import { fleetList, following, listIsOpen, select, selected, shownStates } from './fleet-state';
import { MapBox } from './map-box';
import '../styles/fleet-map.css';

const NEAR_ZOOM = 14;
const REFRESH_MS = 5000; // what has been silent for long changes its colour

/** Where somebody had moved the map to when they left it. */
let lastView: { centre: L.LatLng; zoom: number } | null = null;

class FleetMap {
	map: L.Map | null = null;
	readonly layer = new FleetLayer();
	readonly hovered = signal(0);
	private isFlying = false;
	/** Somebody has moved the map: it shows what they want to see. */
	private isMoved = lastView !== null;

	/** Returns the end of it. */
	start(map: L.Map): () => void {
		this.map = map;
		const { layer } = this;
		layer.addTo(map);
		map.on('mousemove', (e) => this.point(layer.at(e.containerPoint.x, e.containerPoint.y)));
		map.on('mouseout', () => this.point(0));
		map.on('click', (e) => select(layer.at(e.containerPoint.x, e.containerPoint.y)));
		onPanned(map, () => (following.value = false));
		map.on('movestart zoomstart', () => this.point(0));
		layer.onDrawn = () => this.drawn();
		this.watchHands(map.getContainer());
		const ends = [
			effect(() => layer.select(selected.value)),
			effect(() => {
				void selected.value;
				layer.hovered = this.hovered.value;
				layer.shown = shownStates.value;
				void isDark.value;
				layer.redraw();
			}),
			effect(() => void (following.value && this.fly())),
			this.firstView(map),
		];
		const timer = setInterval(() => layer.refresh(), REFRESH_MS);
		layer.refresh();
		return () => {
			lastView = this.isMoved ? { centre: map.getCenter(), zoom: map.getZoom() } : null;
			clearInterval(timer);
			ends.forEach((end) => end());
			following.value = false;
			this.map = null;
		};
	}

	private watchHands(container: HTMLElement): void {
		const moved = (): void => void (this.isMoved = true);
		for (const kind of ['pointerdown', 'wheel', 'keydown']) container.addEventListener(kind, moved, { passive: true });
		container.parentElement!.querySelector('.map-buttons')!.addEventListener('click', moved, { capture: true });
	}

	/** The chosen device, or as it was left, or all of them: also those that tell where they are later on, until
	 *  somebody moves the map. */
	private firstView(map: L.Map): () => void {
		const chosen = selected.peek();
		if (lastView && !chosen) map.setView(lastView.centre, lastView.zoom, { animate: false });
		let known = 0;
		let isFirst = true;
		return effect(() => {
			void fleetVersion.value;
			if (fleetState.value !== 'ready') return;
			const place = isFirst ? devices.get(chosen)?.position : undefined;
			isFirst = false;
			const isMore = this.layer.placed > known;
			known = this.layer.placed;
			if (place) {
				this.isMoved = true;
				map.setView([place.lat, place.lon], NEAR_ZOOM, { animate: false });
			} else if (isMore && !this.isMoved) untracked(() => this.fit(false));
		});
	}

	private point(id: number): void {
		this.hovered.value = id;
		this.map!.getContainer().classList.toggle('pointing', id !== 0);
	}

	fit(animate = true): void {
		const box = this.layer.box();
		following.value = false;
		this.isMoved = false;
		if (!box || !this.map) return;
		// the panel lies at the left, or above
		const isBeside = listIsOpen.peek() && innerWidth > 760;
		const panel = this.map.getContainer().parentElement!.querySelector<HTMLElement>('.fleet-panel');
		fitBox(this.map, box, { left: isBeside ? 350 : 0, top: isBeside ? 0 : (panel?.offsetHeight ?? 0), animate });
	}

	/** To the chosen device. */
	fly(): void {
		const { map } = this;
		const place = devices.get(selected.peek())?.position;
		if (!place || !map) return;
		this.isFlying = this.isMoved = true;
		map.once('moveend', () => (this.isFlying = false));
		flyTo(map, place.lat, place.lon, Math.max(NEAR_ZOOM, map.getZoom()));
	}

	private drawn(): void {
		const { map, layer } = this;
		if (!map) return;
		const at = layer.pixelOf(selected.peek());
		moveCard('map-card', at);
		moveCard('map-hover', layer.pixelOf(this.hovered.peek()));
		if (!following.peek() || this.isFlying || !at) return;
		const size = map.getSize();
		const by: [number, number] = [Math.round(at[0] - size.x / 2), Math.round(at[1] - size.y / 2)];
		if (by[0] || by[1]) map.panBy(by, { animate: false });
	}
}

/** Cards stand beside their marker; what is out of sight has none. */
function moveCard(id: string, at: [number, number] | null): void {
	const card = document.getElementById(id);
	if (!card) return;
	card.classList.toggle('away', !at);
	if (!at) return;
	const { clientWidth, clientHeight } = card.parentElement!;
	const [width, height] = [card.offsetWidth, card.offsetHeight];
	const x = Math.min(Math.max(8, at[0] - width / 2), clientWidth - width - 8);
	const y = at[1] - height - 22 < 8 ? Math.min(at[1] + 22, clientHeight - height - 8) : at[1] - height - 22;
	card.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

export function FleetView() {
	const fleet = useMemo(() => new FleetMap(), []);
	return (
		<div class="fleet-map">
			<h1 class="sr">{t('map.title')}</h1>
			<MapBox label={t('map.label')} fitLabel={t('map.fitAll')} onFit={() => fleet.fit()} onMap={(map) => fleet.start(map)}>
				<FleetPanel onFly={() => fleet.fly()} />
				<HoverCard id={fleet.hovered} />
				<DeviceCard />
				<Nothing />
			</MapBox>
		</div>
	);
}

function Nothing() {
	void now.value;
	if (fleetState.value !== 'ready' || fleetList.value.placed) return null;
	return (
		<div class="map-nothing card">
			<Empty icon="map" title={t(devices.size ? 'map.noPositions' : 'map.noDevices')}>
				{!devices.size && (
					<a class="button" href={href('add')}>
						{t('map.addFirst')}
					</a>
				)}
			</Empty>
		</div>
	);
}
