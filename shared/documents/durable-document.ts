/**
 * A Yjs document that shows nothing before it is on disk [I6]. It is two documents: the *stage* takes on a change (and
 * shows whether it is fit), then the update is stored, and only then the *document* gets it, which is the one that is
 * read, compared and sent. A change that turns out unfit leaves the document untouched; the stage is built again.
 */
import * as Y from 'yjs';
import { ganglineError, type Random, type Store, type StoreWrite } from '../ports/index.ts';
import { entryBytesMax, wholeStore } from '../store/index.ts';
import { checkUpdate, type DocumentShape } from './bounded-update.ts';
import { ClientId } from './client-id.ts';
import { bytesBeforeSnapshotMax, updatesBeforeSnapshotMax } from './limits.ts';
import { decodeVector } from './wire.ts';

/** Where a change of a document came from. */
export type ChangeOrigin = { readonly kind: 'local' } | { readonly kind: 'peer'; readonly from: string };

export interface DocumentChange {
	/** The V1 update, on disk. */
	readonly update: Uint8Array;
	readonly origin: ChangeOrigin;
}

/** `gap`: something before it is missing; nothing was kept, ask for the difference. */
export type Applied = 'applied' | 'known' | 'gap';

export interface DurableDocumentOptions {
	readonly store: Store;
	readonly stream: string;
	/** The document's name everywhere. */
	readonly name: string;
	readonly shape: DocumentShape;
	readonly random: Random;
}

const emptyUpdate = Uint8Array.of(0, 0);

export class DurableDocument {
	readonly #options: DurableDocumentOptions;
	readonly #clientId: ClientId;
	readonly #document: Y.Doc;
	readonly #listeners = new Set<(change: DocumentChange) => void>();
	/** Updates that the stage has and the document does not have yet. */
	readonly #onTheWay = new Set<Uint8Array>();
	/** Made when it is first needed: who only reads and passes on needs none. */
	#staged: Y.Doc | undefined;
	#lastSeq: number;
	#updatesSinceSnapshot = 0;
	#bytesSinceSnapshot = 0;
	/** Whether the store may have lost changes of this document that were shown to others. */
	readonly isDamaged: boolean;

	static async open(options: DurableDocumentOptions): Promise<DurableDocument> {
		const { store, stream, name } = options;
		const document = emptyDocument(name);
		const entries = await store.read(stream);
		document.transact(() => {
			for (const { bytes } of entries) Y.applyUpdate(document, bytes);
		});
		const clients = clocksOf(document);
		const clientId = await ClientId.load(options, (client) => clients.has(client));
		const opened = new DurableDocument(options, document, clientId);
		for (const { kind, bytes } of entries) if (kind === 'entry') opened.#count(bytes);
		return opened;
	}

	private constructor(options: DurableDocumentOptions, document: Y.Doc, clientId: ClientId) {
		const { store, stream } = options;
		this.#options = options;
		this.#document = document;
		this.#clientId = clientId;
		this.#lastSeq = store.lastSeq(stream);
		const isBroken = store.damaged.some((damage) => damage.stream === stream || damage.stream === wholeStore);
		// A copy of a store, such as a restored backup, is sound in itself and may still be older than what was shown.
		this.isDamaged = isBroken || (clientId.isOfAnEarlierStore && store.damaged.length === 0);
	}

	/** What is durable. For reading only: a write into it would be shown before it is stored. */
	get document(): Y.Doc {
		return this.#document;
	}

	/** What has been taken on. Replaced when a change turned out unfit, so it is never kept by the caller. */
	get stage(): Y.Doc {
		this.#staged ??= this.#buildStage();
		return this.#staged;
	}

