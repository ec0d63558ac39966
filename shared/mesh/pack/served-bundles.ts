/**
 * Bundles made for others, in files. Who wants the same content shares one file, also while it is still being made; it
 * is kept for a while so that somebody who was cut off goes on where they were. Git writes the file itself; its hash is
 * that of what was read for the first time. Files of an earlier process are removed.
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundlePlan, type Environment, writeBundle } from '../../git/index.ts';
import { canonicalJson } from '../../log/index.ts';
import { type Clock, ganglineError } from '../../ports/index.ts';
import { keptMs, lookMs, orphanMs, servedBytesMax } from './limits.ts';

export interface ServedBundlesOptions {
	readonly folder: string;
	readonly environment: Environment;
	readonly clock: Clock;
	/** Of one bundle. */
	readonly bundleBytesMax: number;
}

export interface Whole {
	readonly bytes: number;
	readonly sha256: string;
}

/** One bundle, as a reader of it sees it. */
export interface ServedBundle {
	/** Bytes that can be read now. */
	readonly written: number;
	/** Nothing more will come. */
	readonly isMade: boolean;
	/** All of it, as announced to somebody who has read up to `position`; null while there is more. */
	whole(position: number): Whole | null;
	/** Fills the rooms from `position` on as far as there is something; answers how much. Readers begin at 0. */
	read(position: number, rooms: readonly Uint8Array[]): Promise<number>;
	/** Resolves when more was written or it is made. Throws what went wrong while it was made. */
	grown(): Promise<void>;
	/** The reader is gone; idempotent. */
	release(): void;
}

export class ServedBundles {
	readonly #options: ServedBundlesOptions;
	readonly #bundles = new Map<string, Making>();
	#made = 0;

	constructor(options: ServedBundlesOptions) {
		this.#options = options;
	}

