// From the form to the gateway: who sends something dangerous is asked before, and asked again when the
// gateway wants to know more.
import { ApiError } from '../../lib/api';
import { ask } from './ask';
import { riskOf, type Command, type CommandType } from './types';

export interface Sending {
	device: number;
	type: CommandType;
	/** The command as it is posted. */
	body: { properties: Record<string, unknown> } & Record<string, unknown>;
	post: (body: Record<string, unknown>) => Promise<Command>;
}

const wantsConfirm = (e: ApiError): boolean => e.faults.some((fault) => fault.field === 'confirm');
/** Of the rule that fuel is not cut at speed the gateway says how it can be broken. */
const wantsForce = (e: ApiError): boolean => e.faults.some((fault) => !fault.field && fault.reason.includes('"force"'));

/** Null: the person has decided against it, and nothing was sent. */
export async function sendAsked({ device, type, body, post }: Sending): Promise<Command | null> {
	const { properties } = body;
	const risk = riskOf(type, properties);
	const asked = { device, type, properties, risk };
	const full: Record<string, unknown> = { ...body };
	if (risk) {
		if (!(await ask({ ...asked, refusal: '' }))) return null;
		full['confirm'] = true;
	}
	for (;;) {
		try {
			return await post(full);
		} catch (e) {
			if (!(e instanceof ApiError)) throw e;
			const member = wantsConfirm(e) ? 'confirm' : wantsForce(e) ? 'force' : '';
			if (!member || full[member]) throw e;
			if (!(await ask({ ...asked, risk: member === 'force' ? 'fuel' : risk, refusal: e.message }))) return null;
			full[member] = true;
		}
	}
}
