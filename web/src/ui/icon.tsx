// Line icons, 24 units wide, drawn with the colour of the text around them.
const PATHS = {
	arrowLeft: 'M19 12H5m6-6-6 6 6 6',
	arrowRight: 'M5 12h14m-6-6 6 6-6 6',
	battery: 'M3 8h15v8H3zM21 11v2M6 11v2m3-2v2m3-2v2',
	check: 'm5 12 5 5L20 7',
	chart: 'M4 4v16h16M7 15l4-5 3 3 5-7',
	chevronDown: 'm6 9 6 6 6-6',
	chevronRight: 'm9 6 6 6-6 6',
	chevronUp: 'm6 15 6-6 6 6',
	clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3.5 2',
	close: 'M6 6l12 12M18 6 6 18',
	code: 'm8 8-4 4 4 4m8-8 4 4-4 4m-2.5-10-3 12',
	columns: 'M4 5h16v14H4zM9.3 5v14m5.4-14v14',
	copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
	download: 'M12 4v11m-5-5 5 5 5-5M5 20h14',
	crosshair: 'M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0-3v4m0 12v4M2 12h4m12 0h4',
	edit: 'm4 20 1-5L16 4l4 4L9 19z',
	filter: 'M4 5h16l-6 8v6l-4-2v-4z',
	fit: 'M4 9V4h5m6 0h5v5m0 6v5h-5m-6 0H4v-5',
	half: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 0v18m0-14h6m-6 4h8.5m-8.5 4h8m-8 4h5',
	heart: 'M3 12h4l2-5 4 11 2.5-6H21',
	key: 'M14.5 9.5a4.5 4.5 0 1 0-4 4.5l1.5-1.5H14v-2zM8 10h.01M14 10.5 21 17v3h-3v-2h-2v-2',
	list: 'M8 6h13M8 12h13M8 18h13M3.5 6h.01M3.5 12h.01M3.5 18h.01',
	logout: 'M10 4H5v16h5m4-12 4 4-4 4m4-4H9',
	map: 'm3 6 6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14m6-12v14',
	minus: 'M5 12h14',
	moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
	more: 'M12 5h.01M12 12h.01M12 19h.01',
	pause: 'M8 5v14m8-14v14',
	play: 'm7 5 12 7-12 7z',
	plug: 'M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zm6 9v4',
	plus: 'M12 5v14M5 12h14',
	power: 'M12 4v8m5.5-5.5a8 8 0 1 1-11 0',
	refresh: 'M20 11a8 8 0 1 0-2 6m2-12v6h-6',
	route: 'M6 15a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM18 3a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM9 18h6.5a3 3 0 0 0 0-6h-7a3 3 0 0 1 0-6H15',
	search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 5 5',
	send: 'M4 12 20 4l-5 16-3.5-6.5z',
	settings: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Zm-8.5 3h3m11 0h3M12 3.5v3m0 11v3M6 6l2 2m8 8 2 2M6 18l2-2m8-8 2-2',
	signal: 'M5 19v-4m5 4V11m5 8V7m5 12V3',
	splitDown: 'M4 5h16v14H4zM4 12h16',
	splitRight: 'M4 5h16v14H4zM12 5v14',
	stop: 'M6 6h12v12H6z',
	sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M5.6 18.4 7 17m10-10 1.4-1.4',
	target: 'M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM12 2v4m0 12v4M2 12h4m12 0h4',
	trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6m4-6v6',
	truck: 'M2 6h12v11H2zM14 10h4l4 4v3h-8M6.5 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm11 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
	warning: 'M12 4 2.5 20h19zm0 6v5m0 2.5h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
	return (
		<svg class="i" viewBox="0 0 24 24" aria-hidden="true">
			<path d={PATHS[name]} />
		</svg>
	);
}
