// Distances and speeds as people read them.
import { number, t } from '../lib/text';

export const distanceText = (metres: number): string =>
	metres < 1000 ? t('track.metres', { m: number(metres, 0) }) : t('track.km', { km: number(metres / 1000, metres < 100_000 ? 1 : 0) });

export const speedText = (kmh: number | null): string => (kmh === null || Number.isNaN(kmh) ? '–' : t('map.kmh', { speed: number(kmh, 0) }));
