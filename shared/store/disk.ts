/**
 * What the store needs of whatever keeps its bytes: a sorted map of keys that takes batches whole or not at all. The
 * adapter is LevelDB in a folder (level-disk.ts), the twin is memory with faults (ports/sim/sim-disk.ts). Everything
 * that gives the store its meaning stands above this line and is the same for both.
 */
export type DiskOp =
	| { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
	| { readonly kind: 'delete'; readonly key: string };

export type DiskPair = readonly [key: string, value: Uint8Array];

/** Keys from `from` on, below `below`. */
export interface KeyRange {
	readonly from: string;
	readonly below: string;
}

/** What is known of the store from outside the map: written beside it, a little later, never ahead of it. */
export interface Mark {
	readonly schema: number;
	/** A batch that certainly was on disk once. */
	readonly batch: number;
	/** False when this is a copy of the place where it was written: a restored backup, a cloned machine. */
	readonly original: boolean;
}

export interface Disk {
	/** For messages. */
	readonly path: string;
	/** What was found beside the map at opening; undefined where there was none or it could not be read. */
	readonly mark: Mark | undefined;
	/** Puts the batch on disk and syncs it; whole or not at all. Never called again before it has settled. */
	commit(ops: readonly DiskOp[]): Promise<void>;
	/** Notes that `batch` is on disk; does not wait, may be lost, never throws. */
	note(mark: { readonly schema: number; readonly batch: number }): void;
	get(key: string): Promise<Uint8Array | undefined>;
	/** Pairs in the order of their keys. Throws at the end when part of the range could not be read. */
	scan(range: KeyRange): AsyncIterable<DiskPair>;
	/** Sets the whole map aside, with a report for people, and goes on with `pairs` alone. Answers where it was put. */
	startAgain(pairs: AsyncIterable<DiskPair>, report: string): Promise<string>;
	/** Calls back when the current turn of the loop is over. */
	afterTurn(action: () => void): void;
	close(): Promise<void>;
}
