import { expect, test } from 'vitest';
import { dump, escaped, fromBase64, hex } from './bytes';

test('bytes are shown as text without losing one', () => {
	expect(escaped('*HQ,\r\n\t\0\\ü#')).toBe('*HQ,\\r\\n\\t\\x00\\\\\\xfc#');
	expect(fromBase64(btoa('\xff\x00a'))).toBe('\xff\x00a');
	expect(fromBase64(undefined)).toBe('');
	expect(hex('*H\xff')).toBe('2a 48 ff');
});

test('a dump has offsets, hex and ASCII side by side', () => {
	expect(dump('*HQ,8652050000\r\n#', 16)).toEqual([
		{ offset: '0000', hex: '2a 48 51 2c 38 36 35 32 30 35 30 30 30 30 0d 0a', ascii: '*HQ,8652050000..' },
		{ offset: '0010', hex: '23', ascii: '#' },
	]);
	expect(dump('')).toEqual([]);
});
