// Which plots there are.
import type { Palette } from '../map/palette';
import type { TextKey } from '../lib/text';

export interface Plot {
	key: keyof Palette['plots'];
	/** Parameters: the first that a message has. */
	names: string[];
	title: TextKey;
	unit: string;
	digits: number;
	/** line: from value to value; step: a value holds until the next one; band: on or off. */
	kind: 'line' | 'step' | 'band';
	/** The axis begins and ends there, unless values go beyond; null: as the values want. */
	axis: [number, number] | null;
}

export const PLOTS: Plot[] = [
	{ key: 'speed', names: ['position.speed'], title: 'plots.speed', unit: 'km/h', digits: 0, kind: 'line', axis: [0, 10] },
	{ key: 'ignition', names: ['engine.ignition.status'], title: 'plots.ignition', unit: '', digits: 0, kind: 'band', axis: [0, 1] },
	{ key: 'battery', names: ['battery.level'], title: 'plots.battery', unit: '%', digits: 0, kind: 'step', axis: [0, 100] },
	{ key: 'voltage', names: ['battery.voltage'], title: 'plots.voltage', unit: 'V', digits: 2, kind: 'line', axis: null },
	{ key: 'signal', names: ['gsm.signal.level'], title: 'plots.signal', unit: '%', digits: 0, kind: 'step', axis: [0, 100] },
];
