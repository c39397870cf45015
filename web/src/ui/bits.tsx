// Small pieces that many views use.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ago, local, now, utc } from '../lib/time';
import { t } from '../lib/text';
import { Icon, type IconName } from './icon';
import { toast } from './toast';

/** A time in the viewer's zone; UTC on hover. `how`: ago moves by itself. */
export function Time({ at, how = 'full' }: { at: number | null | undefined; how?: 'full' | 'ago' }) {
	if (at == null) return <span class="faint">–</span>;
	const title = how === 'ago' ? `${local(at)}\n${utc(at)}` : utc(at);
	return (
		<time dateTime={new Date(at * 1000).toISOString()} title={title}>
			{how === 'ago' ? ago(at, now.value) : local(at)}
		</time>
	);
}

/** Pages that came over http have no navigator.clipboard. */
function copyTheOldWay(text: string): boolean {
	const put = (e: ClipboardEvent): void => {
		e.clipboardData?.setData('text/plain', text);
		e.preventDefault();
	};
	document.addEventListener('copy', put);
	const done = document.execCommand('copy');
	document.removeEventListener('copy', put);
	return done;
}

export async function copyText(text: string): Promise<void> {
	const clipboard = navigator.clipboard as Clipboard | undefined;
	const done = await clipboard?.writeText(text).then(() => true, () => false);
	if (done || copyTheOldWay(text)) toast(t('common.copied'));
	else toast(t('common.notCopied'), 'error');
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
	return (
		<button type="button" class="icon" title={label ?? t('common.copy')} aria-label={label ?? t('common.copy')} onClick={() => void copyText(text)}>
			<Icon name="copy" />
		</button>
	);
}

/** A line that is meant to be copied whole. */
export function CopyLine({ text, label }: { text: string; label?: string }) {
	return (
		<div class="copy-line">
			<code tabIndex={0}>{text}</code>
			<CopyButton text={text} {...(label && { label })} />
		</div>
	);
}

/** What the tab of the browser, and its history, call the page; null: somebody else says it. */
export function useTitle(title: string | null): void {
	useEffect(() => {
		if (title !== null) document.title = `${title} – cantrack`;
	}, [title]);
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
	return (
		<div class="empty">
			<Icon name={icon} />
			<h2>{title}</h2>
			{children}
		</div>
	);
}

/** A dot with words: online, offline. */
export function Dot({ on, label }: { on: boolean; label: string }) {
	return <span class={on ? 'dot on' : 'dot'} role="img" aria-label={label} title={label} />;
}

/** Moves when the gateway has done what `turn` asks for. */
export function Switch({ on, label, turn, children }: { on: boolean; label: string; turn: (on: boolean) => Promise<void>; children?: ComponentChildren }) {
	return (
		<label class="check switch">
			<input type="checkbox" role="switch" aria-label={label} checked={on} onClick={(e) => (e.preventDefault(), void turn(!on))} />
			{children}
		</label>
	);
}

export function Field({ label, hint, error, children }: { label: string; hint?: string; error?: string | undefined; children: ComponentChildren }) {
	return (
		<label class="field">
			<span>{label}</span>
			{children}
			{error ? <small class="error">{error}</small> : hint && <small>{hint}</small>}
		</label>
	);
}

export function Tabs({ items, current, label }: { items: { key: string; title: string; href: string }[]; current: string; label: string }) {
	const nav = useRef<HTMLElement>(null);
	useEffect(() => {
		// on a phone not all of them are in sight
		const at = nav.current!.querySelector<HTMLElement>('[aria-current]');
		if (at) nav.current!.scrollLeft = at.offsetLeft + at.offsetWidth / 2 - nav.current!.offsetLeft - nav.current!.clientWidth / 2;
	}, [current]);
	return (
		<nav class="tabs" aria-label={label} ref={nav}>
			{items.map((item) => (
				<a key={item.key} href={item.href} aria-current={item.key === current ? 'page' : undefined}>
					{item.title}
				</a>
			))}
		</nav>
	);
}
