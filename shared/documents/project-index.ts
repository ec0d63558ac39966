/**
 * The index of a project: its facts, as its home published them. The home writes, everyone else reads; each publication
 * is one transaction, one update, and carries one signature over the revision, the writers' clocks and a hash of all
 * records. So whatever a relay passes on, a replica shows exactly a state that the home published, or refuses: nothing
 * can be made up, left out, held back in part or put under another writer's clocks.
 *
 * One signature per publication instead of one per record: equal strength for a replica that has the whole index (each
 * one has), 21 µs and 88 bytes per publication instead of per record. A home of a new term begins a new generation.
 */
import type * as Y from 'yjs';
import { canonicalJson, fromBase64, type Identity, toBase64, verifySignature } from '../log/index.ts';
import type { IntentId, ProjectFacts } from '../pipeline/index.ts';
import { assert, ganglineError, type Random, type Store, type StoreWrite } from '../ports/index.ts';
import { type Applied, clocksOf, type DocumentChange, DurableDocument } from './durable-document.ts';
import {
	changesBetween,
	emptyState,
	type IndexState,
	type Meta,
	metaKey,
	parseMeta,
	type RecordChange,
	type RefusalRecord,
	readRecords,
	refusalChanges,
} from './index-records.ts';
import { recordCharactersMax, refusalsPerAuthorMax } from './limits.ts';
import { RecordTree } from './record-tree.ts';

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

const shape = { root: 'facts', kind: 'records' } as const;

export class ProjectIndex {
	readonly name: string;
	readonly #options: ProjectIndexOptions;
	readonly #durable: DurableDocument;
	readonly #listeners = new Set<(change: IndexChange) => void>();
	readonly #changedKeys = new Set<string>();
	/** What the stage said after each change that is not on disk yet, oldest first. */
	readonly #onTheWay: IndexState[] = [];
	#shown: IndexState;
	/** Over the records of the stage; undefined when it must be built again. */
	#tree: RecordTree | undefined;

	/** Reads and verifies what the store has of this generation. */
	static async open(options: ProjectIndexOptions): Promise<ProjectIndex> {
		const name = `doc/${options.project}/index/${options.generation}`;
		const { store, random } = options;
		const durable = await DurableDocument.open({ store, stream: name, name, shape, random });
		return new ProjectIndex(options, name, durable);
	}

	private constructor(options: ProjectIndexOptions, name: string, durable: DurableDocument) {
		this.name = name;
		this.#options = options;
		this.#durable = durable;
		this.#shown = emptyState;
		const records = recordsOf(durable.document);
		if (records.size > 0) this.#shown = this.#readStored(records);
		records.observe((event) => {
			for (const key of event.keysChanged) if (key !== null) this.#changedKeys.add(key);
		});
		durable.subscribe((change) => this.#show(change));
	}

	/** Frozen; the same object until something is published. Items that did not change stay the same objects. */
	get facts(): ProjectFacts {
		return this.#shown.facts;
	}

	/** Refusals that are kept, by intent. */
	get refusals(): Readonly<Record<IntentId, RefusalRecord>> {
		return this.#shown.refusals;
	}

	get generation(): string {
		return this.#options.generation;
	}

	/** Equal on two replicas if and only if all their records are. */
	get stateHash(): string {
		const meta = recordsOf(this.#durable.document).get(metaKey);
		return meta === undefined ? new RecordTree().root() : parseMeta(meta).root;
	}

	/** The store may have lost publications that others have: the home must raise its term in a new generation. */
	get isDamaged(): boolean {
		return this.#durable.isDamaged;
	}

	/** Structures in the document and records it needs; beyond four to one a new generation is due. */
	get size(): { readonly structures: number; readonly records: number } {
		const { document } = this.#durable;
		const structures = [...document.store.clients.values()].reduce((sum, structs) => sum + structs.length, 0);
		return { structures, records: recordsOf(document).size };
	}

	get stateVector(): Uint8Array {
		return this.#durable.stateVector;
	}

	/** One update with everything that a replica with `stateVector` lacks. */
	difference(stateVector?: Uint8Array): Uint8Array {
		return this.#durable.difference(stateVector);
	}

	/** Called after each publication that changed something here; must not throw. */
	subscribe(listener: (change: IndexChange) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
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
		const before = this.#taken;
		const changes = [
			...changesBetween(before.facts, next),
			...refusalChanges(before.refusals, refusals, refusalsPerAuthorMax),
		];
		const { term, revision, nextNumber } = next;
		const counts = { term, revision, nextNumber };
		const isSame = changes.length === 0 && canonicalJson(counts) === canonicalJson(countsOf(before.facts));
		await this.#durable.change((stage) => {
			if (!isSame) this.#put(stage, changes, counts);
		}, writes);
	}