	get stateVector(): Uint8Array {
		return Y.encodeStateVector(this.#document);
	}

	/** One update with everything that a replica with `stateVector` lacks (default: everything). Throws MALFORMED. */
	difference(stateVector?: Uint8Array): Uint8Array {
		if (stateVector) decodeVector(stateVector);
		return Y.encodeStateAsUpdate(this.#document, stateVector);
	}

	/** Called with each change once it is durable; must not throw. */
	subscribe(listener: (change: DocumentChange) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/**
	 * Makes one change, as one transaction and one update, and resolves when it is durable together with `writes`.
	 * `edit` throws to change nothing.
	 */
	async change(edit: (stage: Y.Doc) => void, writes: readonly StoreWrite[] = []): Promise<void> {
		const clientWrites: StoreWrite[] = [];
		const update = this.#onStage(() => {
			const { stage } = this;
			stage.clientID = this.#clientId.value;
			stage.transact(() => edit(stage));
			stage.clientID = nobody;
		});
		if (update) clientWrites.push(...this.#clientId.takeWrites());
		await this.#keepOrTakeBack(update, [...clientWrites, ...writes], { kind: 'local' });
	}

	/**
	 * Takes an update of a peer: size, decoding, stage, `validate`, disk, document. Throws MALFORMED, TOO_LARGE or what
	 * `validate` throws; nothing of it is kept then.
	 */
	async apply(update: Uint8Array, from: string, validate: (stage: Y.Doc) => void = () => {}): Promise<Applied> {
		checkUpdate(update, this.#options.shape);
		const own = clocksOf(this.stage).get(this.#clientId.value);
		let isGap = false;
		const taken = this.#onStage((made) => {
			this.#tryOn(update);
			isGap = this.stage.store.pendingStructs !== null || this.stage.store.pendingDs !== null;
			if (isGap) throw gap;
			if (made.length > 0) validate(this.stage);
		});
		if (isGap) return 'gap';
		if (!taken) return 'known';
		this.#rotateIfShared(own);
		await this.#keepOrTakeBack(taken, [], { kind: 'peer', from });
		return 'applied';
	}

	/** Yjs stumbles over structures that name what cannot be, such as themselves; who wrote them is no honest program. */
	#tryOn(update: Uint8Array): void {
		try {
			Y.applyUpdate(this.stage, update);
		} catch (cause) {
			throw ganglineError('MALFORMED', `an update of ${this.#options.name} cannot be applied`, { cause });
		}
	}

	/** Runs `edit` on the stage and answers the update it made; whatever it throws leaves the stage as it was. */
	#onStage(edit: (made: readonly Uint8Array[]) => void): Uint8Array | undefined {
		const updates: Uint8Array[] = [];
		const collect = (update: Uint8Array): void => void updates.push(update);
		const { stage } = this;
		stage.on('update', collect);
		try {
			edit(updates);
		} catch (error) {
			stage.destroy();
			this.#staged = undefined;
			if (error === gap) return undefined;
			throw error;
		}
		stage.off('update', collect);
		return updates.length > 1 ? Y.mergeUpdates(updates) : updates[0];
	}

	/** What the store has taken nothing of (too large, no room) is forgotten: nothing may build on it. */
	async #keepOrTakeBack(
		update: Uint8Array | undefined,
		writes: readonly StoreWrite[],
		origin: ChangeOrigin,
	): Promise<void> {
		try {
			await this.#keep(update, writes, origin);
		} catch (error) {
			if (update !== undefined && this.#onTheWay.delete(update)) {
				this.#staged?.destroy();
				this.#staged = undefined;
				this.#lastSeq -= 1;
			}
			throw error;
		}
	}

	async #keep(update: Uint8Array | undefined, writes: readonly StoreWrite[], origin: ChangeOrigin): Promise<void> {
		const { store } = this.#options;
		if (!update) {
			// What is so already may still be on its way to the disk: an empty write ends behind it.
			if (writes.length > 0 || this.#onTheWay.size > 0) await store.write(writes);
			return;
		}
		this.#onTheWay.add(update);
		await store.write([...this.#storing(update), ...writes]);
		this.#onTheWay.delete(update);
		Y.applyUpdate(this.#document, update, origin);
		for (const listener of this.#listeners) listener({ update, origin });
	}

	/** An update that is too large for an entry goes into a snapshot of its own, behind an empty one. */
	#storing(update: Uint8Array): readonly StoreWrite[] {
		const { stream } = this.#options;
		const isLarge = update.byteLength > entryBytesMax;
		const bytes = isLarge ? emptyUpdate : update;
		this.#lastSeq += 1;
		this.#count(bytes);
		const append: StoreWrite = { kind: 'append', stream, bytes };
		const isDue =
			this.#updatesSinceSnapshot > updatesBeforeSnapshotMax || this.#bytesSinceSnapshot > bytesBeforeSnapshotMax;
		if (!isLarge && !isDue) return [append];
		this.#updatesSinceSnapshot = 0;
		this.#bytesSinceSnapshot = 0;
		const snapshot = Y.encodeStateAsUpdate(this.stage);
		return [append, { kind: 'compact', stream, through: this.#lastSeq, snapshot }];
	}

	#count(update: Uint8Array): void {
		this.#updatesSinceSnapshot += 1;
		this.#bytesSinceSnapshot += update.byteLength;
	}

	#buildStage(): Y.Doc {
		const stage = emptyDocument(this.#options.name);
		Y.applyUpdate(stage, Y.encodeStateAsUpdate(this.#document));
		for (const update of this.#onTheWay) Y.applyUpdate(stage, update);
		return stage;
	}

	/** A peer had changes under our id that we do not have: somebody else writes under it, or we lost what we wrote. */
	#rotateIfShared(clockBefore: number | undefined): void {
		const clocks = clocksOf(this.stage);
		if (clocks.get(this.#clientId.value) !== clockBefore) this.#clientId.rotate((client) => clocks.has(client));
	}
}

const gap = ganglineError('MALFORMED', 'an update came before one that it needs');

/** The next change of each writer, by client id. */
export function clocksOf(document: Y.Doc): ReadonlyMap<number, number> {
	return Y.decodeStateVector(Y.encodeStateVector(document));
}

/** The client id of a document in which nothing is being written. Our own is set for the length of a change only: Yjs
 * would draw another one by itself, and say so on stdout, whenever changes under it arrive. */
const nobody = 0;

/** A document whose name and client id are ours; what the library draws for them is replaced at once. */
function emptyDocument(name: string): Y.Doc {
	const document = new Y.Doc({ guid: name });
	document.clientID = nobody;
	return document;
}
