/**
 * The log of one author: this process under one duty. It numbers, dates, chains and signs what is wanted, and resolves
 * only when that is on disk [I6]. Its name is new at each start of the process, so a restored backup never continues an
 * old log; its first flush names where the one before it ended.
 */
import type { Intent } from '../pipeline/index.ts';
import { type AuthorId, assert, type Duty, ganglineError, type StoreWrite } from '../ports/index.ts';
import { canonicalJson } from './canonical-json.ts';
import { encodeFlush, type LogPosition, openingPosition, type Predecessor, signEntries } from './flush.ts';
import type { HybridClock } from './hybrid-clock.ts';
import type { Identity } from './identity.ts';
import { entryBytesMax, flushBytesMax } from './limits.ts';
import { type ParseIntent, whyNoIntent } from './verify.ts';

/** An intent before its author has numbered and dated it. */
export type IntentDraft = Omit<Intent, 'author' | 'n' | 'at'>;

/** A flush on its way to the disk. */
export interface OwnFlush {
	readonly bytes: Uint8Array;
	readonly signature: string;
	readonly position: LogPosition;
	readonly intents: readonly Intent[];
}

export interface AuthorLogOptions {
	readonly project: string;
	readonly author: AuthorId;
	readonly duty: Duty;
	readonly identity: Identity;
	readonly time: HybridClock;
	readonly parse: ParseIntent;
	readonly predecessor: Predecessor | null;
	/** Puts flushes on disk in one batch with `writes`, in the order of the calls. */
	readonly keep: (flushes: readonly OwnFlush[], writes: readonly StoreWrite[]) => Promise<void>;
}

export class AuthorLog {
	readonly author: AuthorId;
	readonly predecessor: Predecessor | null;
	readonly #options: AuthorLogOptions;
	#position: LogPosition;

	/** Use `ProjectLogs.startAuthor`. */
	constructor(options: AuthorLogOptions) {
		const { project, author, identity, predecessor } = options;
		this.#options = options;
		this.author = author;
		this.predecessor = predecessor;
		this.#position = openingPosition({ project, author, publicKey: identity.publicKey }, predecessor);
	}

	/**
	 * Appends `drafts` in their order and resolves with the intents when they are durable, together with `writes` in one
	 * batch. Refuses what is no intent (INVALID_ARGUMENT) or too large (TOO_LARGE) before anything is numbered.
	 */
	async append(drafts: readonly IntentDraft[], writes: readonly StoreWrite[] = []): Promise<readonly Intent[]> {
		if (drafts.length === 0 && writes.length === 0) return [];
		const entries = drafts.map((draft, i) => this.#entry(draft, this.#position.n + 1 + i));
		const flushes = splitBySize(entries).map((part) => this.#sign(part));
		await this.#options.keep(flushes, writes);
		return entries.map(({ intent }) => intent);
	}

	#entry(draft: IntentDraft, n: number): Entry {
		const at = this.#options.time.next();
		const text = canonicalJson({ ...draft, at });
		const bytes = Buffer.byteLength(text);
		if (bytes > entryBytesMax) {
			throw ganglineError(
				'TOO_LARGE',
				`an intent of ${bytes} bytes (${draft.event}), at most ${entryBytesMax} are kept`,
			);
		}
		return { text, intent: this.#parse({ ...draft, at, author: this.author, n }, draft.event) };
	}

	/** What we could not read back ourselves is not written. */
	#parse(value: unknown, event: string): Intent {
		try {
			return this.#options.parse(value);
		} catch (cause) {
			throw ganglineError('INVALID_ARGUMENT', `the intent ${event} is not as expected: ${whyNoIntent(cause)}`, {
				cause,
			});
		}
	}

	#sign(entries: readonly Entry[]): OwnFlush {
		const { identity, project } = this.#options;
		const signed = signEntries({
			identity,
			project,
			position: this.#position,
			texts: entries.map(({ text }) => text),
			...(this.#position.n === 0 && { opening: { predecessor: this.predecessor } }),
		});
		assert(signed.position.n === this.#position.n + entries.length, 'a flush moves its log by its entries');
		this.#position = signed.position;
		return {
			bytes: encodeFlush(signed.flush),
			signature: signed.flush.signature,
			position: signed.position,
			intents: entries.map(({ intent }) => intent),
		};
	}
}

interface Entry {
	readonly text: string;
	readonly intent: Intent;
}

/** A flush is sent whole, in one frame. */
function splitBySize(entries: readonly Entry[]): readonly (readonly Entry[])[] {
	const parts: Entry[][] = [];
	let bytes = Number.POSITIVE_INFINITY;
	for (const entry of entries) {
		// Inside the flush the text is a JSON string: measured as it will be written.
		const size = Buffer.byteLength(JSON.stringify(entry.text)) + 1;
		bytes += size;
		if (bytes > flushBytesMax) {
			parts.push([]);
			bytes = size;
		}
		parts.at(-1)?.push(entry);
	}
	return parts;
}
