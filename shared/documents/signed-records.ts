/**
 * A map of small records that one node publishes and everyone verifies. Each publication is one transaction, one
 * update, and carries one signature over the writer's counts, the Yjs writers' clocks and a hash of all records. So
 * whatever a relay passes on, a replica shows exactly a state that was published, or refuses: nothing can be made up,
 * left out, held back in part or put under other clocks. What the records mean is the format's to know.
 *
 * One signature per publication instead of one per record: equal strength for a replica that has all records (each one
 * has), 21 µs and 88 bytes per publication instead of per record.
 */
import type * as Y from 'yjs';
import { canonicalJson, fromBase64, type Identity, toBase64, verifySignature } from '../log/index.ts';
import { assert, ganglineError, type Random, type Store, type StoreWrite } from '../ports/index.ts';
import { type Applied, clocksOf, type DocumentChange, DurableDocument } from './durable-document.ts';
import type { DocumentSize } from './generation.ts';
import { recordCharactersMax } from './limits.ts';
import { RecordTree } from './record-tree.ts';

/** A record's new text; undefined: the record goes. */
export type RecordChange = readonly [key: string, text: string | undefined];

/** What stands beside the counts in the meta record. */
export interface Seal {
	readonly v: 1;
	/** What the Yjs writers' clocks are behind this publication. */
	readonly clocks: Readonly<Record<string, number>>;
	/** RecordTree over all other records. */
	readonly root: string;
	readonly signature: string;
}

/** What the records mean: texts become values here, once. */
export interface RecordsFormat<State extends object, Counts extends object> {
	/** Stands before the meta record in what is signed; names the kind and life of the document. */
	readonly statement: string;
	/** Who publishes, for messages: `home`. */
	readonly writer: string;
	/** What to do when the store's copy cannot be trusted. */
	readonly damagedHint: string;
	readonly empty: State;
	countsOf(state: State): Counts;
	/** @throws GanglineError MALFORMED */
	parseMeta(text: string): Counts & Seal;
	/** The state behind `changed` keys. @throws GanglineError MALFORMED for what no writer of ours publishes */
	read(state: State, changed: Iterable<string>, get: (key: string) => string | undefined): State;
	/** @throws GanglineError MALFORMED when a publication with these counts cannot come after `state` */
	checkOrder(state: State, counts: Counts): void;
}

export interface SignedRecordsOptions<State extends object, Counts extends object> {
	readonly store: Store;
	readonly name: string;
	readonly random: Random;
	readonly format: RecordsFormat<State, Counts>;
	/** Whose word counts: 32 bytes. */
	readonly writerKey: Uint8Array;
	/** Given at the writer alone. */
	readonly identity?: Identity;
}

/** What a publication changed, when it is durable here. */
export interface RecordsChange<State> {
	readonly state: State;
	/** Keys of records that changed, came or went. */
	readonly keys: ReadonlySet<string>;
	readonly change: DocumentChange;
}

/** One transaction's worth. */
interface Publication<State, Counts> {
	readonly changes: readonly RecordChange[];
	readonly counts: Counts;
	/** What the changes build on. */
	readonly taken: State;
}

export const metaKey = 'meta';

const shape = { root: 'facts', kind: 'records' } as const;

export class SignedRecords<State extends object, Counts extends object> {
	readonly #options: SignedRecordsOptions<State, Counts>;
	readonly #durable: DurableDocument;
	readonly #listeners = new Set<(change: RecordsChange<State>) => void>();
	readonly #changedKeys = new Set<string>();
	/** What the stage said after each change that is not on disk yet, oldest first. */
	readonly #onTheWay: State[] = [];
	#shown: State;
	/** The root that a meta record names: asked for by each comparison. */
	#rootIn: { readonly meta: string; readonly root: string } | undefined;
	/** Over the records of the stage; undefined when it must be built again. */
	#tree: RecordTree | undefined;

	/** Reads and verifies what the store has. @throws GanglineError STORE_DAMAGED */
	static async open<State extends object, Counts extends object>(
		options: SignedRecordsOptions<State, Counts>,
	): Promise<SignedRecords<State, Counts>> {
		const { store, random, name } = options;
		return new SignedRecords(options, await DurableDocument.open({ store, stream: name, name, shape, random }));
	}

