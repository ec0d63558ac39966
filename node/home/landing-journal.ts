/**
 * The landing that is being made, or was made and not checked yet: written before main moves, removed when the
 * independent check has spoken. So whoever starts after a kill in between knows what to check, and against what [I9].
 * One record a project; the next landing takes its place.
 */
import { z } from 'zod';
import type { Item } from '../../shared/pipeline/index.ts';
import { parseCommitId, type Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import type { Candidate } from './landing.ts';

const commitId = z.string().transform(parseCommitId);

const landingMadeSchema = z.object({
	item: z.object({ key: z.string(), number: z.int(), result: z.object({ base: z.string() }).nullable() }),
	candidate: z.object({ commit: commitId, tree: commitId, tip: commitId, result: commitId }),
});

/** What there is to check of a landing. */
export type LandingMade = Readonly<z.output<typeof landingMadeSchema>>;

/** Leaves out what a check does not need. */
export function landingMade(item: Item, { commit, tree, tip, result }: Candidate): LandingMade {
	const { key, number } = item;
	return {
		item: { key, number, result: item.result && { base: item.result.base } },
		candidate: { commit, tree, tip, result },
	};
}

export class LandingJournal {
	readonly #store: Pick<Store, 'get' | 'write'>;
	readonly #key: string;

	constructor(store: Pick<Store, 'get' | 'write'>, project: string) {
		this.#store = store;
		this.#key = `landing/${project}`;
	}

	/** What was written last and not cleared; null where there is nothing, or nothing of this shape. */
	async read(): Promise<LandingMade | null> {
		const known = readAs(landingMadeSchema, await this.#store.get(this.#key));
		return known.success ? known.data : null;
	}

	async write({ item, candidate }: LandingMade): Promise<void> {
		const value = { item: { ...item, result: item.result && { ...item.result } }, candidate: { ...candidate } };
		await this.#store.write([{ kind: 'put', key: this.#key, value }]);
	}

	async clear(): Promise<void> {
		await this.#store.write([{ kind: 'delete', key: this.#key }]);
	}
}
