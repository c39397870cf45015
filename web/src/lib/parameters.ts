// What the parameters of messages mean: the gateway's own table.
import { signal } from '@preact/signals';
import { get } from './api';

export interface Parameter {
	name: string;
	type: 'number' | 'string' | 'boolean';
	unit?: string;
	info: string;
}

/** By name; empty until it was loaded. */
export const parameters = signal(new Map<string, Parameter>());

export async function loadParameters(): Promise<void> {
	const list = await get<Parameter>('gw/message-parameters/all');
	parameters.value = new Map(list.map((p) => [p.name, p]));
}

/** Also of further cells and access points: gsm.cellid.2 is a gsm.cellid. */
export function parameterOf(name: string): Parameter | undefined {
	return parameters.value.get(name) ?? parameters.value.get(name.replace(/\.\d+$/, ''));
}

const SHORT: Record<string, string> = { percentage: '%', volts: 'V', degrees: '°', seconds: 's' };

/** "km/h", "%", or ''. */
export function unitOf(name: string): string {
	const unit = parameterOf(name)?.unit ?? '';
	return SHORT[unit] ?? unit;
}
