// Names beside markers: each is drawn once and then copied.
import { FONT } from './palette';

const BOLD = `600 12px ${FONT}`;
const MOST = 600;
const LONGEST = 24;
const PAD = 3;
export const LABEL_HEIGHT = 18;

export interface Label {
	canvas: HTMLCanvasElement;
	width: number;
}

export class Labels {
	private readonly made = new Map<string, Label>();

	constructor(private readonly text: string, private readonly halo: string, private readonly ratio: number) {}

	of(name: string): Label {
		const known = this.made.get(name);
		if (known) return known;
		if (this.made.size >= MOST) this.made.clear();
		const label = this.make(name.length > LONGEST ? name.slice(0, LONGEST - 1) + '…' : name);
		this.made.set(name, label);
		return label;
	}

	private make(words: string): Label {
		const canvas = document.createElement('canvas');
		const context = canvas.getContext('2d')!;
		context.font = BOLD;
		const width = Math.ceil(context.measureText(words).width) + 2 * PAD;
		canvas.width = Math.ceil(width * this.ratio);
		canvas.height = LABEL_HEIGHT * this.ratio;
		context.scale(this.ratio, this.ratio);
		context.font = BOLD;
		context.textBaseline = 'middle';
		context.lineJoin = 'round';
		context.lineWidth = 3.5;
		context.strokeStyle = this.halo;
		context.strokeText(words, PAD, LABEL_HEIGHT / 2);
		context.fillStyle = this.text;
		context.fillText(words, PAD, LABEL_HEIGHT / 2);
		return { canvas, width };
	}
}
