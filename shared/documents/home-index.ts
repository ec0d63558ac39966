/**
 * The index of a project where it is written. It turns by itself: the publication after which most of the document is
 * past goes into a new generation, in the batch that would have held it anyway, so that a crash leaves the one or the
 * other. Whoever holds the index asks here which one it is now; a generation that was left is never written again.
 */
import type { IntentId, ProjectFacts } from '../pipeline/index.ts';
import type { Log, Store, StoreWrite } from '../ports/index.ts';
import { isTurnDue, type TurnBounds } from './generation.ts';
import type { RefusalRecord } from './index-records.ts';
import { freeGeneration, type ProjectIndex } from './project-index.ts';

export interface HomeIndexOptions {
	readonly store: Store;
	readonly project: string;
	readonly log: Log;
	/** The current generation, writable. */
	readonly index: ProjectIndex;
	/** Default: what limits.ts says. */
	readonly turnBounds?: TurnBounds;
}

export class HomeIndex {
	readonly #options: HomeIndexOptions;
	readonly #listeners = new Set<() => void>();
	readonly #turnListeners = new Set<() => void>();
	#index: ProjectIndex;

	constructor(options: HomeIndexOptions) {
		this.#options = options;
		this.#index = options.index;
	}

	/** The generation that is written now. */
	get current(): ProjectIndex {
		return this.#index;
	}

	get facts(): ProjectFacts {
		return this.#index.facts;
	}

	get refusals(): Readonly<Record<IntentId, RefusalRecord>> {
		return this.#index.refusals;
	}

	/** As ProjectIndex publishes. One at a time: the next is called when this one has resolved. */
	async publish(
		next: ProjectFacts,
		writes: readonly StoreWrite[] = [],
		refusals: Readonly<Record<IntentId, RefusalRecord | null>> = {},
	): Promise<void> {
		if (isTurnDue(this.#index.size, this.#options.turnBounds)) await this.#turn(next, { writes, refusals });
		else await this.#index.publish(next, writes, refusals);
		for (const listener of this.#listeners) listener();
	}

	/** Called after each publication, in whichever generation it is; must not throw. */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Called when another generation has begun and `current` is that one; must not throw. */
	onTurn(listener: () => void): () => void {
		this.#turnListeners.add(listener);
		return () => this.#turnListeners.delete(listener);
	}

	async #turn(facts: ProjectFacts, along: Parameters<ProjectIndex['startGeneration']>[2]): Promise<void> {
		const { store, project, log } = this.#options;
		const before = this.#index;
		const generation = freeGeneration(store, project, before.generation);
		const index = await before.startGeneration(generation, facts, along);
		this.#index = index;
		log.info('index.turned', { from: before.generation, to: generation, was: before.size, is: index.size });
		// Who is told begins to listen anew: in the set itself that would never end.
		for (const listener of [...this.#turnListeners]) listener();
	}
}
