// Colours of what is painted by script, for light and dark.
import { isDark } from '../lib/prefs';

const light = {
	sea: '#d5e3ec',
	land: '#f6f5f1',
	coast: '#a9bccb',
	border: '#cdcbc3',
	grid: 'rgba(60, 90, 120, .13)',
	gridText: '#5f7385',
	name: '#6d6a60',
	halo: 'rgba(250, 250, 247, .9)',
	text: '#1a2129',
	casing: 'rgba(255, 255, 255, .95)',
	shade: 'rgba(20, 35, 55, .35)',
	moving: '#12813d',
	idle: '#d98200',
	parked: '#1f6fd1',
	offline: '#8a94a0',
	select: '#0b63ce',
	gap: '#6b7785',
	stop: '#22303f',
	stopText: '#ffffff',
	start: '#12813d',
	end: '#c02626',
	axis: '#5a6673',
	plotGrid: 'rgba(26, 33, 41, .09)',
	plots: { speed: '#0b63ce', battery: '#12813d', voltage: '#b06a00', signal: '#7a3fc0', ignition: '#d98200' },
	/** Of speeds, from standing to the fastest: blue and yellow with its reds, each by lightness, so that who cannot
	 *  tell red from green reads it, too. */
	ramp: ['#3a3fb8', '#2f74d6', '#2f9bd8', '#6bb9d3', '#e0c22f', '#ee9f22', '#e5701a', '#cb3024', '#86133a'],
};

/** Of what is painted: as base.css has it. */
export const FONT = "'Segoe UI', system-ui, -apple-system, Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";

export type Palette = typeof light;

const dark: Palette = {
	sea: '#0b141d',
	land: '#1c242c',
	coast: '#3b4d5e',
	border: '#384450',
	grid: 'rgba(150, 185, 215, .11)',
	gridText: '#7d93a8',
	name: '#8a96a3',
	halo: 'rgba(20, 26, 33, .9)',
	text: '#e4e8ed',
	casing: 'rgba(8, 12, 17, .9)',
	shade: 'rgba(0, 0, 0, .6)',
	moving: '#3fc873',
	idle: '#f2b03d',
	parked: '#5aa5ff',
	offline: '#7b8794',
	select: '#6cb0ff',
	gap: '#8d9aa8',
	stop: '#dfe6ee',
	stopText: '#10161d',
	start: '#3fc873',
	end: '#ff7a7a',
	axis: '#9aa5b1',
	plotGrid: 'rgba(228, 232, 237, .09)',
	plots: { speed: '#6cb0ff', battery: '#4cc27a', voltage: '#e8ab4f', signal: '#bd93f5', ignition: '#f2b03d' },
	ramp: ['#5a6bf5', '#4f93f7', '#57b9f0', '#a3dbe8', '#f7e27a', '#f7bd3d', '#f58a35', '#e5533f', '#b83262'],
};

/** Read it while painting: it follows the theme. */
export const palette = (): Palette => (isDark.value ? dark : light);
