// What is around every view: the way to the others, the state of the connection, work in progress.
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { DevicePage } from './device/page';
import { liveState } from './lib/live';
import { reachable } from './lib/api';
import { jobs } from './ui/jobs';
import { theme, type Theme } from './lib/prefs';
import { href, placeOf, route } from './lib/router';
import { logOutEverywhere } from './lib/session';
import { t, type TextKey } from './lib/text';
import { Dialog, dropQuestion, Questions } from './ui/dialog';
import { Empty, useTitle } from './ui/bits';
import { Icon, type IconName } from './ui/icon';
import { Toasts } from './ui/toast';
import { ChannelsView } from './views/channels';
import { DevicesView } from './views/devices';
import { HealthView } from './views/health';
import { MapView } from './views/map';
import { TokensView } from './views/tokens';
import { WelcomeView } from './views/welcome';

interface Place {
	key: string;
	title: TextKey;
	/** Of the title, what has room on a phone. */
	short?: TextKey;
	icon: IconName;
	view: FunctionComponent;
}

const places: Place[] = [
	{ key: 'devices', title: 'shell.devices', icon: 'truck', view: DevicesView },
	{ key: 'map', title: 'shell.map', icon: 'map', view: MapView },
	{ key: 'add', title: 'shell.add', short: 'shell.addShort', icon: 'plus', view: WelcomeView },
	{ key: 'channels', title: 'shell.channels', icon: 'plug', view: ChannelsView },
	{ key: 'tokens', title: 'shell.tokens', icon: 'key', view: TokensView },
	{ key: 'health', title: 'shell.health', icon: 'heart', view: HealthView },
];

const themes: Theme[] = ['auto', 'light', 'dark'];
const themeIcons: Record<Theme, IconName> = { auto: 'half', light: 'sun', dark: 'moon' };
const themeNames: Record<Theme, TextKey> = { auto: 'shell.themeAuto', light: 'shell.themeLight', dark: 'shell.themeDark' };

/** The first segment of the address, or where somebody who said nothing wants to be. */
const placeKey = (): string => route.value.path[0] ?? 'devices';

function View() {
	const { path } = route.value;
	const isDevice = path[0] === 'devices' && path[1];
	const found = places.find((p) => p.key === placeKey());
	useTitle(isDevice ? null : t(found?.title ?? 'shell.notFound'));
	if (isDevice) return <DevicePage key={path[1]} id={Number(path[1])} tab={path[2] ?? 'messages'} />;
	if (!found) return <Empty icon="search" title={t('shell.notFound')} />;
	return <found.view />;
}

function Nav() {
	return (
		<nav class="side" aria-label={t('shell.views')}>
			<a class="brand" href="#/">
				<svg viewBox="0 0 32 32" aria-hidden="true">
					<rect width="32" height="32" rx="7" />
					<path d="M16 5a9 9 0 0 0-9 9c0 6.5 9 13 9 13s9-6.5 9-13a9 9 0 0 0-9-9Z" />
					<path d="m12.5 17.5 3.5-8 3.5 8-3.5-1.8Z" />
				</svg>
				<span>cantrack</span>
			</a>
			<ul>
				{places.map((p) => (
					<li key={p.key}>
						<a href={href(p.key)} aria-current={placeKey() === p.key ? 'page' : undefined} aria-label={p.short && t(p.title)}>
							<Icon name={p.icon} />
							<span class={p.short && 'wide'}>{t(p.title)}</span>
							{p.short && <span class="phone">{t(p.short)}</span>}
						</a>
					</li>
				))}
			</ul>
			<Foot />
		</nav>
	);
}

const menuOpen = signal(false);

function leave(): void {
	menuOpen.value = false;
	logOutEverywhere();
}

/** What is not a view: colours, the description of the API, the way out. */
function Extras({ named }: { named?: boolean }) {
	const next = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
	const themeText = t('shell.theme', { theme: t(themeNames[theme.value]) });
	const words = (text: string) => (named ? <span>{text}</span> : null);
	return (
		<>
			<button type="button" class="icon" title={themeText} aria-label={themeText} onClick={() => (theme.value = next)}>
				<Icon name={themeIcons[theme.value]} />
				{words(themeText)}
			</button>
			<a class="icon" href="docs" target="_blank" rel="opener" title={t('shell.api')} aria-label={t('shell.api')}>
				<Icon name="code" />
				{words(t('shell.api'))}
			</a>
			<button type="button" class="icon" title={t('shell.logOut')} aria-label={t('shell.logOut')} onClick={leave}>
				<Icon name="logout" />
				{words(t('shell.logOut'))}
			</button>
		</>
	);
}

function Foot() {
	return (
		<div class="side-foot">
			<LiveMark />
			<Extras />
			<button type="button" class="icon menu" aria-label={t('shell.menu')} onClick={() => (menuOpen.value = true)}>
				<Icon name="more" />
			</button>
		</div>
	);
}

/** On phones. */
function Menu() {
	if (!menuOpen.value) return null;
	return (
		<Dialog title={t('shell.menu')} onClose={() => (menuOpen.value = false)}>
			<div class="menu-list">
				<Extras named />
			</div>
		</Dialog>
	);
}

const isLost = (): boolean => liveState.value === 'lost' || !reachable.value;

function LiveMark() {
	const on = liveState.value === 'online' && reachable.value;
	return (
		<span class={on ? 'live on' : 'live'} role="status">
			<i />
			<span>{t(on ? 'shell.online' : 'shell.connecting')}</span>
		</span>
	);
}

function Jobs() {
	return (
		<section class="jobs" aria-label={t('jobs.title')} hidden={!jobs.value.length}>
			{/* what moves with each piece is not read aloud */}
			<p class="sr" role="status">
				{jobs.value.map((job) => job.title).join(', ')}
			</p>
			{jobs.value.map((job) => (
				<div key={job.id} class="job">
					<div>
						<strong>{job.title}</strong> <span class="faint">{job.detail}</span>
						<progress aria-label={job.title} {...(job.progress === null ? {} : { value: job.progress })} max={1} />
					</div>
					<button type="button" onClick={job.cancel}>
						{t('common.cancel')}
					</button>
				</div>
			))}
		</section>
	);
}

export function Shell() {
	const main = useRef<HTMLElement>(null);
	const first = useRef(true);
	const at = placeOf(route.value);
	// at once: a key that is typed into the new view moves the focus after this, not before
	useLayoutEffect(() => {
		dropQuestion();
		// who follows a link with the keyboard goes on in the new view
		if (!first.current) main.current?.focus({ preventScroll: true });
		first.current = false;
	}, [at]);
	return (
		<div class="shell">
			<a class="skip" href="#main" onClick={(e) => (e.preventDefault(), main.current?.focus())}>
				{t('shell.skip')}
			</a>
			<Nav />
			<main id="main" ref={main} tabIndex={-1}>
				{isLost() && (
					<p class="lost" role="alert">
						<Icon name="warning" /> {t('shell.lost')}
					</p>
				)}
				<View />
			</main>
			<Jobs />
			<Toasts level={0} />
			<Questions />
			<Menu />
		</div>
	);
}
