/** The browser's time and timers, for everything in the board that must not read them itself. */
import type { Clock } from '../../../shared/ports/clock.ts';

export const browserClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	after(ms, action) {
		const timer = setTimeout(action, ms);
		return () => clearTimeout(timer);
	},
};
