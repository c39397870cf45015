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
	/** Of speeds, from standing to the fastest. */
	ramp: ['#3056d3', '#1a86d8', '#10a0a0', '#35a845', '#9fb312', '#e3a008', '#e8701a', '#d6293a', '#a3123f'],
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
	ramp: ['#5b7dff', '#38a6f5', '#2cc4c0', '#52cf63', '#b9d13a', '#f7c33b', '#ff9143', '#ff5d63', '#f04a86'],
};

/** Read it while painting: it follows the theme. */
export const palette = (): Palette => (isDark.value ? dark : light);
