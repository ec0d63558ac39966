/**
 * What the home keeps beside the facts of an item (records of its runs, what was said about it, logs) goes when the item
 * has left the facts: by a person's word, or long closed into a segment, where nothing asks for them any more [I15].
 */
import type { Clock } from '../../shared/ports/index.ts';
import type { Home } from './home.ts';
import type { ProjectWorker } from './project-worker.ts';
import type { RunBook } from './run-book.ts';
import type { Talks } from './talks.ts';

export interface LeftItemsOptions {
	readonly home: Pick<Home, 'item'>;
	readonly runs: Pick<RunBook, 'keepOnly'>;
	readonly talks: Pick<Talks, 'keepOnly'>;
	readonly worker: Pick<ProjectWorker, 'keepLogsOf'>;
	readonly clock: Pick<Clock, 'monotonic'>;
}

/** A node that has just begun has more urgent work. */
const firstMs = 10 * 60_000;
const everyMs = 60 * 60_000;

export class LeftItems {
	readonly #options: LeftItemsOptions;
	#dueAt: number;

	constructor(options: LeftItemsOptions) {
		this.#options = options;
		this.#dueAt = options.clock.monotonic() + firstMs;
	}

	/** Asked often, does it now and then. */
	async pass(): Promise<void> {
		const { home, runs, talks, worker, clock } = this.#options;
		if (clock.monotonic() < this.#dueAt) return;
		this.#dueAt = clock.monotonic() + everyMs;
		const isThere = (key: string): boolean => home.item(key) !== undefined;
		await runs.keepOnly(isThere);
		await talks.keepOnly(isThere);
		await worker.keepLogsOf(isThere);
	}
}
