/**
 * The twin of the store's disk: memory that fails as real disks do. A batch first reaches a cache and is durable only
 * when the sync that follows it has succeeded. A killed process leaves the cache to the next one; a power cut takes it,
 * or all but a part of it: the first of the batches, as LevelDB's log is cut somewhere. Syncs can hang or fail, the disk
 * can be full, bits can flip, and a synced batch can vanish without a word, as after a flipped byte in LevelDB's log.
 * Disks outlive the stores on them. A contract suite holds this to the adapter.
 */

import type { Disk, DiskOp, DiskPair, KeyRange, Mark } from '../../store/disk.ts';
import { ganglineError } from '../errors.ts';
import type { SimRandom } from './sim-random.ts';

type Batch = readonly DiskOp[];

/** Batches beyond this are folded together; `loseBatch` reaches no further back. */
const batchesKept = 1000;
/** The mark is written without a sync: a power cut may leave one of the last few. */
const marksKept = 4;

/**
 * How a process ends. `kill`: what it wrote is there for the next one, synced or not. `power`: nothing that was not
 * synced, or with `random` the first few batches of it, as chance has it.
 */
export interface SimCrash {
	readonly kind?: 'power' | 'kill';
	readonly random?: SimRandom;
}

export class SimDisk {
	readonly path: string;
	/** What is durable now; `#base` and `#batches` say how it came about. */
	#durable = new Map<string, Uint8Array>();
	#base = new Map<string, Uint8Array>();
	#batches: Batch[] = [];
	/** Written and not synced, oldest first. */
	#cache: Batch[] = [];
	/** What the mark's file has held, newest last. */
	#marks: Omit<Mark, 'original'>[] = [];
	#isOriginal = true;
	#session: Session | undefined;
	#held: (() => void)[] | undefined;
	#failures: Error[] = [];
	#broken: Error | undefined;
	#bytesMax = Number.POSITIVE_INFINITY;
	#quarantined = 0;

	constructor(path = 'sim-disk') {
		this.path = path;
	}

