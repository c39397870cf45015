// Which field of a form a refusal is about.
import { ApiError, type Fault } from '../lib/api';

/** An ident that another device has is told without the name of the member. */
const fieldOf = (fault: Fault): string => fault.field ?? (/^ident\b/.test(fault.reason) ? 'configuration.ident' : '');

/** The gateway's sentence about a member, 'configuration.ident'; '' is about none of them. It is shown at the
 *  field, so the name that the member has in the API is left out. */
export function faultOf(error: Error | null, field: string): string | undefined {
	const faults = error instanceof ApiError ? error.faults : [];
	const reason = faults.find((fault) => fieldOf(fault) === field)?.reason;
	return field && reason?.startsWith(field + ' ') ? reason.slice(field.length + 1) : reason;
}
