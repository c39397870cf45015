// The last minutes of a figure, small enough to stand beside it.
interface SparklineProps {
	/** Oldest first. */
	values: number[];
	/** What is read aloud. */
	label: string;
	/** How many values the width stands for at most; a few ones stand at the right. */
	room?: number;
	kind?: 'plain' | 'bad';
}

const WIDTH = 120;
const HEIGHT = 28;

/** The points of a line in a box; the smallest value is 0, the largest touches the top. */
function sparkPoints(values: number[], room: number): [number, number][] {
	const top = Math.max(...values, 0) || 1;
	const step = WIDTH / Math.max(1, room - 1);
	const begin = WIDTH - step * (values.length - 1);
	return values.map((v, i) => [begin + i * step, HEIGHT - 1.5 - (Math.max(0, v) / top) * (HEIGHT - 3)]);
}

/** So many values fill the width at the beginning, so that there is something to see soon. */
const FEW = 30;

export function Sparkline({ values, label, room = values.length, kind = 'plain' }: SparklineProps) {
	const points = sparkPoints(values.slice(-room), Math.min(room, Math.max(FEW, values.length)));
	const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
	const first = points[0];
	return (
		<svg class={`spark ${kind}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
			{first && points.length > 1 && (
				<>
					<polygon points={`${first[0].toFixed(1)},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
					<polyline points={line} />
				</>
			)}
		</svg>
	);
}