	private constructor(options: SignedRecordsOptions<State, Counts>, durable: DurableDocument) {
		this.#options = options;
		this.#durable = durable;
		this.#shown = options.format.empty;
		const records = recordsOf(durable.document);
		if (records.size > 0) this.#shown = this.#readStored(records);
		records.observe((event) => {
			for (const key of event.keysChanged) if (key !== null) this.#changedKeys.add(key);
		});
		durable.subscribe((change) => this.#show(change));
	}

	get name(): string {
		return this.#options.name;
	}

	/** What is durable; the same object until something is published. */
	get state(): State {
		return this.#shown;
	}

	/** What the next change builds on. */
	get taken(): State {
		return this.#onTheWay.at(-1) ?? this.#shown;
	}

	/** Equal on two replicas if and only if all their records are. */
	get stateHash(): string {
		const meta = recordsOf(this.#durable.document).get(metaKey);
		if (meta === undefined) return new RecordTree().root();
		if (this.#rootIn?.meta !== meta) this.#rootIn = { meta, root: this.#options.format.parseMeta(meta).root };
		return this.#rootIn.root;
	}

	/** The store may have lost publications that others have. */
	get isDamaged(): boolean {
		return this.#durable.isDamaged;
	}

	/** Structures in the document and records it needs. */
	get size(): DocumentSize {
		const { document } = this.#durable;
		const structures = [...document.store.clients.values()].reduce((sum, structs) => sum + structs.length, 0);
		// The tree is over the stage, which is ahead by what is on its way to the disk; the meta record is not in it.
		const records = this.#tree ? this.#tree.size + 1 : recordsOf(document).size;
		return { structures, records };
	}

	get stateVector(): Uint8Array {
		return this.#durable.stateVector;
	}

	/** One update with everything that a replica with `stateVector` lacks. */
	difference(stateVector?: Uint8Array): Uint8Array {
		return this.#durable.difference(stateVector);
	}

	/** Called after each publication that changed something here; must not throw. */
	subscribe(listener: (change: RecordsChange<State>) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/**
	 * Publishes `changes` to what is `taken`, with `writes` in the same batch; resolves when it is durable. Throws
	 * INVALID_ARGUMENT for records that readers would refuse, TOO_LARGE for one that is too long.
	 */
	async publish(changes: readonly RecordChange[], counts: Counts, writes: readonly StoreWrite[] = []): Promise<void> {
		const { countsOf } = this.#options.format;
		const isSame = changes.length === 0 && canonicalJson(counts) === canonicalJson(countsOf(this.taken));
		await this.#orTakenBack(() =>
			this.#durable.change((stage) => {
				if (!isSame) this.#put(stage, { changes, counts, taken: this.taken });
			}, writes),
		);
	}

	/** What `change` makes of the stage is forgotten where it does not reach the disk. */
	async #orTakenBack<Result>(change: () => Promise<Result>): Promise<Result> {
		const before = this.#onTheWay.length;
		const changing = change();
		const made = this.#onTheWay.length > before ? this.#onTheWay.at(-1) : undefined;
		try {
			return await changing;
		} catch (error) {
			const at = made === undefined ? -1 : this.#onTheWay.indexOf(made);
			if (at >= 0) this.#onTheWay.splice(at, 1);
			this.#tree = undefined;
			throw error;
		}
	}

