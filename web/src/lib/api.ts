// REST, as docs/api.md has it: every answer is {"result": […], "errors": […]}.
import { signal } from '@preact/signals';
import { logOut, place, token } from './session';
import { JsonItems } from './stream';
import { t } from './text';

export interface Fault {
	code: number;
	reason: string;
	id?: number;
	field?: string;
}

/** What the gateway refused, with its sentence; status 0: it could not be reached. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly faults: Fault[],
	) {
		super(faults.map(({ field, reason }) => (field && !reason.startsWith(field) ? `${field}: ` : '') + reason).join('; '));
	}
}

export type Query = Record<string, string | number | boolean | undefined>;

export interface Ask {
	query?: Query;
	/** The parameters of messages, logs and packets: `data` of the query. */
	data?: Record<string, unknown>;
	body?: unknown;
	signal?: AbortSignal;
	/** Of another token than the one that is logged in. */
	key?: string;
}

export interface Answer<T> {
	result: T[];
	errors: Fault[];
}

/** False while the last request did not get through. */
export const reachable = signal(true);

function address(path: string, ask: Ask): URL {
	const url = place(path);
	for (const [name, value] of Object.entries(ask.query ?? {}))
		if (value !== undefined) url.searchParams.set(name, String(value));
	if (ask.data) url.searchParams.set('data', JSON.stringify(ask.data));
	return url;
}

const AWAY = [502, 503, 504];
const isJson = (response: Response): boolean => response.headers.get('Content-Type')?.includes('json') ?? false;

function unreachable(): ApiError {
	reachable.value = false;
	return new ApiError(0, [{ code: 4, reason: t('common.unreachable') }]);
}

async function refusal(response: Response): Promise<ApiError> {
	const text = await response.text();
	let faults: Fault[] = [{ code: 4, reason: (isJson(response) && text.slice(0, 200)) || `HTTP ${response.status}` }];
	try {
		faults = (JSON.parse(text) as { errors?: Fault[] }).errors ?? faults;
	} catch {
		// not ours
	}
	return new ApiError(response.status, faults);
}

/** The response of a request that succeeded. A token that is not valid any more ends the session. */
export async function send(method: string, path: string, ask: Ask = {}): Promise<Response> {
	const key = ask.key ?? token.peek();
	let response: Response;
	try {
		response = await fetch(address(path, ask), {
			method,
			headers: {
				...(key && { Authorization: `FlespiToken ${key}` }),
				...(ask.body !== undefined && { 'Content-Type': 'application/json' }),
				'x-flespi-app': 'web page',
			},
			body: ask.body === undefined ? null : JSON.stringify(ask.body),
			signal: ask.signal ?? null,
			cache: 'no-store',
		});
	} catch (e) {
		throw ask.signal?.aborted ? e : unreachable();
	}
	if (AWAY.includes(response.status) && !isJson(response)) throw unreachable(); // a proxy's words
	reachable.value = true;
	if (response.ok) return response;
	const error = await refusal(response);
	// who has logged out meanwhile knows why
	if (response.status === 401 && !ask.key && key && key === token.peek()) logOut(t('login.ended'));
	throw error;
}

/** All of an answer: also what went wrong with some of the items. */
export async function call<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
	const answer = (await (await send(method, path, ask)).json()) as Partial<Answer<T>>;
	return { result: answer.result ?? [], errors: answer.errors ?? [] };
}

/** The one item of an answer; throws why there is none. */
export async function one<T>(method: string, path: string, ask: Ask = {}): Promise<T> {
	const { result, errors } = await call<T>(method, path, ask);
	if (result[0] === undefined) throw new ApiError(400, errors);
	return result[0];
}

export async function get<T>(path: string, ask: Ask = {}): Promise<T[]> {
	return (await call<T>('GET', path, ask)).result;
}

/** For what is read again and again, where one answer may overtake another: `const isNews = asked()` before the
 *  request, and an answer counts if isNews() then. */
export function inOrder(): () => () => boolean {
	let last = 0;
	let taken = 0;
	return () => {
		const mine = ++last;
		return () => mine >= taken && !!(taken = mine);
	};
}

/** Reads a long answer as it comes: `take` gets the items of each piece, in their order. Resolves with
 *  their number when all have come; rejects with an AbortError when ask.signal says so. */
export async function stream<T>(path: string, ask: Ask, take: (items: T[]) => void): Promise<number> {
	const reader = (await send('GET', path, ask)).body!.getReader();
	const items = new JsonItems<T>();
	let count = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		const piece = items.feed(value);
		count += piece.length;
		if (piece.length) take(piece);
	}
	if (!items.isWhole) throw new Error(t('common.brokeOff'));
	return count;
}
