// Devices by what people call them: what a search finds, and their order.
import type { Device } from './store';

/** "Truck 1", or the ident of one without a name. */
export const titleOf = (d: Pick<Device, 'name' | 'ident'>): string => d.name || d.ident;

/** Words of the search stand in name or ident, in any case and order. */
export function finder(search: string): (d: Device) => boolean {
	const words = search.toLowerCase().split(/\s+/).filter(Boolean);
	return (d) => {
		if (!words.length) return true;
		const text = `${d.name}\n${d.ident}`.toLowerCase();
		return words.every((word) => text.includes(word));
	};
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** As people count: Truck 9 before Truck 10. */
export const byTitle = (a: Device, b: Device): number => collator.compare(titleOf(a), titleOf(b)) || a.id - b.id;
