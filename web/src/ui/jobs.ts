// Long work: it is shown in a tray with how far it is, and can be cancelled.
import { signal } from '@preact/signals';
import { toast } from './toast';
import { t } from '../lib/text';

export interface Job {
	id: number;
	title: string;
	/** 0..1; null: it is not known how much there is. */
	progress: number | null;
	/** "3,000 messages". */
	detail: string;
	cancel: () => void;
}

export const jobs = signal<Job[]>([]);
let lastId = 0;

export interface JobControl {
	signal: AbortSignal;
	report: (progress: number | null, detail: string) => void;
}

/** Runs the work and shows it meanwhile. It must end soon after its signal is aborted, by throwing.
 *  Resolves with what the work gives; undefined: it was cancelled, or it failed and a toast said why. */
export async function runJob<T>(title: string, work: (control: JobControl) => Promise<T>): Promise<T | undefined> {
	const abort = new AbortController();
	const id = ++lastId;
	jobs.value = [...jobs.value, { id, title, progress: null, detail: '', cancel: () => abort.abort() }];
	const report = (progress: number | null, detail: string): void => {
		jobs.value = jobs.value.map((job) => (job.id === id ? { ...job, progress, detail } : job));
	};
	try {
		return await work({ signal: abort.signal, report });
	} catch (e) {
		if (abort.signal.aborted) toast(t('jobs.cancelled', { title }));
		else toast(t('jobs.failed', { title, reason: (e as Error).message }), 'error');
		return undefined;
	} finally {
		jobs.value = jobs.value.filter((job) => job.id !== id);
	}
}
