// A map in the page, with its buttons.
import type * as L from 'leaflet';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../lib/text';
import { Icon } from '../ui/icon';
import { countryAt } from './topology';
import { createMap, world } from './create';
import { xOf, yOf } from './geo';
import '../styles/map.css';

interface MapBoxProps {
	label: string;
	/** The map is there: put layers on it. What it returns is called before the map goes. */
	onMap: (map: L.Map) => (() => void) | void;
	onFit: () => void;
	fitLabel: string;
	/** What lies above the map. */
	children?: ComponentChildren;
}

export function MapBox({ label, onMap, onFit, fitLabel, children }: MapBoxProps) {
	const box = useRef<HTMLDivElement>(null);
	const [map, setMap] = useState<L.Map | null>(null);
	useEffect(() => {
		const made = createMap(box.current!, label);
		const end = onMap(made);
		setMap(made);
		return () => {
			end?.();
			made.remove();
		};
	}, []);
	return (
		<div class="map-box">
			<div ref={box} class="map" tabIndex={0} />
			{map && <PlaceName map={map} />}
			<div class="map-buttons" role="group" aria-label={t('map.controls')}>
				<button type="button" class="icon" title={t('map.zoomIn')} aria-label={t('map.zoomIn')} onClick={() => map?.zoomIn()}>
					<Icon name="plus" />
				</button>
				<button type="button" class="icon" title={t('map.zoomOut')} aria-label={t('map.zoomOut')} onClick={() => map?.zoomOut()}>
					<Icon name="minus" />
				</button>
				<button type="button" class="icon" title={fitLabel} aria-label={fitLabel} onClick={onFit}>
					<Icon name="fit" />
				</button>
			</div>
			{children}
		</div>
	);
}

const NAMED_ZOOM = 7; // from here on the name of the country is likely out of sight

/** Which country this is, where the map itself does not say it any more. */
function PlaceName({ map }: { map: L.Map }) {
	const [name, setName] = useState('');
	const known = world.value;
	useEffect(() => {
		const look = (): void => {
			const centre = map.getCenter();
			setName(known && map.getZoom() >= NAMED_ZOOM ? countryAt(known, xOf(centre.lng), yOf(centre.lat)) : '');
		};
		look();
		map.on('moveend', look);
		return () => void map.off('moveend', look);
	}, [map, known]);
	return name ? <p class="map-place">{name}</p> : null;
}
