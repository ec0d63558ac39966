/**
 * Time. Wall time is for people and for ordering displays; every lease, limit and timeout counts monotonic
 * milliseconds of this machine alone, because other machines' clocks lie.
 */
export interface Clock {
	/** Wall time in ms since 1970. May jump. */
	now(): number;
	/** Milliseconds that never go back; only differences mean something. */
	monotonic(): number;
	/** Runs `action` once after `ms`. The returned function cancels it and may be called again. */
	after(ms: number, action: () => void): () => void;
}

/** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		if (signal?.aborted) {
			reject(signal.reason);
			return;
		}
		const onAbort = (): void => {
			cancel();
			reject(signal?.reason);
		};
		const cancel = clock.after(ms, () => {
			signal?.removeEventListener('abort', onAbort);
			resolve();
		});
		signal?.addEventListener('abort', onAbort, { once: true });
	});
}
