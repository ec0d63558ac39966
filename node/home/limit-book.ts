/**
 * Until when accounts of agents are limited, by node: a local record of the home. A limit costs no try, so it must
 * outlive a restart of either side, or each start would ask the service again and be refused. Written before the report
 * that told it is acknowledged [I6]; what has ended is forgotten with the next that is written [I15].
 */
import { z } from 'zod';
import type { NodeId, Store } from '../../shared/ports/index.ts';
import { parseNodeId } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';

/** Account → wall ms. */
const limitsSchema = z.record(z.string(), z.number());

export class LimitBook {
	readonly #store: Store;
	readonly #prefix: string;
	readonly #now: () => number;
	readonly #limits = new Map<NodeId, Readonly<Record<string, number>>>();

	private constructor(store: Store, project: string, now: () => number) {
		this.#store = store;
		this.#prefix = `limit/${project}/`;
		this.#now = now;
	}

	/** Reads what earlier processes wrote; a record of an unknown shape is left out, not an error. */
	static async open(store: Store, project: string, now: () => number): Promise<LimitBook> {
		const book = new LimitBook(store, project, now);
		for (const { key, value } of await store.list(book.#prefix)) {
			const limits = readAs(limitsSchema, value);
			if (limits.success) book.#limits.set(parseNodeId(key.slice(book.#prefix.length)), limits.data);
		}
		return book;
	}

	/** The limits of a node that have not ended. */
	of(node: NodeId): Readonly<Record<string, number>> {
		const now = this.#now();
		return Object.fromEntries(Object.entries(this.#limits.get(node) ?? {}).filter(([, until]) => until > now));
	}

	/** When the next of all limits ends, wall ms; null where none goes on. */
	nextEnd(): number | null {
		const ends = [...this.#limits.keys()].flatMap((node) => Object.values(this.of(node)));
		return ends.length === 0 ? null : Math.min(...ends);
	}

	/** An account is limited there. Resolves when that is durable. */
	async limited(node: NodeId, account: string, until: number): Promise<void> {
		const limits = { ...this.of(node), [account]: until };
		this.#limits.set(node, limits);
		await this.#store.write([{ kind: 'put', key: `${this.#prefix}${node}`, value: limits }]);
	}
}
