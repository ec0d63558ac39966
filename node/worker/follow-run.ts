/**
 * A run's log from one line on, as it is written: what is on disk first, then what comes, without a gap or a repeat. A
 * reader that is slower than the run is sent back to the disk, so what waits for it is bounded [I15].
 */
import type { LogLine } from '../../shared/operations/index.ts';
import { linesAtOnceMax } from '../../shared/protocol/work-methods.ts';
import type { RunLogs } from './run-log.ts';

export interface RunPlace {
	readonly key: string;
	readonly run: string;
	/** Lines after this one; negative: so many of the last, and what comes. */
	readonly after: number;
}

/** Ends when the run's log is closed and all of it was read, or `signal` is aborted. */
export async function* followRun(
	logs: Pick<RunLogs, 'subscribe' | 'after' | 'isWritten'>,
	{ key, run, after }: RunPlace,
	signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void, undefined> {
	let waiting: LogLine[] = [];
	let isBehind = true;
	let at = after;
	let wake = (): void => undefined;
	const unsubscribe = logs.subscribe((told) => {
		if (told.key !== key || told.run !== run) return;
		if (told.line !== null && !isBehind) waiting.push(told.line);
		if (waiting.length > waitingMax) [waiting, isBehind] = [[], true];
		wake();
	});
	const onAbort = (): void => wake();
	signal.addEventListener('abort', onAbort, { once: true });
	try {
		while (!signal.aborted) {
			const isWritten = logs.isWritten(key, run);
			// No await from here to the end of the branch: a line is either on disk or will wait.
			let lines: readonly LogLine[] = waiting;
			waiting = [];
			if (isBehind) {
				lines = logs.after(key, run, at);
				isBehind = false;
			}
			for (let from = 0; from < lines.length && !signal.aborted; from += linesAtOnceMax) {
				const some = lines.slice(from, from + linesAtOnceMax);
				at = some.at(-1)?.seq ?? at;
				yield some;
			}
			at = Math.max(at, 0);
			if (waiting.length > 0 || isBehind) continue;
			if (!isWritten) return;
			await new Promise<void>((resolve) => {
				wake = resolve;
				if (signal.aborted || waiting.length > 0 || isBehind || !logs.isWritten(key, run)) resolve();
			});
		}
	} finally {
		unsubscribe();
		signal.removeEventListener('abort', onAbort);
	}
}

/** Lines in memory for one reader. */
const waitingMax = 2_000;
