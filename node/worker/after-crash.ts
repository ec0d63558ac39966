/**
 * What follows when an agent's program began no session: the same again after a pause, so often in a row as
 * agents/recovery.ts says, whatever the node lived through meanwhile; then a person, with the cause in the words of the
 * program. Written down before the pause, so that a node that falls with it goes on counting [I11].
 */
import type { Clock } from '../../shared/ports/index.ts';
import { pauseAfterCrash } from '../agents/index.ts';
import type { RecoveryBook } from './recovery-book.ts';
import type { RunLog } from './run-log.ts';

/** Resolves after so many ms; rejects with the signal's reason as soon as it is aborted. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export interface Crash {
	readonly recoveries: RecoveryBook;
	readonly pause: Pause;
	/** Of the item. */
	readonly key: string;
	/** Why, as the session's outcome says. */
	readonly reason: string;
	readonly signal: AbortSignal;
	readonly runLog: RunLog;
}

/**
 * Resolves after the pause with null where it is to be tried again, at once with why a person must look where it is not.
 * @throws the signal's reason where it was aborted
 */
export async function afterCrash({ recoveries, pause, key, reason, signal, runLog }: Crash): Promise<string | null> {
	const crashes = await recoveries.crashed(key);
	const pauseMs = pauseAfterCrash(crashes);
	if (pauseMs === null) {
		await recoveries.forgetCrashes(key);
		return `the agent could not begin, ${crashes} times in a row: ${reason}`;
	}
	runLog.write('agent', 'note', `could not begin: ${reason}; again in ${pauseMs / 1000} s\n`);
	await pause(pauseMs, signal);
	return null;
}

export function pauseOn(clock: Clock): Pause {
	return (ms, signal) =>
		new Promise((resolve, reject) => {
			const stop = (): void => {
				cancel();
				reject(signal.reason);
			};
			const cancel = clock.after(ms, () => {
				signal.removeEventListener('abort', stop);
				resolve();
			});
			signal.addEventListener('abort', stop, { once: true });
			if (signal.aborted) stop();
		});
}
