import { expect, test } from 'vitest';
import type { Message } from '../../fleet/store';
import { fieldsOf, frameOf, framesIn, hasFrame, type Packet } from './frame';

const ID = '865205000000001';
const v1 = (time: string, status = 'FFFFFBFF'): string => `*HQ,${ID},V1,${time},A,2240.55181,N,11358.32389,E,10.00,180,101124,${status}#`;
const received = (timestamp: number, text: string, conn = 7): Packet => ({ conn, data: btoa(text), timestamp, type: 2 });
const message = (arrived: number, time: string, more: Partial<Message> = {}): Message => ({
	ident: ID,
	'message.type': 'V1',
	peer: '127.0.0.1:1',
	'server.timestamp': arrived,
	timestamp: Date.UTC(2024, 10, 10, Number(time.slice(0, 2)), Number(time.slice(2, 4)), Number(time.slice(4))) / 1000,
	'vehicle.state': 'FFFFFBFF',
	'position.latitude': 22.6758635,
	...more,
});
const htbt = (arrived: number, level: number): Message => ({ ident: ID, 'message.type': 'HTBT', peer: 'x', 'server.timestamp': arrived, timestamp: arrived, 'battery.level': level });

test('two frames of one packet are told apart by their time', () => {
	const packets = [received(10, v1('101010') + '\r\n' + v1('101020'))];
	const found = frameOf(message(10, '101020'), packets);
	expect(found.frames.map((frame) => frame.text)).toEqual([v1('101020')]);
	expect(found.frames[0]).toMatchObject({ began: 10, ended: 10, packets: 1 });
});

test('a frame that was split belongs to the packet that made it whole', () => {
	const text = v1('101030');
	const packets = [received(10, v1('101010') + text.slice(0, 20)), received(11, text.slice(20, 40)), received(12, text.slice(40) + v1('101040'))];
	const found = frameOf(message(12, '101030'), packets);
	expect(found.frames).toEqual([{ text, began: 10, ended: 12, packets: 3 }]);
	expect(frameOf(message(10, '101010'), packets.slice(0, 1)).frames).toHaveLength(1);
});

test('other connections do not get in between', () => {
	const text = v1('101030');
	const packets = [received(10, text.slice(0, 20)), received(11, v1('090000'), 8), received(12, text.slice(20))];
	expect(frameOf(message(12, '101030'), packets).frames.map((frame) => frame.text)).toEqual([text]);
});

test('what differs in nothing is told as several', () => {
	const packets = [received(10, v1('101010') + v1('101010'))];
	expect(frameOf(message(10, '101010'), packets).frames).toHaveLength(2);
});

test('frames of the same type are told apart by what they say', () => {
	const packets = [received(10, `*HQ,${ID},HTBT,87#*HQ,${ID},HTBT,86#*HQ,${ID},V1,V#`)];
	expect(frameOf(htbt(10, 86), packets).frames.map((frame) => frame.text)).toEqual([`*HQ,${ID},HTBT,86#`]);
});

test('it is said when the traffic is not there any more, and when no frame fits', () => {
	expect(frameOf(htbt(10, 86), [received(9, `*HQ,${ID},HTBT,86#`)])).toMatchObject({ recorded: false, frames: [] });
	expect(frameOf(htbt(10, 86), [received(10, v1('101010'))])).toMatchObject({ recorded: true, frames: [] });
});

test('without its # a frame ends where the next one begins, binary records are passed over', () => {
	const noEnd = `*HQ,${ID},V1,101010,V`;
	const frames = framesIn([received(10, '$\x86\x52*\x00'), received(11, noEnd + '*H'), received(12, `Q,0${ID},HTBT#`)]);
	expect(frames.map((frame) => [frame.text, frame.ended])).toEqual([
		[noEnd, 12],
		[`*HQ,0${ID},HTBT#`, 12],
	]);
});

test('leading zeros, blanks and small letters stay as they came', () => {
	const text = `*hq,00${ID}, V1 ,101010,A,2240.55181,N,11358.32389,E,10.00,180,101124FFFFFBFF#`;
	expect(frameOf(message(10, '101010'), [received(10, text)]).frames).toHaveLength(1);
});

test('messages that were stored over REST have no frame', () => {
	expect(hasFrame({ timestamp: 1, 'channel.id': 0 })).toBe(false);
	expect(hasFrame(htbt(1, 2))).toBe(true);
});

const names = (frame: string): string => fieldsOf(frame).map((field) => field.name).join(' ');

test('the fields have their names', () => {
	expect(names(v1('101010'))).toBe('vendor id type time validity latitude hemisphere longitude hemisphere speed direction date status');
	expect(names(`*HQ,${ID},HTBT,87#`)).toBe('vendor id type percent');
	expect(names(`*HQ,${ID},V3,101010,46000,02,009520,003661,150,-70,009520,004030,131,,0292,0,X,101124,FFFFFBFF#`)).toBe(
		'vendor id type time network count lac cell strength dbm lac cell strength dbm battery reboot mark date status',
	);
	expect(names(`*HQ,${ID},V5,101010,2,AABBCCDDEEFF77,AABBCCDDEE0080,0256,101124,FFFFFBFF#`)).toBe('vendor id type time count wifi wifi battery date status');
	expect(names(`*HQ,${ID},V4,S20,DONE,130305,101010,A,2240.55181,N,11358.32389,E,10.00,180,101124,FFFFFBFF#`)).toBe(
		'vendor id type command result commandTime time validity latitude hemisphere longitude hemisphere speed direction date status',
	);
	expect(names(`*HQ,${ID},LINK,1,2#`)).toBe('vendor id type unknown unknown');
});

test('a field that has not its form is not given a name that it does not deserve', () => {
	expect(names(`*HQ,${ID},V1,1010,A,2240.55181,N,11358.32389,E,10.00,180,101124,FFF#`)).toBe(
		'vendor id type unknown validity latitude hemisphere longitude hemisphere speed direction date unknown',
	);
});
