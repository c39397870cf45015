// What a token may do, in words.
import { number, t, type TextKey } from '../../lib/text';
import { BELOW, type Access, type Grant, type Method } from './types';

const ORDER: [Method[], TextKey][] = [
	[['GET'], 'tokens.mayRead'],
	[['POST'], 'tokens.mayCreate'],
	[['PUT', 'PATCH'], 'tokens.mayChange'],
	[['DELETE'], 'tokens.mayDelete'],
];

/** "read, create" */
function verbs(methods: Method[]): string {
	return ORDER.filter(([list]) => list.some((one) => methods.includes(one)))
		.map(([, key]) => t(key))
		.join(', ');
}

export const uriName = (uri: string): string => (uri in BELOW ? t(`tokens.uri_${uri.replace('gw/', '')}` as TextKey) : uri);

function grantWords(grant: Grant): string {
	const { uri, methods, ids = 'all', submodules, topic, actions = [] } = grant;
	const which = ids === 'all' ? uriName(uri) : t('tokens.someOf', { uri: uriName(uri), ids: ids.map((id) => number(id)).join(', ') });
	const parts = [methods.length ? `${which}: ${verbs(methods)}` : which];
	if (!submodules) parts.push(methods.length ? t('tokens.allBelow') : '');
	else if (submodules.length) parts.push(submodules.map((one) => `${one.name} (${verbs(one.methods)})`).join(', '));
	if (topic) parts.push(`${topic} (${actions.map((one) => t(`tokens.action_${one}`)).join(', ')})`);
	return parts.filter(Boolean).join('; ');
}

/** A line for each thing. */
export function accessWords(access: Access): string[] {
	if (access.type === 1) return [t('tokens.access1')];
	if (access.type === 0) return [t('tokens.access0')];
	return access.acl?.length ? access.acl.map(grantWords) : [t('tokens.nothing')];
}
