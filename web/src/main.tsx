import { render } from 'preact';
import { effect } from '@preact/signals';
import './styles/base.css';
import './styles/shell.css';
import { startFleet, loadDeviceTypes } from './fleet/store';
import { startLive } from './lib/live';
import { loadParameters } from './lib/parameters';
import { watchAddressForToken, token } from './lib/session';
import { language } from './lib/text';
import { Login } from './login';
import { Shell } from './shell';

watchAddressForToken();
document.documentElement.lang = language;
startLive();
effect(() => {
	if (!token.value) return undefined;
	void loadParameters().catch(() => undefined);
	void loadDeviceTypes().catch(() => undefined);
	return startFleet();
});

function App() {
	return token.value ? <Shell /> : <Login />;
}

render(<App />, document.getElementById('app')!);
