import { lazy } from '../ui/lazy';
import type { DeviceMessages } from './store';

export const TrackTab = lazy<{ log: DeviceMessages }>(() => import('../track/track-view').then((m) => m.TrackView));
