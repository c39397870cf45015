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

export async function copyText(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toast(t('common.copied'));
	} catch {
		toast(t('common.notCopied'), 'error'); // the clipboard wants https or localhost
	}
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
