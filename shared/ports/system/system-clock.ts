/**
 * The machine's own clock: with the adapters of the network, the one place of the house that reads `Date` and sets
 * timers. A timer keeps the process alive until it fires or is cancelled; who stops cancels what it has set.
 */
import type { Clock } from '../clock.ts';

/** The largest delay that Node's timers know; a longer one would fire at once, so it is waited for in parts. */
const delayMsMax = 2 ** 31 - 1;

export class SystemClock implements Clock {
	now(): number {
		return Date.now();
	}

	monotonic(): number {
		return performance.now();
	}

	after(ms: number, action: () => void): () => void {
		let cancel: () => void;
		if (ms > delayMsMax) {
			const timer = setTimeout(() => {
				cancel = this.after(ms - delayMsMax, action);
			}, delayMsMax);
			cancel = () => clearTimeout(timer);
		} else {
			const timer = setTimeout(action, Math.max(ms, 0));
			cancel = () => clearTimeout(timer);
		}
		return () => cancel();
	}
}
