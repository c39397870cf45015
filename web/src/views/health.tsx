// Is the gateway well, and how much does it do?
import { useEffect } from 'preact/hooks';
import { bytes, number, t, type TextKey } from '../lib/text';
import { Figure } from '../ui/figure';
import { Icon } from '../ui/icon';
import { Sessions } from './health/sessions';
import { grownOf, health, lineOf, metrics, ROOM, speedOf, startHealth, valueOf, version } from './health/store';
import { MetricsTable } from './health/table';
import '../styles/health.css';

export function HealthView() {
	useEffect(startHealth, []);
	return (
		<>
			<header class="view-head">
				<h1 class="grow">{t('health.title')}</h1>
				<nav class="row" aria-label={t('health.links')}>
					<a class="button" href="docs" target="_blank" rel="opener">
						{t('health.docs')}
					</a>
					<a class="button" href="openapi.json" target="_blank" rel="noreferrer">
						{t('health.openapi')}
					</a>
					<a class="button" href="metrics" target="_blank" rel="noreferrer">
						{t('health.metrics')}
					</a>
				</nav>
			</header>
			<div class="view-body stack health">
				<Verdict />
				<Trackers />
				<Storage />
				<Clients />
				<Sessions />
				<MetricsTable />
			</div>
		</>
	);
}

function Verdict() {
	const { state, reason } = health.value;
	const isBad = state === 'failing' || state === 'away';
	return (
		<p class={`card verdict ${isBad ? 'bad' : state === 'well' ? 'good' : ''}`} role="status">
			<Icon name={isBad ? 'warning' : 'heart'} />
			<strong>{t(`health.is_${state}`)}</strong> <span>{reason}</span>
			<span class="grow" />
			{version.value && <span class="faint">{t('health.version', { version: version.value })}</span>}
		</p>
	);
}

interface RateProps {
	name: string;
	text: TextKey;
	show?: (perSecond: number) => string;
	/** How the sum since the start is shown. */
	showAll?: (n: number) => string;
}

const plain = (n: number): string => number(n, n < 100 ? 1 : 0);

function Rate({ name, text, show = plain, showAll = number }: RateProps) {
	const isKnown = lineOf(name).length > 0; // two readings make a rate
	return <Figure title={t(text)} value={isKnown ? show(speedOf(name)) : '–'} values={lineOf(name)} room={ROOM} note={t('health.total', { n: showAll(valueOf(name)) })} />;
}

function Level({ name, text, show = number, note }: RateProps & { note?: string }) {
	return <Figure title={t(text)} value={show(valueOf(name))} values={lineOf(name)} room={ROOM} note={note} />;
}

/** What should not happen: it stands out while it does. */
function Refused({ names, text }: { names: string[]; text: TextKey }) {
	const grown = names.reduce((sum, name) => sum + grownOf(name), 0);
	const all = names.reduce((sum, name) => sum + valueOf(name), 0);
	const lines = names.map(lineOf);
	const sum = (lines[0] ?? []).map((_v, i) => lines.reduce((total, line) => total + (line[i] ?? 0), 0));
	return <Figure title={t(text)} value={number(all)} values={sum} room={ROOM} kind={grown ? 'bad' : 'plain'} note={grown ? t('health.grown', { n: grown }) : t('health.quiet')} />;
}

function Group({ text, children }: { text: TextKey; children: preact.ComponentChildren }) {
	return (
		<section class="stack" aria-label={t(text)}>
			<h2>{t(text)}</h2>
			<div class="figures">{children}</div>
		</section>
	);
}

const perSecond = (n: number): string => `${bytes(n)}/s`;

function Trackers() {
	void metrics.value;
	return (
		<Group text="health.trackers">
			<Level name="connections_open" text="health.connections" note={t('health.accepted', { n: speedOf('connections_accepted_total').toFixed(1) })} />
			<Rate name="store_appended_total" text="health.messages" />
			<Rate name="bytes_received_total" text="health.received" show={perSecond} showAll={bytes} />
			<Refused names={['frames_refused_total', 'frames_broken_total']} text="health.refusedFrames" />
			<Refused names={['connections_refused_total']} text="health.refusedConnections" />
			<Level name="commands_waiting" text="health.commands" note={t('health.underWay', { n: valueOf('commands_under_way') })} />
		</Group>
	);
}

function Storage() {
	void metrics.value;
	const commits = speedOf('store_commits_total');
	const spent = speedOf('store_commit_microseconds_total');
	const files = ['store_disk_bytes', 'events_disk_bytes', 'packets_disk_bytes'];
	const disk = files.reduce((sum, name) => sum + valueOf(name), 0);
	return (
		<Group text="health.storage">
			<Figure
				title={t('health.commits')}
				value={plain(commits)}
				values={lineOf('store_commits_total')}
				room={ROOM}
				note={commits ? t('health.commitTime', { ms: number(spent / commits / 1000, 2) }) : t('health.noCommits')}
			/>
			<Level name="store_tail_messages" text="health.tail" note={bytes(valueOf('store_tail_bytes'))} />
			<Figure title={t('health.disk')} value={bytes(disk)} values={lineOf('store_disk_bytes')} room={ROOM} note={t('health.diskParts', { logs: bytes(valueOf('events_disk_bytes')), packets: bytes(valueOf('packets_disk_bytes')) })} />
			<Refused names={['commit_failures_total', 'command_failures_total', 'retention_failures_total']} text="health.failures" />
			<Refused names={['packets_dropped_total', 'events_dropped_total', 'replies_dropped_total']} text="health.dropped" />
		</Group>
	);
}

function Clients() {
	void metrics.value;
	return (
		<Group text="health.clients">
			<Level name="live_clients" text="health.liveClients" note={t('health.liveSessions', { n: valueOf('live_sessions') })} />
			<Rate name="live_delivered_total" text="health.delivered" />
			<Refused names={['live_skipped_total', 'live_overflows_total']} text="health.passedOver" />
			<Rate name="http_requests_total" text="health.http" />
			<Refused names={['http_unauthorized_total', 'http_throttled_total', 'live_refused_total']} text="health.refusedLogins" />
		</Group>
	);
}
