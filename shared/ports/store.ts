/**
 * What this node keeps. Two kinds of things: *streams* (append-only, hash-chained: author logs, updates of documents,
 * histories) and *records* (local values by key: projects, run records, the landing journal). All that one turn of the
 * event loop writes goes to disk in one synced batch, whole or not at all; only after `write` has resolved may anything
 * of it be acknowledged, published or sent [I6].
 */
export type StoreWrite =
	| { readonly kind: 'append'; readonly stream: string; readonly bytes: Uint8Array }
	/** Replaces all entries of a stream up to and including `through` by one snapshot, in the same batch. */
	| { readonly kind: 'compact'; readonly stream: string; readonly through: number; readonly snapshot: Uint8Array }
	/** Takes a stream away with everything in it; one that is not there stays so. Its name may begin again at 1. */
	| { readonly kind: 'drop'; readonly stream: string }
	| { readonly kind: 'put'; readonly key: string; readonly value: JsonValue }
	| { readonly kind: 'delete'; readonly key: string };

export type JsonValue =
	| string
	| number
	| boolean
	| null
	| readonly JsonValue[]
	| { readonly [key: string]: JsonValue | undefined };

export interface StreamEntry {
	/** 1, 2, 3, … without gaps; a snapshot carries the number of the last entry it covers. */
	readonly seq: number;
	readonly kind: 'entry' | 'snapshot';
	readonly bytes: Uint8Array;
}

/** A stream whose chain did not verify at open: what was readable before the break is kept, the rest set aside. */
export interface Damage {
	readonly stream: string;
	/** The first sequence number that is missing or broken. */
	readonly from: number;
	readonly reason: string;
	/** Where the unreadable rest was put. */
	readonly quarantine: string;
}

export interface Store {
	/** What was found broken when the store was opened; empty when all chains verified. */
	readonly damaged: readonly Damage[];
	/**
	 * Joins the batch of this turn and resolves when that batch is on disk. Order of calls is order in the streams.
	 * Rejects with STORE_FAILED (the disk refused, nothing of the batch is there; every later write fails too until
	 * the store is opened again) or STOPPING (closed).
	 */
	write(writes: readonly StoreWrite[]): Promise<void>;
	/** Entries after `after` (default: all), oldest first; only what is durable. */
	read(stream: string, after?: number): Promise<readonly StreamEntry[]>;
	/** The last durable sequence number of a stream, 0 when it has none. */
	lastSeq(stream: string): number;
	streams(): readonly string[];
	get(key: string): Promise<JsonValue | undefined>;
	/** Records whose key begins with `prefix`, by key. */
	list(prefix: string): Promise<readonly { readonly key: string; readonly value: JsonValue }[]>;
	/** All that is durable, as it was at one moment, in the form that a backup keeps and `restoreStore` reads. */
	dump(): AsyncIterable<Uint8Array>;
	/** Waits for what was written, then closes. Idempotent. */
	close(): Promise<void>;
}
