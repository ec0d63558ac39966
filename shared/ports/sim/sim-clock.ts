/**
 * A clock that stands still until a test or a simulation moves it. Timers fire in the order of their due times (equal
 * ones in the order in which they were set), and what each sets in motion is run to its end before the next one fires.
 * Wall time can be moved apart from the monotonic one, as a real machine's is.
 */
import type { Clock } from '../clock.ts';

interface Timer {
	readonly due: number;
	readonly order: number;
	readonly action: () => void;
}

export class SimClock implements Clock {
	#monotonic = 0;
	#wallOffset: number;
	#order = 0;
	readonly #timers = new Set<Timer>();

	/** `startMs`: the wall time at the beginning. */
	constructor(startMs = 1_750_000_000_000) {
		this.#wallOffset = startMs;
	}

	now(): number {
		return Math.floor(this.#monotonic + this.#wallOffset);
	}

	monotonic(): number {
		return this.#monotonic;
	}

	after(ms: number, action: () => void): () => void {
		const timer = { due: this.#monotonic + Math.max(ms, 0), order: this.#order++, action };
		this.#timers.add(timer);
		return () => void this.#timers.delete(timer);
	}

	/** Timers that have not fired; 0 when everything that was started has ended. */
	get waiting(): number {
		return this.#timers.size;
	}

	/** When the next timer is due, in monotonic ms; undefined when nothing waits. */
	get nextDue(): number | undefined {
		return this.#next()?.due;
	}

	/** Lets `ms` pass, firing what becomes due. Resolves when everything that this set in motion has come to rest. */
	async advance(ms: number): Promise<void> {
		const end = this.#monotonic + ms;
		await settle();
		for (let timer = this.#next(); timer && timer.due <= end; timer = this.#next()) {
			this.#timers.delete(timer);
			this.#monotonic = Math.max(this.#monotonic, timer.due);
			timer.action();
			await settle();
		}
		this.#monotonic = end;
	}

	/** Moves wall time alone, as an operator or NTP does. */
	jump(ms: number): void {
		this.#wallOffset += ms;
	}

	#next(): Timer | undefined {
		let first: Timer | undefined;
		for (const timer of this.#timers) {
			if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer;
		}
		return first;
	}
}

/** Runs the promises that are ready, and those that they make ready, to their end. */
export function settle(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
