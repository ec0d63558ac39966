/**
 * The identity of a change: a hash of its diff without line numbers, blob ids and function headings. Unlike
 * `git patch-id` it keeps white space, because in some languages that is the change. Binary files, of which the diff
 * shows nothing, are named by their blob ids.
 */
import { createHash, type Hash } from 'node:crypto';

/** Fed with the pieces of `git diff-tree -p --full-index`; order of files is git's own (by path). */
export class PatchIdentity {
	readonly #hash: Hash = createHash('sha256');
	#rest = Buffer.alloc(0);
	#blobs = '';

	take(piece: Buffer): void {
		const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
		let from = 0;
		for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
			this.#line(bytes.subarray(from, end));
			from = end + 1;
		}
		this.#rest = Buffer.from(bytes.subarray(from));
	}

	digest(): string {
		if (this.#rest.length > 0) this.#line(this.#rest);
		return this.#hash.digest('hex');
	}

	/** Lines of a file's content begin with a blank, `+`, `-` or `\`, so these beginnings are git's own words. */
	#line(line: Buffer): void {
		if (line.length > 2 && line[0] === at && line[1] === at) {
			this.#hash.update('@@\n');
			return;
		}
		if (line[0] === letterI && line.subarray(0, 6).toString() === 'index ') {
			this.#blobs = line.toString();
			return;
		}
		if (line[0] === letterB && line.subarray(0, 13).toString() === 'Binary files ')
			this.#hash.update(`${this.#blobs}\n`);
		this.#hash.update(line).update('\n');
	}
}

const at = 64;
const letterI = 105;
const letterB = 66;
