// The first minute: three steps from a tracker in its box to one that is watched.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { devices, fleetMembers } from '../fleet/store';
import { href } from '../lib/router';
import { t } from '../lib/text';
import { Icon } from '../ui/icon';
import { identsVersion, startIdents } from './welcome/idents';
import { startPlace } from './welcome/place';
import { PointStep } from './welcome/point';
import { RegisterStep, waiting } from './welcome/register';
import { TellStep } from './welcome/tell';
import '../styles/bits.css';
import '../styles/welcome.css';

function Step({ number, title, children, kind = '' }: { number: number; title: string; children: ComponentChildren; kind?: string }) {
	const id = `step-${number}`;
	return (
		<section class={`card step ${kind}`} aria-labelledby={id}>
			<h2 id={id} tabIndex={-1}>
				<span class="step-number">{number}</span> {title}
			</h2>
			{children}
		</section>
	);
}

/** On a phone, who waits stands below what there is to read. */
function Below({ onGo }: { onGo: () => void }) {
	void identsVersion.value;
	const n = waiting().length;
	if (!n) return null;
	return (
		<button type="button" class="primary below" onClick={onGo}>
			{t('welcome.waiting', { n })} <Icon name="chevronDown" />
		</button>
	);
}

/** `onLeave`: it stands in the place of the list of devices, as there were none; that is wanted now. */
export function Welcome({ onLeave }: { onLeave?: () => void }) {
	useEffect(startPlace, []);
	useEffect(startIdents, []);
	const steps = useRef<HTMLDivElement>(null);
	void fleetMembers.value;
	const isFirst = onLeave !== undefined || devices.size === 0;
	const goToThird = (): void => {
		const head = steps.current?.querySelector<HTMLElement>('#step-3');
		head?.scrollIntoView({ block: 'start' });
		head?.focus({ preventScroll: true });
	};
	return (
		<div class="welcome">
			<header class="welcome-head">
				<div>
					<h1>{t(isFirst ? 'welcome.first' : 'welcome.title')}</h1>
					<p class="faint">{t(isFirst ? 'welcome.firstLead' : 'welcome.lead')}</p>
				</div>
				{devices.size > 0 && (
					<a class="button" href={href('devices')} onClick={onLeave}>
						<Icon name="truck" /> {t('welcome.devices', { n: devices.size })}
					</a>
				)}
			</header>
			<Below onGo={goToThird} />
			<div class="steps" ref={steps}>
				<Step number={1} title={t('welcome.step1')}>
					<PointStep />
				</Step>
				<Step number={2} title={t('welcome.step2')}>
					<TellStep />
				</Step>
				<Step number={3} title={t('welcome.step3')} kind="third">
					<RegisterStep />
				</Step>
			</div>
		</div>
	);
}

export const WelcomeView = () => <Welcome />;