	/**
	 * The first publication of a document that goes on where another ends: its records as they were taken there, and
	 * `changes`. Nothing that was read and hashed there is read and hashed again.
	 */
	async inherit(
		from: SignedRecords<State, Counts>,
		changes: readonly RecordChange[],
		counts: Counts,
		writes: readonly StoreWrite[] = [],
	): Promise<void> {
		assert(this.#shown === this.#options.format.empty, 'only a new document inherits');
		const before = recordsOf(from.#durable.stage);
		const tree = from.#updateTree(before, []).copy();
		const taken = from.taken;
		await this.#orTakenBack(() =>
			this.#durable.change((stage) => {
				const records = recordsOf(stage);
				for (const [key, text] of before.entries()) if (key !== metaKey) records.set(key, text);
				this.#tree = tree;
				this.#put(stage, { changes, counts, taken });
			}, writes),
		);
	}

	/** Takes an update of a peer. Throws MALFORMED, TOO_LARGE or BAD_SIGNATURE when it is not what was published. */
	apply(update: Uint8Array, from: string): Promise<Applied> {
		const changed = new Set<string>();
		const collect = (event: Y.YMapEvent<string>): void => {
			for (const key of event.keysChanged) if (key !== null) changed.add(key);
		};
		const records = recordsOf(this.#durable.stage);
		records.observe(collect);
		// The stage is done with when this call returns; the promise is the disk's.
		const applied = this.#orTakenBack(() => this.#durable.apply(update, from, (stage) => this.#take(stage, changed)));
		records.unobserve(collect);
		return applied;
	}

	/** Writes one publication into the stage. Throws to leave no trace of it. */
	#put(stage: Y.Doc, { changes, counts, taken }: Publication<State, Counts>): void {
		const { identity, format } = this.#options;
		assert(identity, `only the ${format.writer}, which has its identity, publishes`);
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
		this.#onTheWay.push(this.#readBack(records, changes, taken));
	}

	#readBack(records: Y.Map<string>, changes: readonly RecordChange[], taken: State): State {
		try {
			return this.#options.format.read(taken, [metaKey, ...changes.map(([key]) => key)], (key) => records.get(key));
		} catch (cause) {
			this.#tree = undefined;
			throw ganglineError('INVALID_ARGUMENT', `these facts cannot be published: ${wordsOf(cause)}`, { cause });
		}
	}

	/** Checks what a peer's update made of the stage, and reads it. */
	#take(stage: Y.Doc, changed: ReadonlySet<string>): void {
		const { format } = this.#options;
		const records = recordsOf(stage);
		try {
			const meta = this.#verify(stage, this.#updateTree(records, changed));
			if (this.taken !== format.empty) format.checkOrder(this.taken, meta);
			this.#onTheWay.push(format.read(this.taken, changed, (key) => records.get(key)));
		} catch (error) {
			this.#tree = undefined;
			throw error;
		}
	}

	/** Throws unless the document is, record by record and clock by clock, one that the writer signed. */
	#verify(document: Y.Doc, tree: RecordTree): Counts & Seal {
		const { writerKey, format } = this.#options;
		const text = recordsOf(document).get(metaKey);
		if (text === undefined) throw ganglineError('MALFORMED', `${this.name} came without its meta record`);
		const meta = format.parseMeta(text);
		const { signature, ...signed } = meta;
		if (!verifySignature(writerKey, this.#statement(signed), fromBase64(signature))) {
			throw ganglineError('BAD_SIGNATURE', `${this.name} is not signed by its ${format.writer}: ${countsText(signed)}`);
		}
		const clocks = Object.fromEntries(clocksOf(document));
		if (canonicalJson(clocks) !== canonicalJson(meta.clocks) || tree.root() !== meta.root) {
			throw ganglineError(
				'BAD_SIGNATURE',
				`${this.name} is not what its ${format.writer} published: ${countsText(signed)}`,
			);
		}
		return meta;
	}

	#readStored(records: Y.Map<string>): State {
		const { format } = this.#options;
		try {
			this.#verify(this.#durable.document, this.#updateTree(records, []));
			return format.read(format.empty, records.keys(), (key) => records.get(key));
		} catch (cause) {
			throw ganglineError('STORE_DAMAGED', `${this.name} in the store cannot be trusted: ${wordsOf(cause)}`, {
				hint: format.damagedHint,
				cause,
			});
		}
	}

	#updateTree(records: Y.Map<string>, changed: Iterable<string>): RecordTree {
		if (this.#tree) for (const key of changed) if (key !== metaKey) this.#tree.set(key, records.get(key));
		this.#tree ??= treeOf(records);
		return this.#tree;
	}

	#statement(meta: object): Uint8Array {
		return Buffer.from(`${this.#options.format.statement}${canonicalJson(meta)}`);
	}

	/** Called in the order of the changes, each when it is on disk. */
	#show(change: DocumentChange): void {
		const state = this.#onTheWay.shift();
		assert(state, 'each change of the document was taken on first');
		this.#shown = state;
		const keys = new Set(this.#changedKeys);
		this.#changedKeys.clear();
		for (const listener of this.#listeners) listener({ state, keys, change });
	}
}

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

function wordsOf(cause: unknown): string {
	return cause instanceof Error ? cause.message : String(cause);
}

/** The counts, for a message: which publication it is. */
function countsText(meta: object): string {
	return Object.entries(meta)
		.filter(([, value]) => typeof value === 'number')
		.map(([key, value]) => `${key} ${value}`)
		.join(', ');
}
