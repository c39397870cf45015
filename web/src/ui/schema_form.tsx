// The fields of a schema. A fault stands at its field and is read with it.
import { useId, useState } from 'preact/hooks';
import { t } from '../lib/text';
import { toInput, fromInput } from '../lib/time';
import { faultText, type FormState } from './form';
import { choicesOf, fieldsOf, rangeOf, unitFor, type Property, type Unit } from './schema';
import '../styles/forms.css';

interface FieldProps {
	id: string;
	p: Property;
	value: string | boolean;
	isRequired: boolean;
	error: string | undefined;
	onChange: (value: string | boolean) => void;
}

type ControlProps = FieldProps & { describedBy: string | undefined };

/** `only`: these fields, in this order. */
export function SchemaForm({ form, only }: { form: FormState; only?: readonly string[] }) {
	const id = useId();
	const { schema } = form;
	return (
		<>
			{(only ?? fieldsOf(schema)).map((name) => (
				<SchemaField
					key={name}
					id={`${id}-${name}`}
					p={schema.properties[name]!}
					value={form.draft.value[name] ?? ''}
					isRequired={schema.required?.includes(name) ?? false}
					error={form.errors.value[name]}
					onChange={(value) => form.set(name, value)}
				/>
			))}
		</>
	);
}

function SchemaField(props: FieldProps) {
	const { id, p, error } = props;
	const range = rangeOf(p);
	const hint = [p.description, range && faultText(range)].filter(Boolean).join('. ');
	const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
	const control = <Control {...props} describedBy={describedBy} />;
	const label = (
		<span>
			<label htmlFor={id}>{p.title ?? id}</label>
			{props.isRequired && (
				<span class="must" aria-hidden="true">
					{' '}
					*
				</span>
			)}
		</span>
	);
	return (
		<div class={p.type === 'boolean' ? 'schema-field tick' : 'schema-field'}>
			{p.type === 'boolean' ? (
				<div class="check">
					{control}
					{label}
				</div>
			) : (
				<>
					{label}
					{control}
				</>
			)}
			{error && (
				<small id={`${id}-error`} class="error">
					{error}
				</small>
			)}
			{hint && <small id={`${id}-hint`}>{hint}</small>}
		</div>
	);
}

function Control(props: ControlProps) {
	const { id, p, value, error, describedBy, onChange } = props;
	const common = { id, 'aria-invalid': error ? ('true' as const) : undefined, 'aria-describedby': describedBy, required: props.isRequired };
	const choices = choicesOf(p);
	if (p.type === 'boolean') return <input {...common} type="checkbox" checked={value === true} onChange={(e) => onChange(e.currentTarget.checked)} />;
	if (choices)
		return (
			<select {...common} value={String(value)} onChange={(e) => onChange(e.currentTarget.value)}>
				{(p.default === undefined || value === '') && <option value="">{t('form.choose')}</option>}
				{choices.map((choice) => (
					<option key={choice.const} value={String(choice.const)}>
						{choice.title}
					</option>
				))}
			</select>
		);
	if (p.format === 'duration') return <DurationControl {...props} />;
	if (p.format === 'time')
		return (
			<input
				{...common}
				type="datetime-local"
				value={value === '' ? '' : toInput(Number(value))}
				onChange={(e) => onChange(String(fromInput(e.currentTarget.value) ?? ''))}
			/>
		);
	if (p.format === 'lines' || p.type === 'object')
		return <textarea {...common} rows={p.type === 'object' ? 2 : 3} spellcheck={false} placeholder={p.placeholder} value={String(value)} onInput={(e) => onChange(e.currentTarget.value)} />;
	return (
		<input
			{...common}
			inputMode={p.type === 'integer' ? 'numeric' : undefined}
			autocomplete="off"
			spellcheck={false}
			placeholder={p.placeholder ?? (p.default === undefined ? undefined : String(p.default))}
			value={String(value)}
			onInput={(e) => onChange(e.currentTarget.value)}
		/>
	);
}

const UNIT_NAMES = { 86400: 'form.days', 3600: 'form.hours', 60: 'form.minutes', 1: 'form.seconds' } as const;

interface Typed {
	/** Seconds, or what is no number. */
	value: string;
	text: string;
	unit: Unit;
}

function typedOf(value: string, p: Property): Typed {
	const seconds = value === '' ? NaN : Number(value);
	const unit = unitFor(Number.isFinite(seconds) ? seconds : Number(p.default ?? 3600));
	return { value, text: Number.isFinite(seconds) ? String(seconds / unit) : value, unit };
}

/** Seconds, typed as a number of days, hours, minutes or seconds. */
function DurationControl({ id, p, value, error, describedBy, onChange }: ControlProps) {
	const [typed, setTyped] = useState<Typed>(typedOf(String(value), p));
	// "1." is a number on its way to 1.5: it stays as it was typed, until another value is filled in
	const { text, unit } = typed.value === value ? typed : typedOf(String(value), p);
	const set = (text: string, unit: Unit): void => {
		const n = text.trim() === '' ? NaN : Number(text);
		const value = Number.isFinite(n) ? String(Number((n * unit).toFixed(3))) : text;
		setTyped({ value, text, unit });
		onChange(value);
	};
	return (
		<div class="duration">
			<input
				id={id}
				aria-invalid={error ? 'true' : undefined}
				aria-describedby={describedBy}
				inputMode="decimal"
				autocomplete="off"
				placeholder={p.placeholder}
				value={text}
				onInput={(e) => set(e.currentTarget.value, unit)}
			/>
			<select
				aria-label={t('form.unitOf', { name: p.title ?? '' })}
				value={unit}
				onChange={(e) => set(text, Number(e.currentTarget.value) as Unit)}
			>
				{([1, 60, 3600, 86400] as const).map((one) => (
					<option key={one} value={one}>
						{t(UNIT_NAMES[one])}
					</option>
				))}
			</select>
			{p.zero && value === '0' && <span class="badge">{p.zero}</span>}
		</div>
	);
}
