/** Waiting with an end: a signal that fires when the caller's does or when time is up, on the clock that was given. */
import type { Clock } from '../ports/index.ts';

export interface Deadline extends Disposable {
	readonly signal: AbortSignal;
	/** Stops counting until `renew`. */
	hold(): void;
	/** Begins to count anew. */
	renew(): void;
}

/** `late` makes the reason of the abort when `ms` have passed; without `ms` only the caller's signal ends it. */
export function deadline(
	clock: Clock,
	options: { ms?: number | undefined; signal?: AbortSignal | undefined; late: () => Error },
): Deadline {
	const controller = new AbortController();
	const onAbort = (): void => controller.abort(options.signal?.reason);
	const start = (): (() => void) =>
		options.ms === undefined ? () => undefined : clock.after(options.ms, () => controller.abort(options.late()));
	let cancel = start();
	if (options.signal?.aborted) onAbort();
	else options.signal?.addEventListener('abort', onAbort, { once: true });
	return {
		signal: controller.signal,
		hold: () => cancel(),
		renew: () => {
			cancel();
			if (!controller.signal.aborted) cancel = start();
		},
		[Symbol.dispose]: () => {
			cancel();
			options.signal?.removeEventListener('abort', onAbort);
		},
	};
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
	return new Promise((resolve, reject) => {
		const onAbort = (): void => reject(signal.reason);
		if (signal.aborted) onAbort();
		signal.addEventListener('abort', onAbort, { once: true });
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
	});
}
