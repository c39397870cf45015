import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { ApiError, get } from './lib/api';
import { farewell, logIn } from './lib/session';
import { t } from './lib/text';
import { useTitle } from './ui/bits';

const busy = signal(false);

async function tryKey(input: HTMLInputElement): Promise<void> {
	const key = input.value.trim().replace(/^FlespiToken\s+/, '');
	busy.value = true;
	try {
		await get('auth/info', { key });
		logIn(key);
	} catch (error) {
		const wrong = error instanceof ApiError && error.status === 401;
		farewell.value = wrong ? t('login.wrong') : (error as Error).message;
	} finally {
		busy.value = false;
		input.focus();
		input.select();
	}
}

export function Login() {
	const input = useRef<HTMLInputElement>(null);
	useLayoutEffect(() => input.current!.focus(), []); // also after a view that ended
	useTitle(t('login.title'));
	return (
		<main class="login">
			<form onSubmit={(e) => (e.preventDefault(), void tryKey(input.current!))}>
				<h1>{t('login.title')}</h1>
				<label class="field">
					<span>{t('login.token')}</span>
					<input ref={input} type="password" required autocomplete="current-password" spellcheck={false} />
				</label>
				{farewell.value && (
					<p class="error" role="alert">
						{farewell.value}
					</p>
				)}
				<button class="primary" disabled={busy.value}>
					{t('login.go')}
				</button>
				<p class="faint">{t('login.hint')}</p>
			</form>
		</main>
	);
}
