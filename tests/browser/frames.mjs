// How long the page's main thread works for a frame, in processor time, out of a trace of Chromium: scripts (its own and those
// of libraries: decoding included), and all tasks (also layout, painting, garbage collection).

const CATEGORIES = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8.execute'];
const SCRIPT = new Set(['FunctionCall', 'EvaluateScript', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'v8.run', 'V8.Execute', 'v8.callFunction', 'WebSocketReceive']);

/** p50, p95 and p99 of numbers, in ms. */
export function marks(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const at = (share) => Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
	return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Milliseconds of processor time that events took in each frame [starts[i], starts[i + 1]); what is nested in
 *  another one is counted with it. So it does not matter what else the machine does. */
function perFrame(events, starts) {
	const sums = new Array(starts.length - 1).fill(0);
	let covered = -Infinity;
	let frame = 0;
	for (const { ts, dur, tdur } of [...events].sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
		if (ts < covered) continue;
		covered = ts + dur;
		while (frame < sums.length && starts[frame + 1] <= ts) frame++;
		if (frame < sums.length && ts >= starts[0]) sums[frame] += tdur / 1000;
	}
	return sums;
}

/** The thread whose name is that of a page's, in the process that ran most animation frames. */
function mainThread(events) {
	const counts = new Map();
	for (const e of events)
		if (e.name === 'FireAnimationFrame') counts.set(`${e.pid}:${e.tid}`, (counts.get(`${e.pid}:${e.tid}`) ?? 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** Watches the page for so many seconds: {frames, script, task, interval}, each with p50, p95 and p99. */
export async function measureFrames(browser, page, seconds) {
	await browser.chromium.startTracing(page, { categories: CATEGORIES });
	const intervals = await page.evaluate((ms) => new Promise((done) => {
		const times = [];
		const end = performance.now() + ms;
		const next = (now) => {
			times.push(now);
			if (now < end) requestAnimationFrame(next);
			else done(times.slice(1).map((time, i) => time - times[i]));
		};
		requestAnimationFrame(next);
	}), seconds * 1000);
	const { traceEvents } = JSON.parse((await browser.chromium.stopTracing()).toString());
	const thread = mainThread(traceEvents);
	const mine = traceEvents.filter((e) => `${e.pid}:${e.tid}` === thread && e.ph === 'X' && e.tdur !== undefined);
	const starts = mine.filter((e) => e.name === 'FireAnimationFrame').map((e) => e.ts).sort((a, b) => a - b);
	// several callbacks of one frame begin within less than 4 ms
	const frames = starts.filter((ts, i) => !i || ts - starts[i - 1] > 4000);
	return {
		frames: intervals.length,
		script: marks(perFrame(mine.filter((e) => SCRIPT.has(e.name)), frames)),
		task: marks(perFrame(mine.filter((e) => e.name === 'RunTask'), frames)),
		interval: marks(intervals),
	};
}
