/** A number of places; who finds none waits in line. The line is bounded. */
import { ganglineError } from '../../ports/index.ts';
import { orAborted } from '../deadline.ts';

export class Places {
	#free: number;
	readonly #lineMax: number;
	readonly #line = new Set<() => void>();

	constructor(options: { places: number; lineMax: number }) {
		this.#free = options.places;
		this.#lineMax = options.lineMax;
	}

	/** Runs `action` in a place of its own. Throws REFUSED when too many wait already, or the signal's reason. */
	async within<Result>(signal: AbortSignal, action: () => Promise<Result>): Promise<Result> {
		await this.#take(signal);
		try {
			return await action();
		} finally {
			this.#giveBack();
		}
	}

	async #take(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.#free > 0) {
			this.#free--;
			return;
		}
		if (this.#line.size >= this.#lineMax) {
			throw ganglineError('REFUSED', `${this.#line.size} questions to that node wait already`);
		}
		let called = (): void => undefined;
		const turn = new Promise<void>((resolve) => {
			called = resolve;
		});
		this.#line.add(called);
		try {
			await orAborted(turn, signal);
		} catch (error) {
			// Called and aborted at once: the place goes on to the next.
			if (!this.#line.delete(called)) this.#giveBack();
			throw error;
		}
	}

	#giveBack(): void {
		const [next] = this.#line;
		if (next === undefined) {
			this.#free++;
			return;
		}
		this.#line.delete(next);
		next();
	}
}
