/**
 * A clock that stands still until a test or a simulation moves it. Timers fire in the order of their due times (equal
 * ones in the order in which they were set), and what each sets in motion is run to its end before the next one fires.
 * Wall time can be moved apart from the monotonic one, as a real machine's is. A view is one machine's clock over it.
 */
import type { Clock } from '../clock.ts';
import { SimClockView, type SimClockViewOptions } from './sim-clock-view.ts';
import { type Timer, TimerHeap } from './timer-heap.ts';

export class SimClock implements Clock {
	#monotonic = 0;
	#wallOffset: number;
	#order = 0;
	readonly #timers = new TimerHeap();

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
		const timer: Timer = { due: this.#monotonic + Math.max(ms, 0), order: this.#order++, action };
		this.#timers.add(timer);
		return () => this.#timers.cancel(timer);
	}

	/** The clock of one machine: it may run faster or slower than this one, and stand still. */
	view(options: SimClockViewOptions = {}): SimClockView {
		return new SimClockView(this, options);
	}

	/** Timers that have not fired; 0 when everything that was started has ended. */
	get waiting(): number {
		return this.#timers.size;
	}

	/** When the next timer is due, in monotonic ms; undefined when nothing waits. */
	get nextDue(): number | undefined {
		return this.#timers.first?.due;
	}

	/** Lets `ms` pass, firing what becomes due. Resolves when everything that this set in motion has come to rest. */
	async advance(ms: number): Promise<void> {
		const end = this.#monotonic + ms;
		await settle();
		for (let timer = this.#timers.first; timer && timer.due <= end; timer = this.#timers.first) {
			this.#timers.cancel(timer);
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
}

/** Runs the promises that are ready, and those that they make ready, to their end. */
export function settle(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
