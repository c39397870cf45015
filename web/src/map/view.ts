// What a map shows at a moment, for who paints it.

export interface View {
	/** Pixels of the world's width. */
	scale: number;
	/** Of the upper left corner, in pixels of that world. */
	left: number;
	top: number;
	width: number;
	height: number;
}

/** Between two views, as the browser's own transitions of a transform go. */
export function between(a: View, b: View, share: number): View {
	const mix = (from: number, to: number): number => from + (to - from) * share;
	return { scale: mix(a.scale, b.scale), left: mix(a.left, b.left), top: mix(a.top, b.top), width: b.width, height: b.height };
}

/** The copies of the world that the view touches: 0 is the one from -180° to 180°. */
export function copies(view: View): number[] {
	const first = Math.floor(view.left / view.scale);
	const last = Math.floor((view.left + view.width) / view.scale);
	return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** CSS's cubic-bezier(0, 0, .25, 1), by which Leaflet zooms: the share of the way at a share of the time. */
export function ease(time: number): number {
	if (time <= 0 || time >= 1) return Math.min(1, Math.max(0, time));
	let low = 0;
	let high = 1;
	for (let i = 0; i < 20; i++) {
		const s = (low + high) / 2;
		if (3 * (1 - s) * s * s * 0.25 + s ** 3 < time) low = s;
		else high = s;
	}
	return 3 * (1 - low) * low * low + low ** 3;
}