	/** Removes what an earlier process left. */
	async start(): Promise<void> {
		await rm(this.#options.folder, { recursive: true, force: true });
		await mkdir(this.#options.folder, { recursive: true });
	}

	/** A reader of the bundle; begins to make it where nobody has yet. Throws STORE_FAILED, PEER_UNREACHABLE when too full. */
	async open({ gitDir, ref, commit, prerequisites, have }: BundlePlan): Promise<ServedBundle> {
		const key = createHash('sha256').update(canonicalJson({ gitDir, ref, commit, prerequisites })).digest('hex');
		const known = this.#bundles.get(key);
		if (known !== undefined && !known.hasFailed) return known.reader();
		this.#makeRoom();
		const path = join(this.#options.folder, `${key.slice(0, 32)}-${this.#made++}.bundle`);
		const making = new Making(path, this.#options, () => {
			if (this.#bundles.get(key) === making) this.#bundles.delete(key);
		});
		this.#bundles.set(key, making);
		const reader = making.reader();
		making.start({ gitDir, ref, commit, prerequisites, have });
		return reader;
	}

	async close(): Promise<void> {
		await Promise.all([...this.#bundles.values()].map((making) => making.remove()));
	}

	#makeRoom(): void {
		const held = (): number => [...this.#bundles.values()].reduce((sum, making) => sum + making.written, 0);
		for (const making of [...this.#bundles.values()]) {
			if (held() < servedBytesMax) return;
			if (making.users === 0) void making.remove();
		}
		if (held() < servedBytesMax) return;
		throw ganglineError('PEER_UNREACHABLE', `the node serves ${servedBytesMax} bytes of bundles already; ask later`);
	}
}

class Making {
	users = 0;
	written = 0;
	isMade = false;
	#whole: Whole | null = null;
	/** Bytes of the beginning that are in the hash. */
	#hashed = 0;
	readonly #path: string;
	readonly #options: ServedBundlesOptions;
	readonly #onRemoved: () => void;
	readonly #hash: Hash = createHash('sha256');
	readonly #leaving = new AbortController();
	#file: FileHandle | null = null;
	#failure: { readonly error: unknown } | null = null;
	#waiting: (() => void)[] = [];
	#cancelRemoval: () => void = () => undefined;
	#done: Promise<void> = Promise.resolve();

	constructor(path: string, options: ServedBundlesOptions, onRemoved: () => void) {
		this.#path = path;
		this.#options = options;
		this.#onRemoved = onRemoved;
	}

	get hasFailed(): boolean {
		return this.#failure !== null;
	}

	start(plan: BundlePlan): void {
		this.#done = this.#make(plan).then(
			() => this.#wake(),
			(error: unknown) => {
				this.#failure = { error };
				this.#wake();
			},
		);
	}

	reader(): ServedBundle {
		const self = this;
		let isReleased = false;
		this.users++;
		this.#cancelRemoval();
		return {
			get written() {
				return self.written;
			},
			get isMade() {
				return self.isMade;
			},
			whole: (position) => this.#wholeAt(position),
			read: (position, rooms) => this.#read(position, rooms),
			grown: () => this.#grown(),
			release: () => {
				if (isReleased) return;
				isReleased = true;
				this.users--;
				this.#removeLater();
			},
		};
	}

	async remove(): Promise<void> {
		this.#cancelRemoval();
		this.#leaving.abort(ganglineError('STOPPING', 'the bundle is not wanted any more'));
		this.#onRemoved();
		await this.#done;
		await this.#file?.close();
		this.#file = null;
		await rm(this.#path, { force: true });
	}

	async #make(plan: BundlePlan): Promise<void> {
		const file = await open(this.#path, 'wx+', 0o600);
		this.#file = file;
		const { environment, bundleBytesMax } = this.#options;
		const tooLong = (): Error =>
			ganglineError('REFUSED', `the bundle has more than ${bundleBytesMax} bytes`, { data: { bundleBytesMax } });
		const stopLooking = this.#lookNowAndThen(file, () => this.#leaving.abort(tooLong()));
		try {
			await writeBundle(plan, { environment, signal: this.#leaving.signal, file });
		} finally {
			stopLooking();
		}
		await this.#look(file);
		if (this.written > bundleBytesMax) throw tooLong();
		this.isMade = true;
	}

	/** Nobody tells us how far git has written. */
	#lookNowAndThen(file: FileHandle, onTooLong: () => void): () => void {
		const { clock, bundleBytesMax } = this.#options;
		let hasStopped = false;
		let cancel = (): void => undefined;
		const look = async (): Promise<void> => {
			await this.#look(file);
			if (hasStopped) return;
			if (this.written > bundleBytesMax) onTooLong();
			cancel = clock.after(lookMs, () => void look().catch(() => undefined));
		};
		cancel = clock.after(lookMs, () => void look().catch(() => undefined));
		return () => {
			hasStopped = true;
			cancel();
		};
	}

	async #look(file: FileHandle): Promise<void> {
		const { size } = await file.stat();
		if (size <= this.written) return;
		this.written = Math.min(size, this.#options.bundleBytesMax + 1);
		this.#wake();
	}

	async #read(position: number, rooms: readonly Uint8Array[]): Promise<number> {
		if (this.#file === null) throw ganglineError('STOPPING', 'the bundle is not kept any more');
		const parts = firstBytes(rooms, this.written - position);
		const { bytesRead } = await this.#file.readv(parts, position);
		this.#hashNew(position, firstBytes(parts, bytesRead));
		return bytesRead;
	}

	#hashNew(position: number, parts: readonly Uint8Array[]): void {
		let at = position;
		for (const part of parts) {
			const known = this.#hashed - at;
			if (known >= 0 && known < part.length) {
				this.#hash.update(part.subarray(known));
				this.#hashed = at + part.length;
			}
			at += part.length;
		}
	}

	#wholeAt(position: number): Whole | null {
		if (!this.isMade || position !== this.written || this.#hashed !== this.written) return null;
		this.#whole ??= { bytes: this.written, sha256: this.#hash.digest('hex') };
		return this.#whole;
	}

	async #grown(): Promise<void> {
		this.#throwFailure();
		if (this.isMade) return;
		await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.#throwFailure();
	}

	#throwFailure(): void {
		if (this.#failure !== null) throw this.#failure.error;
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}

	#removeLater(): void {
		if (this.users > 0) return;
		const ms = this.isMade ? keptMs : orphanMs;
		this.#cancelRemoval();
		if (this.hasFailed) {
			void this.remove();
			return;
		}
		this.#cancelRemoval = this.#options.clock.after(ms, () => void this.remove());
	}
}

/** The beginning of what the parts are together. */
function firstBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
	let left = bytes;
	return parts.flatMap((part) => {
		const here = Math.min(left, part.length);
		left -= here;
		return here === 0 ? [] : [part.subarray(0, here)];
	});
}
