import { deviceTypes } from './store';

/** The models of trackers, for a <select>: what it has chosen is shown also when they come later. */
export const modelOptions = () =>
	deviceTypes.value.map((type) => (
		<option key={type.id} value={type.id}>
			{type.title}
		</option>
	));
