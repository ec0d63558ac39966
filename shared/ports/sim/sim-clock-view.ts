/**
 * One machine's clock in a simulation: its monotonic time runs at a rate of its own and stands still while the machine
 * sleeps; its wall time jumps by itself. Its timers end with its process, as nothing of a dead process fires.
 */
import type { Clock } from '../clock.ts';

export interface SimClockViewOptions {
	/** Its milliseconds per millisecond of the world's clock; default 1. */
	readonly rate?: number;
	/** How far its wall time is ahead of the world's at the beginning. */
	readonly aheadMs?: number;
}

interface Waiting {
	/** In this view's monotonic ms. */
	readonly due: number;
	readonly action: () => void;
	cancel: () => void;
}

export class SimClockView implements Clock {
	readonly #world: Clock;
	readonly #waiting = new Set<Waiting>();
	#rate: number;
	/** Our monotonic time was `#localAt` when the world's was `#worldAt`. */
	#localAt = 0;
	#worldAt: number;
	#wallAhead: number;
	#isDead = false;

	constructor(world: Clock, { rate = 1, aheadMs = 0 }: SimClockViewOptions) {
		this.#world = world;
		this.#rate = rate;
		this.#worldAt = world.monotonic();
		this.#wallAhead = world.now() + aheadMs;
	}

	now(): number {
		return Math.floor(this.#wallAhead + this.monotonic());
	}

	monotonic(): number {
		return this.#localAt + (this.#world.monotonic() - this.#worldAt) * this.#rate;
	}

	after(ms: number, action: () => void): () => void {
		if (this.#isDead) return () => {};
		const waiting: Waiting = { due: this.monotonic() + Math.max(ms, 0), action, cancel: () => {} };
		this.#waiting.add(waiting);
		this.#arm(waiting);
		return () => {
			waiting.cancel();
			this.#waiting.delete(waiting);
		};
	}

	/** Timers that have not fired. */
	get waiting(): number {
		return this.#waiting.size;
	}

	get rate(): number {
		return this.#rate;
	}

	/** From now on at this rate; 0: asleep. */
	setRate(rate: number): void {
		this.#localAt = this.monotonic();
		this.#worldAt = this.#world.monotonic();
		this.#rate = rate;
		for (const waiting of this.#waiting) this.#arm(waiting);
	}

	/** Moves wall time alone. */
	jump(ms: number): void {
		this.#wallAhead += ms;
	}

	/** The process that had these timers is gone; the next one begins with none. */
	killTimers(): void {
		for (const { cancel } of this.#waiting) cancel();
		this.#waiting.clear();
	}

	/** The same clock for the next process of this machine; what the former one still sets is never fired. */
	successor(): SimClockView {
		this.killTimers();
		this.#isDead = true;
		const next = new SimClockView(this.#world, { rate: this.#rate });
		next.#localAt = this.monotonic();
		next.#wallAhead = this.#wallAhead;
		return next;
	}

	#arm(waiting: Waiting): void {
		waiting.cancel();
		if (this.#rate === 0) return;
		waiting.cancel = this.#world.after((waiting.due - this.monotonic()) / this.#rate, () => {
			this.#waiting.delete(waiting);
			waiting.action();
		});
	}
}
