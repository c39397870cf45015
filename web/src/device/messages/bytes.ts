// Bytes as people read them. Pure.

/** base64 → one character for each byte. */
export const fromBase64 = (data: string | undefined): string => (data ? atob(data) : '');

const ESCAPES: Record<string, string> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\\': '\\\\' };
const hex2 = (c: string): string => c.charCodeAt(0).toString(16).padStart(2, '0');

/** What can be printed as it is, the rest escaped: \r, \x00. */
export const escaped = (bytes: string): string => bytes.replace(/[^ -[\]-~]/g, (c) => ESCAPES[c] ?? '\\x' + hex2(c));

/** "2a 48 51". */
export const hex = (bytes: string): string => Array.from(bytes, hex2).join(' ');

export interface DumpLine {
	/** Of the first byte, 4 hex digits or more. */
	offset: string;
	hex: string;
	/** A dot for what cannot be printed. */
	ascii: string;
}

export function dump(bytes: string, width = 16): DumpLine[] {
	const lines: DumpLine[] = [];
	for (let at = 0; at < bytes.length; at += width) {
		const part = bytes.slice(at, at + width);
		lines.push({ offset: at.toString(16).padStart(4, '0'), hex: hex(part), ascii: part.replace(/[^ -~]/g, '.') });
	}
	return lines;
}
