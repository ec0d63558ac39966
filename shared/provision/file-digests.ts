/**
 * Hashes of files, each read once as long as its size and time stay: a program is some six thousand files, and a second
 * project should not wait until all of them were read again. Times alone would not do as names of content: installers
 * set them to what they like, and two clones of one version have different ones.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';

export interface DigestedFile {
	readonly from: string;
	readonly bytes: number;
	readonly modifiedMs: number;
}

/** What is larger is read in pieces. */
const wholeBytesMax = 4 * 1024 ** 2;
/** Files that are read at once: enough to keep the disk busy, few enough for the table of descriptors. */
const atOnce = 16;

export class FileDigests {
	readonly #known = new Map<string, string>();

	/** In the order of the files. */
	async of(files: readonly DigestedFile[]): Promise<readonly string[]> {
		const digests = new Array<string>(files.length);
		const waiting = files.entries();
		const read = async (): Promise<void> => {
			for (const [index, file] of waiting) digests[index] = await this.#digest(file);
		};
		await Promise.all(Array.from({ length: atOnce }, read));
		return digests;
	}

	async #digest(file: DigestedFile): Promise<string> {
		const { from, bytes, modifiedMs } = file;
		const key = JSON.stringify([from, bytes, modifiedMs]);
		const digest = this.#known.get(key) ?? (await digestOf(file));
		this.#known.set(key, digest);
		return digest;
	}
}

async function digestOf({ from, bytes }: DigestedFile): Promise<string> {
	const hash = createHash('sha256');
	if (bytes <= wholeBytesMax) hash.update(await readFile(from));
	else for await (const piece of createReadStream(from)) hash.update(piece);
	return hash.digest('hex');
}
