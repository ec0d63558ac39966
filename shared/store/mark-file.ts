/**
 * The mark: a small file beside the database that names the last batch known to be on disk. It is written after each
 * batch without waiting and without a sync, so it costs no latency and is never ahead of the database. What it gives:
 * batches that vanish from the end of LevelDB's log, with their heads and markers, leave no trace inside; the mark
 * still knows them after a killed process and after damage to the database's files. The limit: a power cut may take
 * the mark's last writes too, and a disk that loses synced writes of both loses them unseen. Only the first mark of a
 * file is synced, with its name: a store whose mark a power cut took would pass for a copy.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Mark } from './disk.ts';

const lineBytes = 96;
const pattern = /^gangline-mark (\d{1,9}) (\d{1,16}) (\d{1,20}) ([0-9a-f]{16})$/;

/** What the file says; undefined when there is none or its line is not what was written. */
export function readMark(path: string): Mark | undefined {
	let file: number;
	try {
		file = openSync(path, 'r');
	} catch {
		return undefined;
	}
	try {
		const line = Buffer.alloc(lineBytes);
		const length = readSync(file, line, 0, lineBytes, 0);
		const [, schema, batch, inode, check] = pattern.exec(line.toString('latin1', 0, length).trimEnd()) ?? [];
		if (!schema || !batch || !inode || checkOf(schema, batch, inode) !== check) return undefined;
		return { schema: Number(schema), batch: Number(batch), original: String(fstatSync(file).ino) === inode };
	} finally {
		closeSync(file);
	}
}

export class MarkFile {
	readonly #path: string;
	readonly #file: number;
	readonly #inode: string;
	#isOnDisk: boolean;
	#next: Buffer | undefined;
	#isWriting = false;
	#onIdle: (() => void) | undefined;

	constructor(path: string) {
		this.#path = path;
		this.#file = openSync(path, openFlags, 0o600);
		const { ino, size } = fstatSync(this.#file);
		this.#inode = String(ino);
		this.#isOnDisk = size > 0;
	}

	/** Writes the newest mark as soon as the last write has ended; older ones that wait are left out. */
	note(mark: { readonly schema: number; readonly batch: number }): void {
		const parts = [String(mark.schema), String(mark.batch), this.#inode] as const;
		const line = `gangline-mark ${parts.join(' ')} ${checkOf(...parts)}`;
		this.#next = Buffer.from(`${line.padEnd(lineBytes - 1)}\n`, 'latin1');
		if (!this.#isOnDisk) this.#writeFirst(this.#next);
		this.#write();
	}

	async close(): Promise<void> {
		if (this.#isWriting) await new Promise<void>((resolve) => (this.#onIdle = resolve));
		try {
			if (this.#next) writeSync(this.#file, this.#next, 0, lineBytes, 0);
			fsyncSync(this.#file);
		} finally {
			closeSync(this.#file);
		}
	}

	/** Once in the life of a file: before anyone is told of the batch. */
	#writeFirst(line: Buffer): void {
		this.#isOnDisk = true;
		this.#next = undefined;
		try {
			writeSync(this.#file, line, 0, lineBytes, 0);
			fsyncSync(this.#file);
			const folder = openSync(dirname(this.#path), 'r');
			fsyncSync(folder);
			closeSync(folder);
		} catch {
			// Without a mark the store is sound, and known as a copy at the worst.
		}
	}

	#write(): void {
		const line = this.#next;
		if (this.#isWriting || !line) return;
		this.#next = undefined;
		this.#isWriting = true;
		// A failure is no harm: an older mark is true as well.
		write(this.#file, line, 0, lineBytes, 0, () => {
			this.#isWriting = false;
			if (this.#onIdle) this.#onIdle();
			else this.#write();
		});
	}
}

/** `a` would append, `w` would empty the file first, `r+` would not create it. */
const openFlags = 0o102; // O_RDWR | O_CREAT

function checkOf(schema: string, batch: string, inode: string): string {
	return createHash('sha256').update(`mark ${schema} ${batch} ${inode}`).digest('hex').slice(0, 16);
}
