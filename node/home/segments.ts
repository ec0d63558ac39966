/**
 * Moves archived items from the facts into segments, so that the index stays as large as what is open [I15]. A segment
 * is written in the same batch as the facts that name it; who reads one compares it with that name.
 */
import { decodeSegment, encodeSegment, segmentHash } from '../../shared/documents/index.ts';
import {
	depart,
	descriptionBytesMax,
	type Found,
	type Item,
	mayLeave,
	type ProjectFacts,
	searchItems,
} from '../../shared/pipeline/index.ts';
import type { Log, Store, StoreWrite } from '../../shared/ports/index.ts';
import type { Home } from './home.ts';

export interface SegmentsOptions {
	readonly project: string;
	readonly store: Store;
	readonly log: Log;
	readonly home: Pick<Home, 'facts' | 'publish'>;
	/** The item with its text as it is now. */
	readonly described: (item: Item) => Item;
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
	async pass(now: number): Promise<void> {
		const { home } = this.#options;
		for (let round = 0; round < perPassMax && isDue(home.facts, now); round++) {
			await home.publish((facts) => this.#close(facts));
		}
	}

	/** Items of segments that have all words, best first. Reads every segment: searching is rare, memory is not spent on it. */
	async search(query: string): Promise<readonly Found[]> {
		return searchItems(await this.all(), query);
	}

	#close(facts: ProjectFacts): { readonly facts: ProjectFacts; readonly writes: readonly StoreWrite[] } | null {
		const { project, log, described } = this.#options;
		const leaving = mayLeave(facts).map((item) => withinItem(described(item)));
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

	/** Every item that has left the facts. */
	async all(): Promise<readonly Item[]> {
		const { project, store, home } = this.#options;
		const names = new Set(Object.values(home.facts.segments ?? {}).map(({ hash }) => hash));
		const items: Item[] = [];
		for (const { bytes } of await store.read(streamOf(project))) {
			const hash = segmentHash(bytes);
			// What no fact names is of an older term.
			if (names.delete(hash)) items.push(...decodeSegment(bytes, { project, hash }).items);
		}
		return items;
	}
}

/** A text may be longer than what an item may carry: its beginning is kept, the words by which it is found mostly are there. */
function withinItem(item: Item): Item {
	const bytes = Buffer.from(item.description);
	if (bytes.byteLength <= descriptionBytesMax) return item;
	const cut = new TextDecoder().decode(bytes.subarray(0, descriptionBytesMax), { stream: true });
	return { ...item, description: cut };
}

function isDue(facts: ProjectFacts, now: number): boolean {
	const leaving = mayLeave(facts);
	return leaving.length >= itemsMin || leaving.some(({ changedAt }) => now - changedAt >= waitMsMax);
}

const streamOf = (project: string): string => `segment/${project}`;
