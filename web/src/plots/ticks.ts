// What stands at the marks of a time axis.

export interface Clock {
	/** 2026-11-30 */
	date: (at: number) => string;
	/** 14:05:59 */
	time: (at: number) => string;
}

/** `step`: seconds from mark to mark. */
export function ticks(marks: number[], step: number, { date, time }: Clock): string[] {
	return marks.map((at) => {
		const text = time(at);
		if (step >= 86400 || text === '00:00:00') return date(at);
		return step >= 60 ? text.slice(0, 5) : text;
	});
}