	/** The disk as a store sees it, until it is closed or crashes. One at a time, as by a lock. */
	open(): Disk {
		if (this.#session) {
			throw ganglineError('STORE_LOCKED', `another process holds the store ${this.path}`, {
				hint: 'Stop it first.',
			});
		}
		this.#refuseUnusable();
		for (const batch of this.#cache.splice(0)) this.#makeDurable(batch);
		const last = this.#marks.at(-1);
		const mark = last && { ...last, original: this.#isOriginal };
		this.#session = new Session(this, mark);
		return this.#session;
	}

	/** The process ends at once: the store that was open never hears of anything again. */
	crash({ kind = 'power', random }: SimCrash = {}): void {
		this.#session?.die();
		this.#session = undefined;
		this.#held = undefined;
		this.#failures = [];
		if (kind === 'kill') return;
		this.#cache.length = random ? random.below(this.#cache.length + 1) : 0;
		if (random) this.#marks.length -= random.below(Math.max(1, this.#marks.length));
	}

	/** From now on no sync ends, until `releaseSyncs`. */
	holdSyncs(): void {
		this.#held ??= [];
	}

	releaseSyncs(): void {
		const held = this.#held ?? [];
		this.#held = undefined;
		for (const go of held) go();
	}

	/** The next sync fails with `error`; whether its batch is there later is open. */
	failNextSync(error: Error = new Error('input/output error')): void {
		this.#failures.push(error);
	}

	/** From now on every sync fails, and no store opens, until `mend`. */
	breakDown(error: Error = new Error('input/output error')): void {
		this.#broken = error;
	}

	/** From now on the disk has room for this many more bytes, and refuses what needs more, until `mend`. */
	fill(bytesLeft = 0): void {
		this.#bytesMax = this.bytes + bytesLeft;
	}

	/** Ends `breakDown` and `fill`. */
	mend(): void {
		this.#broken = undefined;
		this.#bytesMax = Number.POSITIVE_INFINITY;
	}

	/** How much is durable. */
	get bytes(): number {
		let bytes = 0;
		for (const [key, value] of this.#durable) bytes += key.length + value.length;
		return bytes;
	}

	/** Batches that are durable and can still be lost one by one. */
	get batches(): number {
		return this.#batches.length;
	}

	/** Loses the durable batch `index` (0 is the oldest that is kept apart) without an error. */
	loseBatch(index: number): void {
		this.#batches.splice(index, 1);
		this.#durable = new Map(this.#base);
		for (const batch of this.#batches) apply(this.#durable, batch);
	}

	/** Flips one bit in a stored value, one that `select` accepts by its key. False when there is none. */
	flipBit(random: SimRandom, select: (key: string) => boolean = () => true): boolean {
		const keys = [...this.#durable.keys()].filter((key) => select(key) && this.#durable.get(key)?.length).sort();
		if (keys.length === 0) return false;
		const key = random.pick(keys);
		const value = Uint8Array.from(this.#durable.get(key) ?? []);
		const at = random.below(value.length);
		value[at] = (value[at] ?? 0) ^ (1 << random.below(8));
		this.#begin(new Map(this.#durable).set(key, value));
		return true;
	}

	/** A backup of what is durable now, to be put back with `restore`. */
	backup(): SimBackup {
		return { pairs: new Map(this.#durable), mark: this.#marks.at(-1) };
	}

	/** Puts a backup back, as an operator does with a copy of the folder. */
	restore(backup: SimBackup): void {
		this.#begin(new Map(backup.pairs));
		this.#cache = [];
		this.#marks = backup.mark ? [backup.mark] : [];
		this.#isOriginal = false;
	}

	/** @internal What the session does: writes, then syncs. `isAlive`: whether anybody still runs there. */
	async put(batch: Batch, isAlive: () => boolean): Promise<void> {
		if (!isAlive()) return;
		if (this.#bytesMax < Number.POSITIVE_INFINITY && this.bytes + sizeOf(batch) > this.#bytesMax) throw noSpace();
		this.#cache.push(batch);
		await Promise.resolve();
		const held = this.#held;
		if (held) await new Promise<void>((resolve) => held.push(resolve));
		if (!isAlive()) return;
		const failure = this.#failures.shift() ?? this.#broken;
		if (failure) throw failure;
		this.#cache.splice(this.#cache.indexOf(batch), 1);
		this.#makeDurable(batch);
	}

	/** @internal */
	note(mark: Omit<Mark, 'original'>): void {
		// Only what is written into the copy makes it this folder's own: who dies before has not noted that it is one.
		this.#isOriginal = true;
		this.#marks = [...this.#marks, mark].slice(-marksKept);
	}

	/** @internal */
	get(key: string): Uint8Array | undefined {
		return this.#durable.get(key);
	}

	/** @internal */
	pairs(range: KeyRange): readonly DiskPair[] {
		return [...this.#durable]
			.filter(([key]) => key >= range.from && key < range.below)
			.sort(([a], [b]) => (a < b ? -1 : 1));
	}

	/** @internal */
	replace(pairs: readonly DiskPair[]): string {
		this.#begin(new Map(pairs));
		return `${this.path}/quarantine/${++this.#quarantined}`;
	}

	/** @internal */
	closed(session: Disk): void {
		if (this.#session === session) this.#session = undefined;
	}

	/** A database writes when it is opened. */
	#refuseUnusable(): void {
		const failure = this.#broken ?? (this.bytes >= this.#bytesMax ? noSpace() : undefined);
		if (!failure) return;
		throw ganglineError('STORE_FAILED', `could not open the store ${this.path}: ${failure.message}`, {
			cause: failure,
		});
	}

	#makeDurable(batch: Batch): void {
		apply(this.#durable, batch);
		this.#batches.push(batch);
		const oldest = this.#batches.length > batchesKept ? this.#batches.shift() : undefined;
		if (oldest) apply(this.#base, oldest);
	}

	#begin(pairs: Map<string, Uint8Array>): void {
		this.#base = pairs;
		this.#durable = new Map(pairs);
		this.#batches = [];
	}
}

/** What `SimDisk.backup` takes and `restore` puts back. */
export interface SimBackup {
	readonly pairs: ReadonlyMap<string, Uint8Array>;
	readonly mark: Omit<Mark, 'original'> | undefined;
}

/** One opening of the disk. After a crash nothing of it settles any more, as nothing runs in a dead process. */
class Session implements Disk {
	readonly path: string;
	readonly mark: Mark | undefined;
	readonly #disk: SimDisk;
	#isDead = false;

	constructor(disk: SimDisk, mark: Mark | undefined) {
		this.#disk = disk;
		this.path = disk.path;
		this.mark = mark;
	}

	die(): void {
		this.#isDead = true;
	}

	async commit(ops: readonly DiskOp[]): Promise<void> {
		const batch = ops.map((op) => (op.kind === 'put' ? { ...op, value: Uint8Array.from(op.value) } : op));
		await this.#alive(this.#disk.put(batch, () => !this.#isDead));
	}

	note(mark: { readonly schema: number; readonly batch: number }): void {
		if (!this.#isDead) this.#disk.note(mark);
	}

	async get(key: string): Promise<Uint8Array | undefined> {
		return this.#alive(Promise.resolve(this.#disk.get(key)));
	}

	async *scan(range: KeyRange): AsyncIterable<DiskPair> {
		yield* await this.#alive(Promise.resolve(this.#disk.pairs(range)));
	}

	async startAgain(pairs: AsyncIterable<DiskPair>): Promise<string> {
		const kept: DiskPair[] = [];
		for await (const pair of pairs) kept.push(pair);
		await this.#alive(Promise.resolve());
		return this.#disk.replace(kept);
	}

	/** A turn in which only promises run ends with them: no real time passes in a simulation. */
	afterTurn(action: () => void): void {
		setImmediate(() => {
			if (!this.#isDead) action();
		});
	}

	async close(): Promise<void> {
		this.#disk.closed(this);
	}

	async #alive<T>(work: Promise<T>): Promise<T> {
		try {
			const result = await work;
			if (!this.#isDead) return result;
		} catch (error) {
			if (!this.#isDead) throw error;
		}
		return new Promise<never>(() => {});
	}
}

function noSpace(): Error {
	return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}

function sizeOf(batch: Batch): number {
	return batch.reduce((sum, op) => sum + op.key.length + (op.kind === 'put' ? op.value.length : 0), 0);
}

function apply(pairs: Map<string, Uint8Array>, batch: Batch): void {
	for (const op of batch) {
		if (op.kind === 'put') pairs.set(op.key, op.value);
		else pairs.delete(op.key);
	}
}
