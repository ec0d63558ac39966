/**
 * The one way into a log, for what comes from the store and for what comes from a peer: signature, chain, numbering,
 * then each entry by its schema. A flush whose proof fails is refused whole. An entry that is signed but makes no sense
 * is not: its author meant something, and it must be answered for, so it becomes an entry of kind `invalid`.
 */
import { z } from 'zod';
import type { Intent } from '../pipeline/index.ts';
import { type AuthorId, ganglineError, whyInvalid } from '../ports/index.ts';
import { parseJson } from './canonical-json.ts';
import {
	decodeFlush,
	type EntriesFlush,
	type Flush,
	follow,
	fromBase64,
	isSigned,
	isVoidSigned,
	type LogPosition,
	openingPosition,
	type TrimmedFlush,
	type VoidFlush,
	voidedMax,
} from './flush.ts';

/** Parses what an entry says, with author and number put in; throws for what is no intent. */
export type ParseIntent = (value: unknown) => Intent;

export type LogEntry =
	| { readonly kind: 'intent'; readonly n: number; readonly intent: Intent }
	/** Lost, and closed by a signed void. */
	| { readonly kind: 'void'; readonly n: number; readonly reason: string }
	/** Signed, but no intent. */
	| { readonly kind: 'invalid'; readonly n: number; readonly reason: string };

export interface VerifyOptions {
	readonly project: string;
	readonly parse: ParseIntent;
	/** Nodes besides the author's own that may close a hole: the home, when the author's node is gone for good. */
	readonly mayVoid?: (node: string) => boolean;
}

export type Verified =
	/** It continues the log; `position` is where the log stands then. */
	| {
			readonly kind: 'next';
			readonly flush: Flush;
			readonly position: LogPosition;
			readonly entries: readonly LogEntry[];
	  }
	/** All of it is known already. */
	| { readonly kind: 'known'; readonly author: AuthorId }
	/** Entries from `expected` on must come first. */
	| { readonly kind: 'gap'; readonly author: AuthorId; readonly expected: number };

/**
 * Checks one flush against where its log stands (`undefined`: nothing of it is known). Throws MALFORMED or
 * BAD_SIGNATURE, both of which mean: the peer that sent it broke the rules.
 */
export function verifyFlush(
	bytes: Uint8Array,
	positionOf: (author: AuthorId) => LogPosition | undefined,
	options: VerifyOptions,
): Verified {
	const flush = decodeFlush(bytes);
	if (flush.project !== options.project) {
		throw ganglineError('MALFORMED', `a flush for project ${flush.project} came with those of ${options.project}`);
	}
	const position = positionOf(flush.author);
	if (flush.kind === 'entries') return verifyEntries(flush, position, options);
	if (flush.kind === 'trimmed') return verifyTrimmed(flush, position, options);
	return verifyVoid(flush, position, options);
}

/** Verifies all flushes of one log, oldest first. Stops with an error at the first that does not continue it. */
export function readLog(
	flushes: Iterable<Uint8Array>,
	options: VerifyOptions,
): { readonly position: LogPosition | undefined; readonly entries: readonly LogEntry[] } {
	let position: LogPosition | undefined;
	const entries: LogEntry[] = [];
	for (const bytes of flushes) {
		const verified = verifyFlush(bytes, () => position, options);
		if (verified.kind === 'gap') {
			throw ganglineError('MALFORMED', `the log of ${verified.author} lacks the entries from ${verified.expected} on`);
		}
		if (verified.kind === 'known') continue;
		if (position && position.author !== verified.position.author) {
			throw ganglineError('MALFORMED', `flushes of ${position.author} and ${verified.position.author} in one log`);
		}
		position = verified.position;
		entries.push(...verified.entries);
	}
	return { position, entries };
}

