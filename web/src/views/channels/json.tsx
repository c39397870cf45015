import { CopyButton } from '../../ui/bits';
import { Dialog } from '../../ui/dialog';

/** Something of the API as it is. */
export function JsonDialog({ title, value, onClose }: { title: string; value: unknown; onClose: () => void }) {
	const text = JSON.stringify(value, null, '  ');
	return (
		<Dialog wide title={title} onClose={onClose} tools={<CopyButton text={text} />}>
			<pre class="json-text" tabIndex={0}>
				{text}
			</pre>
		</Dialog>
	);
}
