// A hex dump: offsets, bytes, and what of them can be printed.
import { t } from '../../lib/text';
import { dump } from './bytes';

export function Dump({ bytes, width = 16 }: { bytes: string; width?: number }) {
	return (
		<pre class="dump" tabIndex={0} aria-label={t('traffic.dump')}>
			{dump(bytes, width).map((line) => (
				<span key={line.offset}>
					<i>{line.offset}</i> {line.hex.padEnd(3 * width - 1)} <b>{line.ascii}</b>
					{'\n'}
				</span>
			))}
		</pre>
	);
}
