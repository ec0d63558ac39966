/**
 * Hybrid logical time: wall milliseconds where they can be had, a counter where they cannot. It never goes back and is
 * later than all it has observed, so what follows from something is never dated before it. It orders what people see;
 * it excludes nothing. A time far ahead is not taken over: one wrong clock must not drag all others with it.
 */
import type { Clock } from '../ports/index.ts';

export type HybridTime = readonly [ms: number, counter: number];

/** How far ahead of this machine's clock another's may be. */
export const aheadMsMax = 60_000;

export class HybridClock {
	readonly #clock: Clock;
	#last: HybridTime = [0, 0];

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** A time later than every one given or observed before. */
	next(): HybridTime {
		const now = this.#clock.now();
		this.#last = now > this.#last[0] ? [now, 0] : [this.#last[0], this.#last[1] + 1];
		return this.#last;
	}

	/** Takes another's time into account. False, and nothing taken, when it is more than 60 s ahead of this machine. */
	observe(time: HybridTime): boolean {
		if (time[0] > this.#clock.now() + aheadMsMax) return false;
		this.follow(time);
		return true;
	}

	/** Continues behind a time that this node gave out itself, however far its clock has gone back since. */
	follow(time: HybridTime): void {
		if (compareTimes(time, this.#last) > 0) this.#last = time;
	}
}

/** Negative when `a` is earlier. */
export function compareTimes(a: HybridTime, b: HybridTime): number {
	return a[0] - b[0] || a[1] - b[1];
}