function verifyEntries(flush: EntriesFlush, known: LogPosition | undefined, options: VerifyOptions): Verified {
	const { author, first, entries } = flush;
	if (!known && !flush.opening) return { kind: 'gap', author, expected: 1 };
	if (known && first > known.n + 1) return { kind: 'gap', author, expected: known.n + 1 };
	const before = known && first === known.n + 1 ? known : positionBefore(flush, known);
	const position = follow({ ...before, hash: flush.previous }, entries);
	if (!isSigned(options.project, position, flush.signature)) throw badSignature(author, position.n);
	// Signed all the same: the author has two pasts, and whoever passed this one on is not to blame.
	if (flush.previous !== before.hash) throw twoVersions(author, first - 1);
	if (!known || first === known.n + 1) {
		return {
			kind: 'next',
			flush,
			position,
			entries: entries.map((text, i) => readEntry(author, first + i, text, options)),
		};
	}
	if (position.n > known.n)
		throw malformed(author, `entries ${first} to ${position.n} overlap what ends at ${known.n}`);
	if (position.n === known.n && position.hash !== known.hash) throw twoVersions(author, known.n);
	return { kind: 'known', author };
}

/** For an opening flush its own opening; for one that lies behind us what it says of itself, which its signature proves. */
function positionBefore(flush: EntriesFlush, known: LogPosition | undefined): LogPosition {
	const { author, project, opening, first } = flush;
	if (opening) {
		if (first !== 1) throw malformed(author, `an opening stands at entry ${first}`);
		return openingPosition({ project, author, publicKey: fromBase64(opening.publicKey) }, opening.predecessor);
	}
	if (!known) throw malformed(author, 'nothing is known of the log');
	return { ...known, n: first - 1, hash: flush.previous };
}

function verifyTrimmed(flush: TrimmedFlush, known: LogPosition | undefined, options: VerifyOptions): Verified {
	const { author, n, hash } = flush;
	const position = { author, publicKey: fromBase64(flush.publicKey), n, hash };
	if (!isSigned(options.project, position, flush.signature)) throw badSignature(author, n);
	if (!known || n > known.n) return { kind: 'next', flush, position, entries: [] };
	if (n === known.n && hash !== known.hash) throw twoVersions(author, n);
	return { kind: 'known', author };
}

function verifyVoid(flush: VoidFlush, known: LogPosition | undefined, options: VerifyOptions): Verified {
	const { author, first, last, reason } = flush;
	if (last < first || last - first >= voidedMax) throw malformed(author, `a void of ${first} to ${last}`);
	if (!isVoidSigned(flush, options.mayVoid ?? (() => false))) throw badSignature(author, last);
	if (known && last <= known.n) return { kind: 'known', author };
	if (first !== (known?.n ?? 0) + 1) return { kind: 'gap', author, expected: (known?.n ?? 0) + 1 };
	const position = { author, publicKey: known?.publicKey ?? fromBase64(flush.publicKey), n: last, hash: flush.hash };
	const entries = Array.from({ length: last - first + 1 }, (_, i) => ({ kind: 'void', n: first + i, reason }) as const);
	return { kind: 'next', flush, position, entries };
}

function readEntry(author: AuthorId, n: number, text: string, options: VerifyOptions): LogEntry {
	try {
		const value = parseJson(text);
		if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no object');
		return { kind: 'intent', n, intent: options.parse({ ...value, author, n }) };
	} catch (error) {
		return { kind: 'invalid', n, reason: whyNoIntent(error).slice(0, 500) };
	}
}

/** What a parser had against a value, in words. */
export function whyNoIntent(error: unknown): string {
	if (error instanceof z.ZodError) return whyInvalid(error);
	return error instanceof Error ? error.message : String(error);
}

const malformed = (author: string, why: string): Error => ganglineError('MALFORMED', `the log of ${author}: ${why}`);

const badSignature = (author: string, n: number): Error =>
	ganglineError('BAD_SIGNATURE', `the log of ${author} up to entry ${n} is not signed by its author`);

/** Both are signed, so the fault is its author's. `forkedBy` says so to those who judge whoever passed it on. */
const twoVersions = (author: string, n: number): Error =>
	ganglineError('MALFORMED', `there are two versions of entry ${n} in the log of ${author}`, {
		data: { forkedBy: author },
	});
