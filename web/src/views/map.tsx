import { lazy } from '../ui/lazy';

export const MapView = lazy(() => import('../map/fleet-view').then((m) => m.FleetView));
