/**
 * A folder that whoever works inside a container writes in too. A link put in the place of a folder or a file there would
 * lead the gateway to files of the person on this machine. So none is followed: the folder is opened as what it is, what
 * lies in it is named through that very folder, and a file is replaced, never written through.
 */

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type GanglineError, ganglineError } from '../ports/index.ts';
import { writeWhole } from '../ports/system/whole-file.ts';

const bytesMax = 1024 * 1024;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export class SharedFolder implements AsyncDisposable {
	readonly #path: string;
	readonly #handle: FileHandle;

	/** Makes it where it is missing; `parent` is not the container's to replace. @throws GanglineError REFUSED for a link */
	static async open(parent: string, name: string): Promise<SharedFolder> {
		const path = join(parent, name);
		await mkdir(path, { mode: 0o700 }).catch(unless('EEXIST'));
		const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: unknown) => {
			throw codeOf(error) === 'ELOOP' || codeOf(error) === 'ENOTDIR' ? replaced(path) : error;
		});
		return new SharedFolder(path, handle);
	}

	private constructor(path: string, handle: FileHandle) {
		this.#path = path;
		this.#handle = handle;
	}

	/** Null where there is no such file. @throws GanglineError REFUSED for anything but a plain file of a sound size */
	async read(name: string): Promise<string | null> {
		const file = await open(this.#at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
			if (codeOf(error) === 'ENOENT') return null;
			throw codeOf(error) === 'ELOOP' ? replaced(join(this.#path, name)) : error;
		});
		if (file === null) return null;
		try {
			const found = await file.stat();
			if (!found.isFile() || found.size > bytesMax) throw replaced(join(this.#path, name));
			return await file.readFile('utf8');
		} finally {
			await file.close();
		}
	}

	async write(name: string, text: string, mode: number): Promise<void> {
		await writeWhole(this.#at(name), text, mode);
	}

	async remove(name: string): Promise<void> {
		await rm(this.#at(name), { force: true });
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#handle.close();
	}

	/** A path to it that leads nowhere else, while it is open. */
	get through(): string {
		return `/proc/self/fd/${this.#handle.fd}`;
	}

	#at(name: string): string {
		return `${this.through}/${name}`;
	}
}

function replaced(path: string): GanglineError {
	return ganglineError('REFUSED', `${path} is not what the gateway made: something inside the project put it there`, {
		hint: `look what it is (ls -l '${path}'), remove it, and ask again`,
	});
}

function unless(code: string): (error: unknown) => void {
	return (error) => {
		if (codeOf(error) !== code) throw error;
	};
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}
