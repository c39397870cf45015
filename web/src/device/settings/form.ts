// The settings of a device as a form has them, and the request that a change of them makes.
import type { DeviceItem } from '../../fleet/store';
import type { TextKey } from '../../lib/text';

export interface SettingsItem extends DeviceItem {
	messages_size: number;
	metadata: Record<string, unknown> | null;
}

export interface Draft {
	name: string;
	ident: string;
	typeId: number;
	phone: string;
	enabled: boolean;
	ttl: number;
	/** MB; '' and 0: no limit. */
	rotate: string;
	fuelCut: string;
	/** JSON. */
	metadata: string;
}

const MB = 1048576;
/** What the gateway takes at most, MB. */
const MOST_MB = 2 ** 50 / MB;

export function draftOf(item: SettingsItem): Draft {
	const { configuration: c, metadata } = item;
	return {
		name: item.name,
		ident: c.ident,
		typeId: item.device_type_id,
		phone: c.phone ?? '',
		enabled: item.enabled,
		ttl: item.messages_ttl,
		rotate: item.messages_rotate ? String(Number((item.messages_rotate / MB).toFixed(3))) : '',
		fuelCut: c.fuel_cut_max_speed ?? '',
		metadata: metadata && Object.keys(metadata).length ? JSON.stringify(metadata, null, 2) : '',
	};
}

/** What is not a request yet: the field, and why. */
export class DraftError extends Error {
	constructor(
		readonly field: string,
		readonly text: TextKey,
		readonly detail: string | number = '',
	) {
		super(`${field}: ${text} ${detail}`);
	}
}

function parseMetadata(text: string): Record<string, unknown> {
	if (!text.trim()) return {};
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (e) {
		throw new DraftError('metadata', 'settings.metadataJson', (e as Error).message);
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DraftError('metadata', 'settings.metadataObject');
	return value as Record<string, unknown>;
}

/** PATCH merges: what is to go must be named, as null. */
function metadataPatch(old: SettingsItem['metadata'], text: string): Record<string, unknown> {
	const next = parseMetadata(text);
	for (const key of Object.keys(old ?? {})) if (!(key in next)) next[key] = null;
	return next;
}

function parseRotate(text: string): number {
	const mb = text.trim() === '' ? 0 : Number(text);
	if (!(mb >= 0)) throw new DraftError('messages_rotate', 'settings.rotateNumber');
	if (mb > MOST_MB) throw new DraftError('messages_rotate', 'settings.rotateMost', MOST_MB);
	return Math.round(mb * MB);
}

export type Patch = Record<string, unknown>;

/** The members that are different, for PATCH; none: {}. Throws a DraftError. */
export function changes(item: SettingsItem, draft: Draft): Patch {
	const old = draftOf(item);
	const differs = (key: keyof Draft): boolean => draft[key] !== old[key];
	const configuration = {
		...(differs('ident') && { ident: draft.ident.trim() }),
		...(differs('phone') && { phone: draft.phone.trim() }),
		...(differs('fuelCut') && { fuel_cut_max_speed: draft.fuelCut.trim() }),
	};
	return {
		...(differs('name') && { name: draft.name }),
		...(differs('enabled') && { enabled: draft.enabled }),
		...(differs('typeId') && { device_type_id: draft.typeId }),
		...(differs('ttl') && { messages_ttl: draft.ttl }),
		...(differs('rotate') && { messages_rotate: parseRotate(draft.rotate) }),
		...(differs('metadata') && { metadata: metadataPatch(item.metadata, draft.metadata) }),
		...(Object.keys(configuration).length && { configuration }),
	};
}

/** The limit is lower than before, and than what is kept now. */
export function keepsFewerBytes(item: SettingsItem, patch: Patch): boolean {
	const rotate = patch['messages_rotate'] as number | undefined;
	return !!rotate && (!item.messages_rotate || rotate < item.messages_rotate) && rotate < item.messages_size;
}

/** Messages may go that would stay otherwise. */
export function keepsLess(item: SettingsItem, patch: Patch): boolean {
	const ttl = patch['messages_ttl'] as number | undefined;
	return (ttl !== undefined && ttl < item.messages_ttl) || keepsFewerBytes(item, patch);
}
