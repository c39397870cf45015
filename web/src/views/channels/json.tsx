import { t } from '../../lib/text';
import { CopyButton } from '../../ui/bits';
import { Dialog } from '../../ui/dialog';

/** Something of the API as it is. */
export function JsonDialog({ title, value, onClose }: { title: string; value: unknown; onClose: () => void }) {
	const text = JSON.stringify(value, null, '  ');
	const foot = (
		<>
			<CopyButton text={text} />
			<button type="button" class="primary" onClick={onClose}>
				{t('common.close')}
			</button>
		</>
	);
	return (
		<Dialog wide title={title} onClose={onClose} foot={foot}>
			<pre class="json-text" tabIndex={0}>
				{text}
			</pre>
		</Dialog>
	);
}
