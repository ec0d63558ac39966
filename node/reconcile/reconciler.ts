/**
 * Makes the world match the facts. A pass looks at both and does what is missing; doing it twice changes nothing more.
 * It runs soon after `poke` (many pokes, one pass) and every 30 s in any case, so no effect hangs on catching one
 * event, and the first pass after a crash repairs everything. Passes of one reconciler never overlap.
 */
import type { Clock, Log } from '../../shared/ports/index.ts';

export interface ReconcilerOptions {
	readonly name: string;
	readonly clock: Clock;
	readonly log: Log;
	/** One pass. What it throws is logged; the next pass tries again. */
	readonly pass: () => Promise<void>;
	/** Pokes within this time make one pass. */
	readonly debounceMs?: number;
	readonly everyMs?: number;
}

export class Reconciler {
	readonly #options: Required<ReconcilerOptions>;
	#running: Promise<void> | undefined;
	#cancelTimer: (() => void) | undefined;
	#timerIsSoon = false;
	#again = false;
	#stopped = true;

	constructor(options: ReconcilerOptions) {
		this.#options = { debounceMs: 20, everyMs: 30_000, ...options };
	}

	start(): void {
		if (!this.#stopped) return;
		this.#stopped = false;
		this.poke();
	}

	/** Asks for a pass soon. */
	poke(): void {
		if (this.#stopped) return;
		if (this.#running) {
			this.#again = true;
			return;
		}
		if (this.#timerIsSoon) return;
		this.#arm(this.#options.debounceMs, true);
	}

	/** Runs a pass now (after the one under way) and waits for it. Does nothing when stopped. */
	async now(): Promise<void> {
		await this.#running;
		if (this.#stopped) return;
		if (!this.#running) {
			this.#cancelTimer?.();
			this.#timerIsSoon = false;
			this.#running = this.#pass();
		}
		await this.#running;
	}

	/** Ends the timers and waits for the pass under way. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancelTimer?.();
		this.#cancelTimer = undefined;
		await this.#running;
	}

	#arm(ms: number, soon: boolean): void {
		this.#cancelTimer?.();
		this.#timerIsSoon = soon;
		this.#cancelTimer = this.#options.clock.after(ms, () => {
			this.#timerIsSoon = false;
			this.#running = this.#pass();
		});
	}

	async #pass(): Promise<void> {
		const { name, log, pass, debounceMs, everyMs } = this.#options;
		try {
			await pass();
		} catch (error) {
			// A pass that stopping cut short has nothing to say: the next process's first pass does what it left.
			if (!this.#stopped) log.error('reconciler.failed', { reconciler: name, error });
		}
		this.#running = undefined;
		const again = this.#again;
		this.#again = false;
		if (!this.#stopped) this.#arm(again ? debounceMs : everyMs, again);
	}
}
