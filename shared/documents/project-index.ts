/**
 * The index of a project: its facts, as its home published them (signed-records.ts says how, index-records.ts says how
 * they lie there). The home writes, everyone else reads. A home of a new term begins a new generation, which has
 * nothing of the past of the one before; generations are never merged.
 */
import { type Identity, toBase64 } from '../log/index.ts';
import type { IntentId, ProjectFacts } from '../pipeline/index.ts';
import { ganglineError, type Random, type Store, type StoreWrite } from '../ports/index.ts';
import { clientRecord } from './client-id.ts';
import type { Applied, DocumentChange } from './durable-document.ts';
import { closingWrites, type DocumentSize, nextGeneration } from './generation.ts';
import { changesBetween, emptyState, type IndexState, type RefusalRecord, refusalChanges } from './index-records.ts';
import { parseMeta } from './index-schemas.ts';
import { refusalsPerAuthorMax } from './limits.ts';
import { readRecords } from './read-index.ts';
import { type RecordChange, type RecordsFormat, SignedRecords } from './signed-records.ts';

export interface ProjectIndexOptions {
	readonly store: Store;
	readonly project: string;
	/** Names one life of the index; generations are never merged. */
	readonly generation: string;
	readonly random: Random;
	/** The home's key, 32 bytes: whose word counts. */
	readonly homeKey: Uint8Array;
	/** Given at the home alone: it makes the index writable. */
	readonly identity?: Identity;
}

/** What a publication changed, when it is durable here. */
export interface IndexChange {
	readonly facts: ProjectFacts;
	/** Keys of items that changed, came or went. */
	readonly items: ReadonlySet<string>;
	readonly change: DocumentChange;
}

export class ProjectIndex {
	readonly name: string;
	readonly #options: ProjectIndexOptions;
	readonly #records: SignedRecords<IndexState, Counts>;

	/** Reads and verifies what the store has of this generation. */
	static async open(options: ProjectIndexOptions): Promise<ProjectIndex> {
		const { store, project, generation, random, homeKey, identity } = options;
		const records = await SignedRecords.open({
			store,
			name: `${indexPrefix(project)}${generation}`,
			random,
			format: formatOf(options),
			writerKey: homeKey,
			...(identity && { identity }),
		});
		return new ProjectIndex(options, records);
	}

	private constructor(options: ProjectIndexOptions, records: SignedRecords<IndexState, Counts>) {
		this.name = records.name;
		this.#options = options;
		this.#records = records;
	}

	/** Frozen; the same object until something is published. Items that did not change stay the same objects. */
	get facts(): ProjectFacts {
		return this.#records.state.facts;
	}

	/** Refusals that are kept, by intent. */
	get refusals(): Readonly<Record<IntentId, RefusalRecord>> {
		return this.#records.state.refusals;
	}

	get generation(): string {
		return this.#options.generation;
	}