	/** Takes an update of a peer. Throws MALFORMED, TOO_LARGE or BAD_SIGNATURE when it is not what the home published. */
	apply(update: Uint8Array, from: string): Promise<Applied> {
		const changed = new Set<string>();
		const collect = (event: Y.YMapEvent<string>): void => {
			for (const key of event.keysChanged) if (key !== null) changed.add(key);
		};
		const records = recordsOf(this.#durable.stage);
		records.observe(collect);
		// The stage is done with when this call returns; the promise is the disk's.
		const applied = this.#durable.apply(update, from, (stage) => this.#take(stage, changed));
		records.unobserve(collect);
		return applied;
	}

	/**
	 * A new generation with these facts and nothing of their past; it becomes the current one of the store in the same
	 * batch. Publish nothing in this one afterwards.
	 */
	async startGeneration(generation: string, facts: ProjectFacts = this.facts): Promise<ProjectIndex> {
		const next = await ProjectIndex.open({ ...this.#options, generation });
		const pointer = { kind: 'put', key: currentKey(this.#options.project), value: generation } as const;
		await next.publish(facts, [pointer], this.refusals);
		return next;
	}

	/** What the next change builds on. */
	get #taken(): IndexState {
		return this.#onTheWay.at(-1) ?? this.#shown;
	}

	/** Writes one publication into the stage. Throws to leave no trace of it. */
	#put(stage: Y.Doc, changes: readonly RecordChange[], counts: Counts): void {
		const { identity } = this.#options;
		assert(identity, 'only the home, which has its identity, publishes');
		const records = recordsOf(stage);
		for (const [key, text] of changes) {
			if (text === undefined) records.delete(key);
			else records.set(key, refuseLong(key, text));
		}
		const tree = this.#updateTree(
			records,
			changes.map(([key]) => key),
		);
		const clocks = new Map(clocksOf(stage));
		// The meta record is itself one change, the last one.
		clocks.set(stage.clientID, (clocks.get(stage.clientID) ?? 0) + 1);
		const meta = { v: 1 as const, ...counts, clocks: Object.fromEntries(clocks), root: tree.root() };
		const signature = toBase64(identity.sign(this.#statement(meta)));
		records.set(metaKey, canonicalJson({ ...meta, signature }));
		this.#onTheWay.push(this.#readBack(records, changes));
	}

	#readBack(records: Y.Map<string>, changes: readonly RecordChange[]): IndexState {
		try {
			return readRecords(this.#taken, [metaKey, ...changes.map(([key]) => key)], (key) => records.get(key));
		} catch (cause) {
			this.#tree = undefined;
			const why = cause instanceof Error ? cause.message : String(cause);
			throw ganglineError('INVALID_ARGUMENT', `these facts cannot be published: ${why}`, { cause });
		}
	}

	/** Checks what a peer's update made of the stage, and reads it. */
	#take(stage: Y.Doc, changed: ReadonlySet<string>): void {
		const records = recordsOf(stage);
		try {
			const meta = this.#verify(stage, this.#updateTree(records, changed));
			const { term, revision } = this.#taken.facts;
			if (this.#taken !== emptyState && (meta.term !== term || meta.revision < revision)) {
				throw ganglineError(
					'MALFORMED',
					`revision ${meta.revision} of term ${meta.term} came after ${revision} of ${term}`,
				);
			}
			this.#onTheWay.push(readRecords(this.#taken, changed, (key) => records.get(key)));
		} catch (error) {
			this.#tree = undefined;
			throw error;
		}
	}

	/** Throws unless the document is, record by record and clock by clock, one that the home signed. */
	#verify(document: Y.Doc, tree: RecordTree): Meta {
		const text = recordsOf(document).get(metaKey);
		if (text === undefined) throw ganglineError('MALFORMED', `${this.name} came without its meta record`);
		const { signature, ...meta } = parseMeta(text);
		if (!verifySignature(this.#options.homeKey, this.#statement(meta), fromBase64(signature))) {
			throw ganglineError('BAD_SIGNATURE', `${this.name} at revision ${meta.revision} is not signed by its home`);
		}
		const clocks = Object.fromEntries(clocksOf(document));
		if (canonicalJson(clocks) !== canonicalJson(meta.clocks) || tree.root() !== meta.root) {
			throw ganglineError('BAD_SIGNATURE', `${this.name} is not what its home published as revision ${meta.revision}`);
		}
		return { ...meta, signature };
	}

	#readStored(records: Y.Map<string>): IndexState {
		try {
			this.#verify(this.#durable.document, this.#updateTree(records, []));
			return readRecords(emptyState, records.keys(), (key) => records.get(key));
		} catch (cause) {
			const why = cause instanceof Error ? cause.message : String(cause);
			throw ganglineError('STORE_DAMAGED', `the index ${this.name} in the store cannot be trusted: ${why}`, {
				hint: 'Start again with a copy of the store from a backup, or let the home move: gangline doctor',
				cause,
			});
		}
	}

	#updateTree(records: Y.Map<string>, changed: Iterable<string>): RecordTree {
		if (this.#tree) for (const key of changed) if (key !== metaKey) this.#tree.set(key, records.get(key));
		this.#tree ??= treeOf(records);
		return this.#tree;
	}

	#statement(meta: Omit<Meta, 'signature'>): Uint8Array {
		const { project, generation } = this.#options;
		return Buffer.from(`gangline index 1\0${project}\0${generation}\0${canonicalJson(meta)}`);
	}

	/** Called in the order of the changes, each when it is on disk. */
	#show(change: DocumentChange): void {
		const state = this.#onTheWay.shift();
		assert(state, 'each change of the document was taken on first');
		this.#shown = state;
		const items = new Set([...this.#changedKeys].filter((key) => /^[it]\//.test(key)).map((key) => key.slice(2)));
		this.#changedKeys.clear();
		for (const listener of this.#listeners) listener({ facts: state.facts, items, change });
	}
}

/** The generation that the store holds as the project's current one; the first is called 1. */
export async function currentGeneration(store: Store, project: string): Promise<string> {
	const value = await store.get(currentKey(project));
	return typeof value === 'string' ? value : '1';
}

type Counts = Pick<ProjectFacts, 'term' | 'revision' | 'nextNumber'>;

const countsOf = ({ term, revision, nextNumber }: Counts): Counts => ({ term, revision, nextNumber });

const currentKey = (project: string): string => `index/${project}/generation`;

const recordsOf = (document: Y.Doc): Y.Map<string> => document.getMap<string>(shape.root);

function treeOf(records: Y.Map<string>): RecordTree {
	const tree = new RecordTree();
	for (const [key, text] of records.entries()) if (key !== metaKey) tree.set(key, text);
	return tree;
}

function refuseLong(key: string, text: string): string {
	if (text.length <= recordCharactersMax) return text;
	throw ganglineError(
		'TOO_LARGE',
		`the record ${key} has ${text.length} characters, at most ${recordCharactersMax} are kept`,
	);
}
