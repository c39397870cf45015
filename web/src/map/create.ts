// Makes a map: the ground, tiles if the owner of the gateway wants them, a scale, and how it is moved.
import * as L from 'leaflet';
import { effect, signal } from '@preact/signals';
import atlasUrl from 'world-atlas/countries-50m.json?url';
import { ApiError } from '../lib/api';
import { isDark } from '../lib/prefs';
import { web, type Web } from '../lib/web';
import { BaseLayer } from './base';
import { latOf, lonOf, type Box } from './geo';
import { worldOf, type Atlas, type World } from './topology';

const ATTRIBUTION = 'Natural Earth';
const MAX_ZOOM = 19;
const MOST_PADDING = 0.7; // of a small map

let worldOnce: Promise<World> | null = null;

/** The countries, when they have come. */
export const world = signal<World | null>(null);

async function fetchWorld(): Promise<World> {
	const response = await fetch(atlasUrl);
	if (!response.ok) throw new Error(`HTTP ${response.status}`);
	return (world.value = worldOf((await response.json()) as Atlas));
}

function loadWorld(): Promise<World> {
	worldOnce ??= fetchWorld();
	worldOnce.catch(() => (worldOnce = null)); // who asks again gets another answer
	return worldOnce;
}

const RETRY_MS = 3000;
const isLost = (e: unknown): boolean => (e instanceof ApiError ? e.status === 0 : e instanceof TypeError);

/** What is lost on its way is asked for again, as long as the map is there; without the rest it does. */
function insist<T>(ask: () => Promise<T>, take: (found: T) => void, isGone: () => boolean): void {
	const again = (e: unknown): void => void (isLost(e) && setTimeout(() => isGone() || insist(ask, take, isGone), RETRY_MS));
	ask().then((found) => void (isGone() || take(found)), again);
}

/** Whether things may glide and fly. */
export const mayMove = (): boolean => !wantsRest.matches;
const wantsRest = matchMedia('(prefers-reduced-motion: reduce)');

/** So that the world is as high as the map: nothing to see is above or below it. */
const leastZoom = (height: number): number => Math.max(0, Math.ceil(2 * Math.log2(Math.max(256, height) / 256)) / 2);

function layTiles(map: L.Map, base: BaseLayer, { tiles, attribution }: Web): void {
	if (!tiles) return;
	map.options.zoomSnap = 1;
	L.tileLayer(tiles, { maxZoom: MAX_ZOOM, attribution: attribution ?? '', crossOrigin: false }).addTo(map);
	base.isCovered = true;
	base.redraw();
}

/** `label`: what it is called for who does not see it. map.remove() ends it. */
export function createMap(container: HTMLElement, label: string): L.Map {
	const moves = mayMove();
	const map = L.map(container, {
		attributionControl: false, zoomControl: false, zoomSnap: 0.5, zoomDelta: 1, wheelPxPerZoomLevel: 90, worldCopyJump: true,
		zoomAnimation: moves, fadeAnimation: moves, markerZoomAnimation: false, inertia: moves, maxZoom: MAX_ZOOM,
		minZoom: leastZoom(container.clientHeight), maxBounds: [[-85.05, -1e5], [85.05, 1e5]], maxBoundsViscosity: 1, keyboardPanDelta: 120,
	});
	map.createPane('base').style.zIndex = '100';
	map.setView([20, 10], map.getMinZoom());
	container.setAttribute('role', 'application');
	container.setAttribute('aria-label', label);
	const base = new BaseLayer().addTo(map);
	L.control.attribution({ prefix: false, position: 'bottomright' }).addAttribution(ATTRIBUTION).addTo(map);
	L.control.scale({ imperial: false, maxWidth: 120, position: 'bottomleft' }).addTo(map);
	let isGone = false;
	insist(loadWorld, (found) => base.setWorld(found), () => isGone); // without it: sea and graticule
	insist(web, (found) => layTiles(map, base, found), () => isGone);
	const observer = new ResizeObserver(() => {
		map.setMinZoom(leastZoom(container.clientHeight));
		map.invalidateSize({ animate: false });
	});
	observer.observe(container);
	const ends = effect(() => {
		void isDark.value;
		base.redraw();
	});
	map.on('unload', () => {
		isGone = true;
		observer.disconnect();
		ends();
	});
	return map;
}

/** Shows all of the box, not closer than `maxZoom`. `left`, `top`: pixels that something covers. */
export function fitBox(map: L.Map, box: Box, { maxZoom = 16, left = 0, top = 0, animate = true } = {}): void {
	map.invalidateSize({ animate: false, pan: false }); // it may just have been laid out
	const bounds = L.latLngBounds([latOf(box.bottom), lonOf(box.left)], [latOf(box.top), lonOf(box.right)]);
	const [padLeft, padTop, padRight, padBottom] = [40 + left, 48 + top, 56, 44];
	const size = map.getSize();
	const across = Math.min(1, (MOST_PADDING * size.x) / (padLeft + padRight));
	const down = Math.min(1, (MOST_PADDING * size.y) / (padTop + padBottom));
	map.fitBounds(bounds, { maxZoom, paddingTopLeft: [padLeft * across, padTop * down], paddingBottomRight: [padRight * across, padBottom * down], animate: animate && mayMove() });
}

/** The copy of a place that is nearest to the middle: the way there is not around the world. */
export const nearPlace = (map: L.Map, lat: number, lon: number): [number, number] => [lat, lon + 360 * Math.round((map.getCenter().lng - lon) / 360)];

/** Somebody moves the map by hand: it follows nothing then. */
export function onPanned(map: L.Map, then: () => void): void {
	map.on('dragstart', then);
	map.on('keydown', (e) => e.originalEvent.key.startsWith('Arrow') && then());
}

/** Goes there: by flight, when it may move. */
export function flyTo(map: L.Map, lat: number, lon: number, zoom: number): void {
	const target = nearPlace(map, lat, lon);
	if (mayMove()) map.flyTo(target, zoom, { duration: 0.9 });
	else map.setView(target, zoom, { animate: false });
}
