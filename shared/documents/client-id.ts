/**
 * The number under which this node writes into one document. Yjs numbers each writer's changes from 0 and takes equal
 * numbers for equal changes; a node that lost changes and goes on under the same id makes replicas differ for ever with
 * nothing to show it. So the id is kept, one per document (they never leave a document again), and drawn anew as soon as
 * the store may have lost something: after damage, after a restored backup, and when another turns out to use it.
 */

import { z } from 'zod';
import type { Random, Store, StoreWrite } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { incarnationOf } from '../store/index.ts';

const recordSchema = z.strictObject({
	client: z
		.int()
		.min(1)
		.max(2 ** 32 - 1),
	incarnation: z.int(),
});

export interface ClientIdOptions {
	readonly store: Store;
	/** The document's name. */
	readonly name: string;
	readonly stream: string;
	readonly random: Random;
}

export class ClientId {
	readonly #options: ClientIdOptions;
	readonly #incarnation: number;
	/** Something was written here when the store had not yet been restored, copied or repaired. */
	readonly isOfAnEarlierStore: boolean;
	#value: number;
	#isKept: boolean;

	/** `isTaken`: ids that others have in the document. */
	static async load(options: ClientIdOptions, isTaken: (client: number) => boolean): Promise<ClientId> {
		const { store, name, stream, random } = options;
		const incarnation = await incarnationOf(store);
		const kept = readAs(recordSchema, await store.get(clientRecord(name))).data;
		const isSound = kept?.incarnation === incarnation && !store.damaged.some((damage) => damage.stream === stream);
		const value = isSound ? kept.client : draw(random, isTaken);
		const isOfAnEarlierStore = kept !== undefined && kept.incarnation !== incarnation;
		return new ClientId(options, { value, incarnation, isKept: isSound, isOfAnEarlierStore });
	}

	private constructor(
		options: ClientIdOptions,
		state: { value: number; incarnation: number; isKept: boolean; isOfAnEarlierStore: boolean },
	) {
		this.#options = options;
		this.isOfAnEarlierStore = state.isOfAnEarlierStore;
		this.#value = state.value;
		this.#incarnation = state.incarnation;
		this.#isKept = state.isKept;
	}

	get value(): number {
		return this.#value;
	}

	/** What must go into the batch of the next change under this id; nothing when it is kept already. */
	takeWrites(): readonly StoreWrite[] {
		if (this.#isKept) return [];
		this.#isKept = true;
		const value = { client: this.#value, incarnation: this.#incarnation };
		return [{ kind: 'put', key: clientRecord(this.#options.name), value }];
	}

	rotate(isTaken: (client: number) => boolean): void {
		this.#value = draw(this.#options.random, isTaken);
		this.#isKept = false;
	}
}

/** Where a document's client id is kept. */
export const clientRecord = (name: string): string => `client/${name}`;

/** 0 is kept for documents in which nothing is written. */
function draw(random: Random, isTaken: (client: number) => boolean): number {
	for (;;) {
		const bytes = random.bytes(4);
		const client = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
		if (client !== 0 && !isTaken(client)) return client;
	}
}
