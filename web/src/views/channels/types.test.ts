import { expect, test } from 'vitest';
import { draftsOf, readDraft } from '../../ui/schema';
import { channelSchema, flatten, nest } from './types';

const schema = channelSchema((name) => ({ title: name, description: '' }));

test('a channel goes through its form unchanged', () => {
	const channel = {
		name: 'North',
		enabled: false,
		messages_ttl: 0,
		configuration: {
			address: '::', port: 5013, silence_s: 0, ack_v1: false, extended: true, auto_devices: true, max_connections: 7, max_per_address: 0,
			max_junk_bytes: 1, allowed_idents: ['8652*', '130305'], blocked_idents: [], allowed_networks: ['10.0.0.0/8'], blocked_networks: [],
		},
		metadata: { site: 'north' },
	};
	const { values, faults } = readDraft(schema, draftsOf(schema, flatten(channel)));
	expect(faults).toEqual({});
	expect(nest(values)).toEqual(channel);
});

test('the form of a new one has what the gateway would take', () => {
	const { values } = readDraft(schema, draftsOf(schema));
	expect(values).toMatchObject({ name: '', enabled: true, messages_ttl: 86400, 'configuration.port': 0, 'configuration.allowed_idents': [] });
});
