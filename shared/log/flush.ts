/**
 * What stands in an author's log and what replicas send each other: *flushes*. A flush holds entries as canonical JSON,
 * continues the chain of hashes and carries one signature over its last hash, so each entry is proved by it and none can
 * be left out, added, swapped or put into another log. Three kinds:
 *
 * - `entries`: intents. The first one of an author opens the log: key, and the last number and hash of its predecessor.
 * - `trimmed`: stands for everything up to `n`, which the facts cover; carries the signature that the flush ending there had.
 * - `void`: closes a hole whose only copy was lost, signed by the node that lost it, so that nobody waits for it.
 */

import { hash as hashOnce } from 'node:crypto';
import { z } from 'zod';
import { type AuthorId, ganglineError, nodeOf, parseAuthorId, whyInvalid } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { canonicalJson, parseJson } from './canonical-json.ts';
import { type Identity, nodeIdOf, verifySignature } from './identity.ts';
import { flushEntriesMax } from './limits.ts';

/** The longest hole that one `void` closes; a longer one is no accident. */
export const voidedMax = 100_000;

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 hash in hex');
const base64 = z.string().regex(/^[A-Za-z0-9+/]{43,90}={0,2}$/, 'a key or signature in base64');
const author = z.string().transform((text, context): AuthorId => {
	try {
		return parseAuthorId(text);
	} catch {
		context.addIssue({ code: 'custom', message: 'expected the id of an author' });
		return z.NEVER;
	}
});
const n = z.int().min(1);

const predecessor = z.strictObject({ author: z.string(), n: z.int().min(0), hash });
const opening = z.strictObject({ publicKey: base64, predecessor: predecessor.nullable() });
const common = { v: z.literal(1), project: z.string(), author, signature: base64 };

const entriesSchema = z.strictObject({
	...common,
	kind: z.literal('entries'),
	first: n,
	previous: hash,
	entries: z.array(z.string()).min(1).max(flushEntriesMax),
	opening: opening.exactOptional(),
});
const trimmedSchema = z.strictObject({ ...common, kind: z.literal('trimmed'), n, hash, publicKey: base64 });
const voidSchema = z.strictObject({
	...common,
	kind: z.literal('void'),
	first: n,
	last: n,
	/** The hash that the entry behind the hole names as the one before it; of this void where none is known. */
	hash,
	publicKey: base64,
	signer: base64,
	reason: z.string().max(500),
});

const flushSchema = z.discriminatedUnion('kind', [entriesSchema, trimmedSchema, voidSchema]);

export type Flush = z.output<typeof flushSchema>;
export type EntriesFlush = z.output<typeof entriesSchema>;
export type TrimmedFlush = z.output<typeof trimmedSchema>;
export type VoidFlush = z.output<typeof voidSchema>;
export type Predecessor = z.output<typeof predecessor>;

/** Where a log stands: the next flush must begin behind `n` with `hash`. */
export interface LogPosition {
	readonly author: AuthorId;
	readonly publicKey: Uint8Array;
	readonly n: number;
	readonly hash: string;
}

export function encodeFlush(flush: Flush): Uint8Array {
	return Buffer.from(canonicalJson(flush));
}

/** Throws MALFORMED. Proves nothing of who wrote it. */
export function decodeFlush(bytes: Uint8Array): Flush {
	const parsed = readAs(flushSchema, parseJson(Buffer.from(bytes).toString()));
	if (parsed.success) return parsed.data;
	throw ganglineError('MALFORMED', `a flush of a log is not as expected: ${whyInvalid(parsed.error)}`);
}

/** Where the log of an author stands before its first entry. */
export function openingPosition(
	log: { readonly project: string; readonly author: AuthorId; readonly publicKey: Uint8Array },
	before: Predecessor | null,
): LogPosition {
	const publicKey = Buffer.from(log.publicKey).toString('base64');
	const text = canonicalJson({ project: log.project, author: log.author, publicKey, predecessor: before });
	return { author: log.author, publicKey: log.publicKey, n: 0, hash: sha256('gangline log 1\0', text) };
}

/** Signs `texts` as the entries behind `position`; answers the flush and where the log stands then. */
export function signEntries(input: {
	readonly identity: Identity;
	readonly project: string;
	readonly position: LogPosition;
	readonly texts: readonly string[];
	/** Given with the first flush of a log. */
	readonly opening?: { readonly predecessor: Predecessor | null };
}): { readonly flush: EntriesFlush; readonly position: LogPosition } {
	const { identity, project, position, texts } = input;
	const after = follow(position, texts);
	const publicKey = Buffer.from(identity.publicKey).toString('base64');
	const flush: EntriesFlush = {
		v: 1,
		kind: 'entries',
		project,
		author: position.author,
		first: position.n + 1,
		previous: position.hash,
		entries: [...texts],
		...(input.opening && { opening: { publicKey, predecessor: input.opening.predecessor } }),
		signature: toBase64(identity.sign(statementOf(project, after))),
	};
	return { flush, position: after };
}

/** Signs that the entries `first` to `last` behind `position` are lost. `next`: the flush behind the hole, where one is known. */
export function signVoid(input: {
	readonly identity: Identity;
	readonly project: string;
	readonly position: LogPosition;
	readonly last: number;
	readonly next?: EntriesFlush;
	readonly reason: string;
}): VoidFlush {
	const { identity, project, position, last, reason } = input;
	const unsigned = {
		v: 1 as const,
		kind: 'void' as const,
		project,
		author: position.author,
		first: position.n + 1,
		last,
		hash: input.next?.previous ?? sha256('gangline void 1\0', `${position.hash}\0${last}`),
		publicKey: toBase64(position.publicKey),
		signer: toBase64(identity.publicKey),
		reason: reason.slice(0, 500),
	};
	return { ...unsigned, signature: toBase64(identity.sign(voidStatement(unsigned))) };
}

/** The position behind `texts`, entry by entry. */
export function follow(position: LogPosition, texts: readonly string[]): LogPosition {
	let reached = position.hash;
	for (const text of texts) reached = sha256(`${reached}\0`, text);
	return { ...position, n: position.n + texts.length, hash: reached };
}

/** Whether the author itself signed that its log stands there. */
export function isSigned(project: string, position: LogPosition, signature: string): boolean {
	if (nodeIdOf(position.publicKey) !== nodeOf(position.author)) return false;
	return verifySignature(position.publicKey, statementOf(project, position), fromBase64(signature));
}

/** Whether a void is signed by a key that may sign it: the author's own node, or one that `mayVoid` names. */
export function isVoidSigned(flush: VoidFlush, mayVoid: (node: string) => boolean): boolean {
	const signer = fromBase64(flush.signer);
	if (signer.byteLength !== 32) return false;
	const node = nodeIdOf(signer);
	if (node !== nodeOf(flush.author) && !mayVoid(node)) return false;
	return verifySignature(signer, voidStatement(flush), fromBase64(flush.signature));
}

export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function statementOf(project: string, position: LogPosition): Uint8Array {
	return Buffer.from(`gangline log 1\0${project}\0${position.author}\0${position.n}\0${position.hash}`);
}

function voidStatement(flush: Omit<VoidFlush, 'signature'>): Uint8Array {
	const { v, kind, project, author, first, last, hash, publicKey, signer, reason } = flush;
	const said = { v, kind, project, author, first, last, hash, publicKey, signer, reason };
	return Buffer.from(`gangline void 1\0${canonicalJson(said)}`);
}

function sha256(prefix: string, text: string): string {
	return hashOnce('sha256', prefix + text, 'hex');
}
