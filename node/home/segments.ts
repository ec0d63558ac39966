/**
 * Moves archived items from the facts into segments, so that the index stays as large as what is open [I15]. A segment
 * is written in the same batch as the facts that name it; who reads one compares it with that name.
 */
import { decodeSegment, encodeSegment, segmentHash } from '../../shared/documents/index.ts';
import {
	depart,
	type Found,
	type Item,
	mayLeave,
	type ProjectFacts,
	searchItems,
} from '../../shared/pipeline/index.ts';
import type { Log, Store, StoreWrite } from '../../shared/ports/index.ts';

export interface SegmentsOptions {
	readonly project: string;
	readonly store: Store;
	readonly log: Log;
	/** Publishes what `change` makes of the facts, with its writes in the same batch; null changes nothing. */
	readonly revise: (
		change: (facts: ProjectFacts) => { readonly facts: ProjectFacts; readonly writes: readonly StoreWrite[] } | null,
	) => Promise<void>;
}

/** That many make a segment at once; fewer wait, so that segments do not become many and tiny. */
const itemsMin = 100;
const waitMsMax = 24 * 60 * 60_000;
/** Segments written in one pass. */
const perPassMax = 20;

export class Segments {
	readonly #options: SegmentsOptions;

	constructor(options: SegmentsOptions) {
		this.#options = options;
	}

	/** Moves what is due at `now`, wall ms. */
	async pass(facts: ProjectFacts, now: number): Promise<void> {
		for (let round = 0; round < perPassMax && isDue(facts, now); round++) {
			let next: ProjectFacts | null = null;
			await this.#options.revise((current) => {
				const made = this.#close(current);
				next = made?.facts ?? null;
				return made;
			});
			if (next === null) return;
			facts = next;
		}
	}

	/** Items of segments that have all words, best first. Reads every segment: searching is rare, memory is not spent on it. */
	async search(facts: ProjectFacts, query: string): Promise<readonly Found[]> {
		return searchItems(await this.#all(facts), query);
	}

	/** An item that has left the facts. */
	async find(facts: ProjectFacts, wanted: (item: Item) => boolean): Promise<Item | undefined> {
		return (await this.#all(facts)).find(wanted);
	}

	#close(facts: ProjectFacts): { readonly facts: ProjectFacts; readonly writes: readonly StoreWrite[] } | null {
		const { project, log } = this.#options;
		const leaving = mayLeave(facts);
		if (leaving.length === 0) return null;
		const number = Math.max(0, ...Object.keys(facts.segments ?? {}).map(Number)) + 1;
		const { bytes, hash, taken } = encodeSegment(project, number, leaving);
		const { facts: rest, gone } = depart(facts, leaving.slice(0, taken));
		log.info('segment.closed', { number, items: gone.length, bytes: bytes.byteLength });
		return {
			facts: { ...rest, segments: { ...facts.segments, [number]: { hash, items: gone.length } } },
			writes: [{ kind: 'append', stream: streamOf(project), bytes }],
		};
	}

	async #all(facts: ProjectFacts): Promise<readonly Item[]> {
		const { project, store } = this.#options;
		const names = new Set(Object.values(facts.segments ?? {}).map(({ hash }) => hash));
		const items: Item[] = [];
		for (const { bytes } of await store.read(streamOf(project))) {
			const hash = segmentHash(bytes);
			// What no fact names is of an older term.
			if (names.delete(hash)) items.push(...decodeSegment(bytes, { project, hash }).items);
		}
		return items;
	}
}

function isDue(facts: ProjectFacts, now: number): boolean {
	const leaving = mayLeave(facts);
	return leaving.length >= itemsMin || leaving.some(({ changedAt }) => now - changedAt >= waitMsMax);
}

const streamOf = (project: string): string => `segment/${project}`;
