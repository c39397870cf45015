import { render } from 'preact';

render(<p>cantrack</p>, document.getElementById('app')!);
