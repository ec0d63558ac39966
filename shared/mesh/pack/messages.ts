/**
 * What is said over `/gangline/pack/1`, one channel per pull: the puller's `want`, then its credit; the server's
 * `begin`, pieces, signs of life, and `done` or `error`. A frame's first byte tells words (JSON) from bytes.
 */

import { z } from 'zod';
import { parseJson } from '../../log/index.ts';
import { type CommitId, ganglineError, parseCommitId } from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import { haveMax, pieceBytes } from './limits.ts';

const commitSchema = z
	.string()
	.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
	.transform((text): CommitId => parseCommitId(text));
const bytesSchema = z.int().min(0);
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

export const pullerSchema = z.discriminatedUnion('kind', [
	z.object({
		kind: z.literal('want'),
		project: z.string().min(1).max(100),
		// No character that git or a line of a bundle's header takes for more than a name.
		ref: z.string().regex(/^refs\/[^\p{Cc} ~^:?*[\\]{1,500}$/u),
		commit: commitSchema,
		have: z.array(commitSchema).max(haveMax),
		/** What is here already from an earlier try, by content. */
		offset: bytesSchema,
		sha256: hashSchema,
	}),
	z.object({ kind: z.literal('credit'), bytes: bytesSchema }),
]);

export const serverSchema = z.discriminatedUnion('kind', [
	/** Where the pieces begin: at the offset that was asked for, or at 0. */
	z.object({ kind: z.literal('begin'), offset: bytesSchema }),
	z.object({ kind: z.literal('wait') }),
	z.object({ kind: z.literal('done'), bytes: bytesSchema, sha256: hashSchema }),
	z.object({ kind: z.literal('error'), error: z.unknown() }),
]);

export type PullerWords = z.output<typeof pullerSchema>;
export type ServerWords = z.output<typeof serverSchema>;
export type Want = Extract<PullerWords, { kind: 'want' }>;

const [words, piece] = [0, 1];

export function encodeWords(value: PullerWords | ServerWords): Uint8Array {
	const text = Buffer.from(JSON.stringify(value));
	return Buffer.concat([Buffer.from([words]), text]);
}

/** An empty frame for a piece, which is read into `room` and sent from there. */
export function pieceFrame(): { readonly room: Uint8Array; filled(bytes: number): Uint8Array } {
	const frame = Buffer.allocUnsafeSlow(1 + pieceBytes);
	frame[0] = piece;
	return { room: frame.subarray(1), filled: (bytes) => frame.subarray(0, 1 + bytes) };
}

/** A frame as words of the other side or as bytes. Throws MALFORMED. */
export function decode<Schema extends z.ZodType>(
	schema: Schema,
	frame: Uint8Array,
): { readonly piece: Uint8Array } | { readonly words: z.output<Schema> } {
	if (frame[0] === piece) return { piece: frame.subarray(1) };
	const parsed = frame[0] === words ? readAs(schema, parseJson(Buffer.from(frame.subarray(1)).toString())) : null;
	if (parsed?.success) return { words: parsed.data };
	throw ganglineError('MALFORMED', `a frame of ${frame.length} bytes is nothing that is said about packs`);
}
