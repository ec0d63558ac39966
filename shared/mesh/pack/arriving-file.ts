/**
 * What arrived of one pull so far, in a file that outlives a lost connection and a killed process. Known by its content
 * alone: whoever serves the rest compares the hash, so bytes that another peer had spoilt are simply sent again.
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ganglineError } from '../../ports/index.ts';
import { arrivedMsMax, pieceBytes } from './limits.ts';

export class ArrivingFile {
	readonly #path: string;
	readonly #file: FileHandle;
	#hash: Hash = createHash('sha256');
	#bytes = 0;

	private constructor(path: string, file: FileHandle) {
		this.#path = path;
		this.#file = file;
	}

	/** Opens what there is under a name, or an empty one. One at a time per name. */
	static async open(folder: string, name: string): Promise<ArrivingFile> {
		await mkdir(folder, { recursive: true });
		const path = join(folder, name);
		const arriving = new ArrivingFile(path, await open(path, 'a+', 0o600));
		for await (const piece of arriving.pieces()) {
			arriving.#hash.update(piece);
			arriving.#bytes += piece.length;
		}
		return arriving;
	}

	get bytes(): number {
		return this.#bytes;
	}

	/** Of everything so far. */
	get sha256(): string {
		return this.#hash.copy().digest('hex');
	}

	/** From the beginning. */
	async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
		for (let at = 0; ; ) {
			const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at);
			if (bytesRead === 0) return;
			at += bytesRead;
			yield buffer.subarray(0, bytesRead);
		}
	}

	/** Throws STORE_FAILED. */
	async append(...pieces: readonly Uint8Array[]): Promise<void> {
		try {
			for (let left = [...pieces]; left.length > 0; ) {
				left = without(left, (await this.#file.writev(left)).bytesWritten);
			}
		} catch (cause) {
			throw ganglineError('STORE_FAILED', 'what another node sent could not be written to this disk', { cause });
		}
		for (const piece of pieces) {
			this.#hash.update(piece);
			this.#bytes += piece.length;
		}
	}

	async startOver(): Promise<void> {
		await this.#file.truncate(0);
		this.#hash = createHash('sha256');
		this.#bytes = 0;
	}

	/** Leaves it for another try. */
	async close(): Promise<void> {
		if (this.#bytes === 0) await this.remove();
		else await this.#file.close();
	}

	async remove(): Promise<void> {
		await this.#file.close();
		await rm(this.#path, { force: true });
	}
}

function without(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
	let skip = bytes;
	return pieces.flatMap((piece) => {
		const here = Math.min(skip, piece.length);
		skip -= here;
		return here === piece.length ? [] : [piece.subarray(here)];
	});
}

/** Removes what nobody came back for. `now`: wall ms. */
export async function removeOldArrivals(folder: string, now: number): Promise<void> {
	for (const name of await readdir(folder).catch((): string[] => [])) {
		const path = join(folder, name);
		// Another pull may have ended meanwhile, and taken its file away.
		const found = await stat(path).catch(() => null);
		if (found !== null && now - found.mtimeMs > arrivedMsMax) await rm(path, { force: true });
	}
}
