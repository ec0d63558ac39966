/** What the making of a project's container said, appended to a file of its own (0600) with a bound on its size. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const bytesMax = 4 * 1024 * 1024;

export class MakeLog {
	readonly #stream: WriteStream;
	#left = bytesMax;

	static async open(path: string): Promise<MakeLog> {
		await mkdir(dirname(path), { recursive: true, mode: 0o700 });
		const known = await stat(path).catch(() => null);
		if (known !== null && known.size > bytesMax) await rename(path, `${path}.old`);
		return new MakeLog(createWriteStream(path, { flags: 'a', mode: 0o600 }));
	}

	private constructor(stream: WriteStream) {
		this.#stream = stream;
		// A full disk must not end what is being made: each step's words are in the record too.
		stream.on('error', () => undefined);
	}

	/** Of an image that never stops talking the beginning is kept. */
	write(line: string): void {
		if (this.#left <= 0) return;
		const bytes = Buffer.from(`${line}\n`);
		this.#left -= bytes.byteLength;
		this.#stream.write(this.#left > 0 ? bytes : `… the rest is left out: more than ${bytesMax} bytes\n`);
	}

	close(): Promise<void> {
		return new Promise((resolve) => void this.#stream.end(resolve));
	}
}
