// What a file of messages is called. Pure.
import { local } from '../../lib/time';

const stamp = (s: number): string => local(s).replace(/:/g, '').replace(' ', 'T');

/** "Truck-1_2026-11-30T000000_2026-12-01T000000.csv": times of the viewer's zone, no letter that a disk refuses. */
export const fileName = (device: string, span: { from: number; to: number }, suffix: string): string =>
	`${device.trim().replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'device'}_${stamp(span.from)}_${stamp(span.to)}.${suffix}`;
