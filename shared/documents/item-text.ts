/**
 * The text of one item: description and notes, written by people and agents on all nodes at once, online and offline.
 * Everything merges. Opened on demand; kept and shown like every document, after it is on disk.
 */
import { createHash } from 'node:crypto';
import * as Y from 'yjs';
import { ganglineError, type Random, type Store, type StoreWrite } from '../ports/index.ts';
import { type Applied, clocksOf, type DocumentChange, DurableDocument } from './durable-document.ts';
import { textCharactersMax } from './limits.ts';
import { textEdits } from './text-diff.ts';

export interface ItemTextOptions {
	readonly store: Store;
	readonly project: string;
	/** The item's key. */
	readonly item: string;
	readonly random: Random;
	/** What the item was added with: the text as long as nobody has written. */
	readonly first: string;
}

const shape = { root: 'text', kind: 'text' } as const;

export class ItemText {
	readonly name: string;
	readonly #durable: DurableDocument;

	static async open({ store, project, item, random, first }: ItemTextOptions): Promise<ItemText> {
		const name = `doc/${project}/text/${item}`;
		const durable = await DurableDocument.open({ store, stream: name, name, shape, random });
		const isEmpty = clocksOf(durable.document).size === 0;
		if (isEmpty && first !== '') await durable.apply(firstUpdate(name, first), 'the item itself');
		return new ItemText(name, durable);
	}

	private constructor(name: string, durable: DurableDocument) {
		this.name = name;
		this.#durable = durable;
	}

	get text(): string {
		return this.#durable.document.getText(shape.root).toString();
	}

	/** Equal on two replicas if and only if they have the same writings, the same deletions and the same text. */
	get stateHash(): string {
		const written = Y.encodeSnapshot(Y.snapshot(this.#durable.document));
		return createHash('sha256').update(written).update('\0').update(this.text).digest('hex');
	}

	get stateVector(): Uint8Array {
		return this.#durable.stateVector;
	}

	/** One update with everything that a replica with `stateVector` lacks. */
	difference(stateVector?: Uint8Array): Uint8Array {
		return this.#durable.difference(stateVector);
	}

	/** Called after each change that is durable; must not throw. */
	subscribe(listener: (change: DocumentChange) => void): () => void {
		return this.#durable.subscribe(listener);
	}

	/** Makes the text `next` by the smallest edits, durable with `writes` when it resolves. */
	async replace(next: string, writes: readonly StoreWrite[] = []): Promise<void> {
		if (next.length > textCharactersMax) {
			throw ganglineError('TOO_LARGE', `a text of ${next.length} characters, at most ${textCharactersMax} are kept`, {
				hint: 'Put it into a file of the repository.',
			});
		}
		// A lone half of a surrogate pair would come back as another character.
		const whole = next.toWellFormed();
		await this.#durable.change((stage) => {
			const text = stage.getText(shape.root);
			for (const { at, remove, insert } of textEdits(text.toString(), whole)) {
				if (remove > 0) text.delete(at, remove);
				if (insert !== '') text.insert(at, insert);
			}
		}, writes);
	}

	/** Takes an update of a peer; throws MALFORMED or TOO_LARGE when it is not one of a text, and keeps nothing of it. */
	apply(update: Uint8Array, from: string): Promise<Applied> {
		return this.#durable.apply(update, from, (stage) => {
			const { length } = stage.getText(shape.root);
			if (length > textCharactersMax) {
				throw ganglineError(
					'TOO_LARGE',
					`${this.name} would have ${length} characters, at most ${textCharactersMax} are kept`,
				);
			}
		});
	}
}

/**
 * The text that an item was added with, as an update that is the same wherever it is made: two replicas that begin a
 * text apart have written one thing, not two. Its client id is a hash of what it says, so that no other text has it.
 */
function firstUpdate(name: string, first: string): Uint8Array {
	const document = new Y.Doc({ guid: name });
	const hash = createHash('sha256').update(name).update('\0').update(first).digest();
	document.clientID = Math.max(1, hash.readUInt32BE(0));
	document.getText(shape.root).insert(0, first.toWellFormed());
	return Y.encodeStateAsUpdate(document);
}
