/**
 * One pull, seen from who wants it: what came before is offered, the rest is written to a file and given to the import
 * at the same time. The file stays when the connection is lost, and goes when it is whole or turned out to be bad.
 */
import type { BundleImport } from '../../git/index.ts';
import { type Channel, type Clock, type GanglineError, ganglineError } from '../../ports/index.ts';
import { deadline } from '../deadline.ts';
import { decodeError } from '../wire-error.ts';
import type { ArrivingFile } from './arriving-file.ts';
import { silenceMsMax, unwrittenBytesMax, windowBytes } from './limits.ts';
import { decode, encodeWords, type ServerWords, serverSchema, type Want } from './messages.ts';

export interface PullingOptions {
	readonly channel: Channel;
	readonly clock: Clock;
	readonly signal: AbortSignal | undefined;
	readonly want: Pick<Want, 'project' | 'ref' | 'commit' | 'have'>;
	readonly file: ArrivingFile;
	readonly taking: BundleImport;
	readonly onProgress: ((bytes: number) => void) | undefined;
}

/** What the other side threw, as opposed to what it did wrong. */
export class Told {
	readonly error: GanglineError;
	constructor(error: GanglineError) {
		this.error = error;
	}
}

/**
 * Brings the bundle into file and import, whole and as announced. Throws `Told` for a refusal of the other side,
 * MALFORMED when it broke the rules, what the import throws, PEER_GONE, PEER_UNREACHABLE or the signal's reason.
 */
export async function pullBundle(options: PullingOptions): Promise<void> {
	const { channel, clock, file } = options;
	const late = () => ganglineError('PEER_UNREACHABLE', `${channel.peer.node} sent nothing for ${silenceMsMax} ms`);
	using limit = deadline(clock, { ms: silenceMsMax, signal: options.signal, late });
	const leave = (): void => channel.abort('the pull was given up');
	if (limit.signal.aborted) leave();
	limit.signal.addEventListener('abort', leave, { once: true });
	const pull = new Pull(options);
	try {
		await channel.send(encodeWords({ kind: 'want', ...options.want, offset: file.bytes, sha256: file.sha256 }));
		for await (const frame of channel.frames()) {
			limit.hold();
			const heard = decode(serverSchema, frame);
			if ('piece' in heard) await pull.takePiece(heard.piece);
			else if (await pull.takeWords(heard.words)) return await channel.close();
			limit.renew();
		}
		throw ganglineError('PEER_GONE', `${channel.peer.node} ended the pull before all was sent`);
	} catch (error) {
		channel.abort('the pull ended');
		// What came is kept for the next try; if it is bad, that is why the channel ended.
		await pull.written();
		throw limit.signal.aborted ? limit.signal.reason : error;
	} finally {
		limit.signal.removeEventListener('abort', leave);
	}
}

class Pull {
	readonly #options: PullingOptions;
	#hasBegun = false;
	#owed = 0;
	/** What arrived while the last pieces were being written; they go together, and one by one from a slow sender. */
	#unwritten: Uint8Array[] = [];
	#unwrittenBytes = 0;
	#writing: Promise<void> | null = null;
	#failure: { readonly error: unknown } | null = null;

	constructor(options: PullingOptions) {
		this.#options = options;
	}

	async takePiece(piece: Uint8Array): Promise<void> {
		if (!this.#hasBegun || piece.length === 0) throw ganglineError('MALFORMED', 'a piece came before the beginning');
		if (this.#failure !== null) throw this.#failure.error;
		this.#unwritten.push(piece);
		this.#unwrittenBytes += piece.length;
		this.#writing ??= this.#write();
		if (this.#unwrittenBytes > unwrittenBytesMax) await this.written();
	}

	/** Resolves when everything that came is in the import and in the file. Throws what went wrong with it. */
	async written(): Promise<void> {
		await this.#writing;
		if (this.#failure !== null) throw this.#failure.error;
	}

	async #write(): Promise<void> {
		const { channel, file, taking, onProgress } = this.#options;
		try {
			while (this.#unwritten.length > 0) {
				const pieces = this.#unwritten;
				this.#owed += this.#unwrittenBytes;
				[this.#unwritten, this.#unwrittenBytes] = [[], 0];
				// The import first: what it refuses must not be found again by the next try.
				await taking.write(...pieces);
				await file.append(...pieces);
				onProgress?.(file.bytes);
				if (this.#owed < windowBytes / 8) continue;
				const bytes = this.#owed;
				this.#owed = 0;
				// A channel that has ended says so to its reader.
				void channel.send(encodeWords({ kind: 'credit', bytes })).catch(() => undefined);
			}
		} catch (error) {
			this.#failure = { error };
			channel.abort('the pull ended');
		} finally {
			this.#writing = null;
		}
	}

	/** True when all is there. */
	async takeWords(words: ServerWords): Promise<boolean> {
		switch (words.kind) {
			case 'wait':
				return false;
			case 'error':
				throw new Told(decodeError(Buffer.from(JSON.stringify(words.error))));
			case 'begin':
				await this.#begin(words.offset);
				return false;
			case 'done':
				await this.written();
				this.#checkWhole(words);
				return true;
		}
	}

	async #begin(offset: number): Promise<void> {
		const { file, taking } = this.#options;
		if (this.#hasBegun || (offset !== 0 && offset !== file.bytes)) {
			throw ganglineError('MALFORMED', `the pull begins at byte ${offset}, expected ${file.bytes} or 0`);
		}
		this.#hasBegun = true;
		if (offset === 0) return file.startOver();
		for await (const piece of file.pieces()) await taking.write(piece);
	}

	#checkWhole({ bytes, sha256 }: { bytes: number; sha256: string }): void {
		const { file } = this.#options;
		if (this.#hasBegun && bytes === file.bytes && sha256 === file.sha256) return;
		throw ganglineError('MALFORMED', `${file.bytes} bytes arrived, which are not the ${bytes} that were announced`);
	}
}
