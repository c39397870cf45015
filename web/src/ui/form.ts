// The state of a form that a schema describes: what is typed, what is wrong with it, also in the gateway's
// own words.
import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { ApiError } from '../lib/api';
import { t } from '../lib/text';
import { duration } from '../lib/time';
import { draftOf, draftsOf, readDraft, type Draft, type Fault, type Schema } from './schema';

export function faultText({ key, values = {}, ofTime }: Fault): string {
	const words = Object.entries(values).map(([name, value]) => [name, ofTime && value ? duration(Number(value)) : value]);
	return t(key, Object.fromEntries(words));
}

export class FormState {
	readonly draft;
	readonly errors = signal<Record<string, string>>({});

	constructor(
		readonly schema: Schema,
		values: Record<string, unknown> = {},
	) {
		this.draft = signal<Draft>(draftsOf(schema, values));
	}

	set(name: string, value: string | boolean): void {
		this.draft.value = { ...this.draft.value, [name]: value };
		if (name in this.errors.value) this.errors.value = Object.fromEntries(Object.entries(this.errors.value).filter(([key]) => key !== name));
	}

	/** Values into the fields of their names; the others stay as they are. */
	fill(values: Record<string, unknown>): void {
		for (const [name, value] of Object.entries(values)) {
			const p = this.schema.properties[name];
			if (p) this.set(name, draftOf(p, value));
		}
	}

	/** Null: something is wrong, and stands at its field now. */
	read(): Record<string, unknown> | null {
		const { values, faults } = readDraft(this.schema, this.draft.value);
		this.errors.value = Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, faultText(fault)]));
		return Object.keys(faults).length ? null : values;
	}

	/** Puts what was refused at its fields; returns the rest. `prefix`: what the gateway's names have before ours. */
	refuse(e: ApiError, prefix = ''): string[] {
		const rest: string[] = [];
		const errors = { ...this.errors.value };
		for (const { field = '', reason } of e.faults) {
			const name = field.startsWith(prefix) ? field.slice(prefix.length) : '';
			if (name in this.schema.properties) errors[name] = reason.replace(`${field}: `, '');
			else rest.push(reason);
		}
		this.errors.value = errors;
		return rest;
	}
}

/** For answers that come late: is the form that has asked for them still shown? */
export function useShown(): () => boolean {
	const isShown = useRef(true);
	useLayoutEffect(() => () => void (isShown.current = false), []);
	return () => isShown.current;
}

/** The first field that is wrong gets the focus, as soon as it is rendered as wrong. */
export function focusWrong(form: HTMLElement | null): void {
	queueMicrotask(() => {
		const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
		field?.closest('details')?.setAttribute('open', '');
		field?.focus();
	});
}

export const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));
