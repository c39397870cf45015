import { signal } from '@preact/signals';
import { ApiError, get } from './lib/api';
import { farewell, logIn } from './lib/session';
import { t } from './lib/text';

const busy = signal(false);

async function tryKey(e: SubmitEvent): Promise<void> {
	e.preventDefault();
	const key = new FormData(e.target as HTMLFormElement).get('token')!.toString().trim().replace(/^FlespiToken\s+/, '');
	busy.value = true;
	try {
		await get('auth/info', { key });
		logIn(key);
	} catch (error) {
		const wrong = error instanceof ApiError && error.status === 401;
		farewell.value = wrong ? t('login.wrong') : (error as Error).message;
	} finally {
		busy.value = false;
	}
}

export function Login() {
	return (
		<main class="login">
			<form onSubmit={(e) => void tryKey(e)}>
				<h1>{t('login.title')}</h1>
				<label class="field">
					<span>{t('login.token')}</span>
					<input name="token" type="password" required autofocus autocomplete="current-password" spellcheck={false} />
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
