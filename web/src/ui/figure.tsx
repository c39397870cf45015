// A figure with its last minutes: "12 messages/s".
import type { ComponentChildren } from 'preact';
import { Sparkline } from './sparkline';
import '../styles/figures.css';

interface FigureProps {
	title: string;
	value: ComponentChildren;
	/** What is read of the line; no values: there is no line. */
	values?: number[];
	room?: number;
	note?: ComponentChildren;
	kind?: 'plain' | 'bad';
}

export function Figure({ title, value, values, room = 120, note, kind = 'plain' }: FigureProps) {
	return (
		<div class={`card figure ${kind}`} role="group" aria-label={title}>
			<h3>{title}</h3>
			<strong class="num">{value}</strong>
			{values && <Sparkline values={values} room={room} label={title} kind={kind} />}
			{note && <small class="faint">{note}</small>}
		</div>
	);
}
