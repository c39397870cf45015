import { expect, test } from 'vitest';
import { candidates, isIpv4, moveCommand, parsePlace, placeText, reachOf, simulateLine, smsApn, smsServer, typedPlace } from './address';

test('an address is read and written with its brackets', () => {
	expect(parsePlace('0.0.0.0:5013')).toEqual({ host: '0.0.0.0', port: 5013 });
	expect(parsePlace('[::1]:5013')).toEqual({ host: '::1', port: 5013 });
	expect(parsePlace('')).toBe(null);
	expect(placeText({ host: '::1', port: 5 })).toBe('[::1]:5');
	expect(isIpv4('192.0.2.256')).toBe(false);
});

test('what somebody types may have a port, or be the address of a page', () => {
	const read = (text: string): string => {
		const place = typedPlace(text, 5013);
		return place ? `${place.host} ${place.port}` : '';
	};
	expect(read(' gps.example.com ')).toBe('gps.example.com 5013');
	expect(read('gps.example.com:')).toBe('gps.example.com 5013');
	expect(read('gps.example.com:6000')).toBe('gps.example.com 6000');
	expect(read('https://gps.example.com/cantrack/#/add')).toBe('gps.example.com 5013');
	expect(read('https://gps.example.com:8443/')).toBe('gps.example.com 5013');
	expect(read('http://')).toBe('http 5013'); // it is being typed
	expect(read('2001:db8::1')).toBe('2001:db8::1 5013');
	expect(read('[2001:db8::1]:6000')).toBe('2001:db8::1 6000');
	expect(read('  ')).toBe('');
});

test('how far an address reaches', () => {
	const reach = (list: string): string[] => list.split(' ').map(reachOf);
	expect(new Set(reach('127.0.0.1 127.8.8.8 ::1 localhost'))).toEqual(new Set(['loopback']));
	expect(new Set(reach('10.1.2.3 172.16.0.1 172.31.9.9 192.168.1.1 100.64.0.1 169.254.1.1 fe80::1 fd00::1 box.local truckbox'))).toEqual(new Set(['private']));
	expect(new Set(reach('8.8.8.8 172.32.0.1 172.15.0.1 100.128.0.1 2001:db8::1'))).toEqual(new Set(['public']));
	expect(reachOf('gw.example.com')).toBe('name');
});

test('the best address comes first, and what is listened on alone is all there is', () => {
	expect(candidates('0.0.0.0', 'localhost', ['192.168.1.5', '198.51.100.7'])).toEqual(['198.51.100.7', '192.168.1.5', 'localhost']);
	expect(candidates('0.0.0.0', 'gw.example.com', ['198.51.100.7'])).toEqual(['gw.example.com', '198.51.100.7']);
	expect(candidates('127.0.0.1', 'gw.example.com', ['198.51.100.7'])).toEqual(['127.0.0.1']);
});

test('the words for the tracker', () => {
	const place = { host: '192.0.2.10', port: 5013 };
	expect(smsServer('123456', place)).toBe('adminip123456 192.0.2.10 5013');
	expect(smsApn('654321', 'internet')).toBe('apn654321 internet');
	expect(moveCommand(place, Date.UTC(2026, 0, 1, 13, 3, 5) / 1000)).toBe('S23,130305,192,0,2,10,5013');
	expect(moveCommand({ host: 'gw.example.com', port: 5013 }, 0)).toBe(null);
	expect(simulateLine({ host: '0.0.0.0', port: 15013 })).toBe('build/cantrack simulate --to 127.0.0.1:15013 --devices 10 --seconds 600');
});