	/** Base64: the key of the home that signs this generation. */
	get homeKey(): string {
		return toBase64(this.#options.homeKey);
	}

	/** Equal on two replicas if and only if all their records are. */
	get stateHash(): string {
		return this.#records.stateHash;
	}

	/** The store may have lost publications that others have: the home must raise its term in a new generation. */
	get isDamaged(): boolean {
		return this.#records.isDamaged;
	}

	/** Structures in the document and records it needs: whether a new generation is due (generation.ts). */
	get size(): DocumentSize {
		return this.#records.size;
	}

	get stateVector(): Uint8Array {
		return this.#records.stateVector;
	}

	/** One update with everything that a replica with `stateVector` lacks. */
	difference(stateVector?: Uint8Array): Uint8Array {
		return this.#records.difference(stateVector);
	}

	/** Called after each publication that changed something here; must not throw. */
	subscribe(listener: (change: IndexChange) => void): () => void {
		return this.#records.subscribe(({ state, keys, change }) => {
			const items = new Set([...keys].filter((key) => /^[it]\//.test(key)).map((key) => key.slice(2)));
			listener({ facts: state.facts, items, change });
		});
	}

	/**
	 * Publishes what `next` changes, with `writes` in the same batch; resolves when it is durable. `refusals`: why
	 * intents were refused, null where that can be forgotten. Throws INVALID_ARGUMENT for facts that readers would refuse.
	 */
	async publish(
		next: ProjectFacts,
		writes: readonly StoreWrite[] = [],
		refusals: Readonly<Record<IntentId, RefusalRecord | null>> = {},
	): Promise<void> {
		await this.#records.publish(this.#changes(next, refusals), countsOf(next), writes);
	}

	/** Takes an update of a peer. Throws MALFORMED, TOO_LARGE or BAD_SIGNATURE when it is not what the home published. */
	apply(update: Uint8Array, from: string): Promise<Applied> {
		return this.#records.apply(update, from);
	}

	/**
	 * A new generation with these facts and nothing of their past. In one batch it is written whole, becomes the current
	 * one of the store, and takes every earlier one away. Publish nothing in this one afterwards.
	 */
	async startGeneration(
		generation: string,
		facts: ProjectFacts = this.facts,
		{ writes = [], refusals = {} }: AlongWith = {},
	): Promise<ProjectIndex> {
		const { store, project } = this.#options;
		const next = await ProjectIndex.open({ ...this.#options, generation });
		const becoming = becomeCurrentWrites(store, project, generation);
		const changes = this.#changes(facts, refusals);
		await next.#records.inherit(this.#records, changes, countsOf(facts), [...becoming, ...writes]);
		return next;
	}

	/** The records in which these facts and refusals differ from what was published, or is on its way. */
	#changes(next: ProjectFacts, refusals: NonNullable<AlongWith['refusals']>): readonly RecordChange[] {
		const before = this.#records.taken;
		return [...changesBetween(before.facts, next), ...refusalChanges(before.refusals, refusals, refusalsPerAuthorMax)];
	}
}

/** What goes into the batch of a publication. */
export interface AlongWith {
	readonly writes?: readonly StoreWrite[];
	/** Why intents were refused; null where that can be forgotten. */
	readonly refusals?: Readonly<Record<IntentId, RefusalRecord | null>>;
}

/**
 * Makes a generation, of which the store has everything, the current one; the ones before it go. `left`: the one that
 * was current, which goes whatever its number.
 */
export function becomeCurrentWrites(
	store: Pick<Store, 'streams'>,
	project: string,
	generation: string,
	left?: string,
): readonly StoreWrite[] {
	const pointer = { kind: 'put', key: currentKey(project), value: generation } as const;
	return [pointer, ...closingWrites(store, indexPrefix(project), generation, left)];
}

/** Takes away what the store has of one generation, which is not the current one. */
export function forgetWrites(project: string, generation: string): readonly StoreWrite[] {
	const stream = `${indexPrefix(project)}${generation}`;
	return [
		{ kind: 'drop', stream },
		{ kind: 'delete', key: clientRecord(stream) },
	];
}

/** The name of a generation that the store has nothing of: the one after `generation`, as a rule. */
export function freeGeneration(store: Pick<Store, 'lastSeq'>, project: string, generation: string): string {
	let next = nextGeneration(generation);
	while (store.lastSeq(`${indexPrefix(project)}${next}`) > 0) next = nextGeneration(next);
	return next;
}

/** The generation that the store holds as the project's current one; the first is called 1. */
export async function currentGeneration(store: Store, project: string): Promise<string> {
	const value = await store.get(currentKey(project));
	return typeof value === 'string' ? value : '1';
}

type Counts = Pick<ProjectFacts, 'term' | 'revision' | 'nextNumber'>;

const countsOf = ({ term, revision, nextNumber }: Counts): Counts => ({ term, revision, nextNumber });

const indexPrefix = (project: string): string => `doc/${project}/index/`;

const currentKey = (project: string): string => `index/${project}/generation`;

function formatOf({ project, generation }: ProjectIndexOptions): RecordsFormat<IndexState, Counts> {
	return {
		statement: `gangline index 1\0${project}\0${generation}\0`,
		writer: 'home',
		damagedHint: 'Start again with a copy of the store from a backup, or let the home move: gangline doctor',
		empty: emptyState,
		countsOf: ({ facts }) => countsOf(facts),
		parseMeta,
		read: readRecords,
		checkOrder({ facts }, next) {
			if (next.term === facts.term && next.revision >= facts.revision) return;
			throw ganglineError(
				'MALFORMED',
				`revision ${next.revision} of term ${next.term} came after ${facts.revision} of ${facts.term}`,
			);
		},
	};
}
