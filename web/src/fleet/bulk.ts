// What is done to many devices at once: in pieces, with progress, and an end between two of them when
// somebody cancels. A piece that has begun is carried out.
import { batch } from '@preact/signals';
import { call, ApiError, type Answer, type Fault } from '../lib/api';
import { runJob } from '../ui/jobs';
import { toast } from '../ui/toast';
import { t, type TextKey } from '../lib/text';
import { forget, ITEM_FIELDS, taking, type DeviceItem } from './store';

const PIECE = 100;

export interface Outcome<T> {
	/** What was done; the rest was not touched. */
	done: T[];
	/** Sentences of the gateway. */
	refused: string[];
	wasCancelled: boolean;
}

type Piece<T> = (part: T[]) => Promise<{ done: T[]; refused: string[] }>;

const sentences = (faults: Fault[]): string[] => faults.map((fault) => fault.reason);

async function inPieces<T>(title: string, all: T[], piece: Piece<T>): Promise<Outcome<T>> {
	const out: Outcome<T> = { done: [], refused: [], wasCancelled: false };
	await runJob(title, async ({ signal, report }) => {
		for (let at = 0; at < all.length; at += PIECE) {
			if (signal.aborted) {
				out.wasCancelled = true;
				return;
			}
			report(at / all.length, t('devices.progress', { done: at, all: all.length }));
			try {
				const got = await piece(all.slice(at, at + PIECE));
				out.done.push(...got.done);
				out.refused.push(...got.refused);
			} catch (e) {
				if (!(e instanceof ApiError)) throw e;
				out.refused.push(...sentences(e.faults));
				if (e.status === 0 || e.status === 401) return; // the others would fare no better
			}
		}
	});
	return out;
}

/** Tells how many of `all` were done, in the words of `key`, and why others were not. */
export function tellOutcome<T>({ done, refused, wasCancelled }: Outcome<T>, all: number, key: TextKey, values: Record<string, string> = {}): void {
	if (done.length || wasCancelled) toast(t(key, { n: done.length, all, ...values }));
	const [reason] = refused;
	// a sentence may be about a whole piece, and after some nothing more was tried
	if (reason) toast(t('devices.refused', { n: wasCancelled ? refused.length : all - done.length, reason }), 'error');
}

/** The ids of an answer, and what was refused. */
function split(answer: Answer<{ id: number }>): { done: number[]; refused: string[] } {
	return { done: answer.result.map((item) => item.id), refused: sentences(answer.errors) };
}

export function keepMany(title: string, ids: number[], seconds: number): Promise<Outcome<number>> {
	return inPieces(title, ids, async (part) => {
		const take = taking();
		const answer = await call<DeviceItem>('PATCH', `gw/devices/${part.join(',')}`, {
			body: { messages_ttl: seconds },
			query: { fields: ITEM_FIELDS },
		});
		batch(() => answer.result.forEach(take));
		return split(answer);
	});
}

/** Gives devices back the times that they had. */
export async function keepAsBefore(title: string, before: Map<number, number>): Promise<Outcome<number>> {
	const out: Outcome<number> = { done: [], refused: [], wasCancelled: false };
	const times = new Map<number, number[]>();
	for (const [id, seconds] of before) times.set(seconds, [...(times.get(seconds) ?? []), id]);
	for (const [seconds, ids] of times) {
		const { done, refused, wasCancelled } = await keepMany(title, ids, seconds);
		out.done.push(...done);
		out.refused.push(...refused);
		out.wasCancelled = wasCancelled;
		if (wasCancelled) break;
	}
	return out;
}

export function deleteMany(title: string, ids: number[]): Promise<Outcome<number>> {
	return inPieces(title, ids, async (part) => {
		const answer = await call<{ id: number }>('DELETE', `gw/devices/${part.join(',')}`);
		batch(() => answer.result.forEach((item) => forget(item.id)));
		return split(answer);
	});
}

export interface Newcomer {
	ident: string;
	name: string;
}

export function registerMany(title: string, all: Newcomer[]): Promise<Outcome<Newcomer>> {
	return inPieces(title, all, async (part) => {
		const take = taking();
		const answer = await call<DeviceItem>('POST', 'gw/devices', {
			body: part.map(({ ident, name }) => ({ name, device_type_id: 1, configuration: { ident } })),
			query: { fields: ITEM_FIELDS },
		});
		batch(() => answer.result.forEach(take));
		const made = new Set(answer.result.map((item) => item.configuration.ident));
		return { done: part.filter((one) => made.has(one.ident)), refused: sentences(answer.errors) };
	});
}
