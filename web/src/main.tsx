import { render } from 'preact';
import { effect } from '@preact/signals';
import './styles/base.css';
import './styles/shell.css';
import { deviceTypes, loadDeviceTypes, startFleet } from './fleet/store';
import { reachable } from './lib/api';
import { startLive } from './lib/live';
import { loadParameters, parameters } from './lib/parameters';
import { token } from './lib/session';
import { language } from './lib/text';
import { Login } from './login';
import { Shell } from './shell';

document.documentElement.lang = language;
startLive();
effect(() => (token.value ? startFleet() : undefined));
effect(() => {
	if (!token.value || !reachable.value) return; // what does not come is asked for again when the gateway is back
	if (!parameters.peek().size) void loadParameters().catch(() => undefined);
	if (!deviceTypes.peek().length) void loadDeviceTypes().catch(() => undefined);
});

function App() {
	return token.value ? <Shell /> : <Login />;
}

render(<App />, document.getElementById('app')!);
