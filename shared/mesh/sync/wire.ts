/**
 * What is said on a sync channel: one frame, one message. Two bytes with the length of the header, the header as JSON,
 * then the payload as it is. Whatever comes in passes one schema here; what does not fit it is a broken rule.
 *
 *     hello      first on both sides
 *     project    what one has of a project, as digests in the payload (announcement.ts): equal ones end the matter
 *     state      what one has of a document
 *     ask, diff  a state vector; what its owner lacks (nothing: an empty payload)
 *     update     one or more changes of a document, as they came
 *     large, take, part   a difference that is too large for a frame
 *     digests, flush, from, ack   the logs: where each stands, entries, "from there on", durable up to there
 *     texts      digests of texts that are open
 *     stored     the revision of the facts that is durable
 *     hears      the other nodes to which there is a channel
 *     presence   what a node says of itself
 *     credit     so many bytes have been dealt with
 *     bye        why the channel ends
 */

import { z } from 'zod';
import { parseJson } from '../../log/index.ts';
import { frameBytesMax, type GanglineError, ganglineError, whyInvalid } from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import { type AnnouncedFields, decodeAnnouncement, encodeAnnouncement } from './announcement.ts';
import { bulkBytesMax, headerBytesMax, rowsPerFrame } from './limits.ts';

const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** See `announcedDigest`. */
const halfDigest = z.string().regex(/^[0-9a-f]{32}$/);
const project = z.string().regex(/^[0-9A-Z]{26}$/);
const item = z.string().regex(/^[!-~]{1,64}$/);
const author = z.string().regex(/^n[0-9a-f]{16}\.[0-9a-f]{8}\.(?:home|work|edge)$/);
const node = z.string().regex(/^n[0-9a-f]{16}$/);
/** Part of the name of a stream: nothing that could lead to another one. */
const generation = z.string().regex(/^[1-9]\d{0,14}$/);
const document = z.string().regex(/^doc\/[A-Za-z0-9/._-]{1,180}$/);
const bytes = z.int().min(1).max(bulkBytesMax);

const message = z.discriminatedUnion('k', [
	z.strictObject({ k: z.literal('hello'), schema: count }),
	z.strictObject({
		k: z.literal('project'),
		project,
		generation,
		term: count,
		revision: count,
		index: halfDigest,
		logs: halfDigest,
		texts: halfDigest,
		/** The other side is to say what it has now: its earlier announcement was not compared. */
		wantsAnswer: z.boolean(),
	}),
	z.strictObject({ k: z.literal('state'), document, digest }),
	z.strictObject({ k: z.literal('ask'), document }),
	z.strictObject({ k: z.literal('diff'), document }),
	z.strictObject({ k: z.literal('update'), document }),
	z.strictObject({ k: z.literal('large'), document, bytes }),
	z.strictObject({ k: z.literal('take'), document }),
	z.strictObject({ k: z.literal('part'), document, at: count, bytes, digest }),
	z.strictObject({ k: z.literal('digests'), project, isLast: z.boolean(), wantsAnswer: z.boolean() }),
	z.strictObject({ k: z.literal('flush'), project }),
	z.strictObject({ k: z.literal('from'), project, author, n: count }),
	z.strictObject({ k: z.literal('ack'), project, logs: z.array(z.tuple([author, count])).max(200) }),
	z.strictObject({ k: z.literal('texts'), project }),
	z.strictObject({ k: z.literal('stored'), project, generation, revision: count }),
	z.strictObject({ k: z.literal('hears') }),
	z.strictObject({ k: z.literal('presence'), kind: z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/) }),
	z.strictObject({ k: z.literal('credit'), bytes: z.int().min(1) }),
	z.strictObject({ k: z.literal('bye'), reason: z.string().max(500) }),
]);

export type Message = z.output<typeof message>;
export type MessageOf<K extends Message['k']> = Extract<Message, { readonly k: K }>;

export interface Incoming {
	readonly message: Message;
	readonly payload: Uint8Array;
}

export interface Outgoing {
	readonly message: Message;
	readonly payload?: Uint8Array;
}

const digestRows = z.array(z.tuple([author, z.int().min(1), digest])).max(rowsPerFrame);
const textRows = z.array(z.tuple([item, digest])).max(rowsPerFrame);
const nodeRows = z.array(node).max(rowsPerFrame);

export type DigestRow = z.output<typeof digestRows>[number];
export type TextRow = z.output<typeof textRows>[number];
export type NodeRow = z.output<typeof nodeRows>[number];

const headerLengthBytes = 2;

export function encodeMessage({ message: said, payload }: Outgoing): Uint8Array {
	if (said.k === 'project') return frameOf({ k: said.k }, encodeAnnouncement(said));
	return frameOf(said, payload);
}

function frameOf(said: object, payload: Uint8Array | undefined): Uint8Array {
	const header = Buffer.from(JSON.stringify(said));
	const frame = Buffer.allocUnsafe(headerLengthBytes + header.byteLength + (payload?.byteLength ?? 0));
	frame.writeUInt16BE(header.byteLength);
	header.copy(frame, headerLengthBytes);
	if (payload) frame.set(payload, headerLengthBytes + header.byteLength);
	return frame;
}

/** Throws MALFORMED or TOO_LARGE. */
export function decodeMessage(frame: Uint8Array): Incoming {
	if (frame.byteLength > frameBytesMax) {
		throw ganglineError('TOO_LARGE', `a frame of ${frame.byteLength} bytes, at most ${frameBytesMax} are read`);
	}
	const buffer = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
	const length = buffer.byteLength < headerLengthBytes ? Number.NaN : buffer.readUInt16BE();
	if (!(length <= headerBytesMax && headerLengthBytes + length <= buffer.byteLength)) {
		throw malformed(`a frame of ${buffer.byteLength} bytes with a header of ${length}`);
	}
	const end = headerLengthBytes + length;
	const payload = frame.subarray(end);
	const header = parseJson(buffer.toString('utf8', headerLengthBytes, end));
	const isProject = projectHeader.safeParse(header).success;
	const parsed = readAs(message, isProject ? announcedIn(header, payload) : header);
	if (!parsed.success) throw malformed(whyInvalid(parsed.error));
	return { message: parsed.data, payload: isProject ? new Uint8Array() : payload };
}

const projectHeader = z.object({ k: z.literal('project') });

/** The header says the kind and nothing else: what is said twice could be said in two ways. */
function announcedIn(header: unknown, payload: Uint8Array): AnnouncedFields & { readonly k: 'project' } {
	const fields = projectHeader.strict().safeParse(header).success ? decodeAnnouncement(payload) : null;
	if (fields) return { k: 'project', ...fields };
	throw malformed(`what a peer has of a project, in ${payload.byteLength} bytes`);
}

export const encodeRows = (rows: readonly (DigestRow | TextRow | NodeRow)[]): Uint8Array =>
	Buffer.from(JSON.stringify(rows));
export const decodeDigests = (payload: Uint8Array): readonly DigestRow[] => decodeRows(payload, digestRows);
export const decodeTexts = (payload: Uint8Array): readonly TextRow[] => decodeRows(payload, textRows);
export const decodeNodes = (payload: Uint8Array): readonly NodeRow[] => decodeRows(payload, nodeRows);

function decodeRows<T>(payload: Uint8Array, schema: z.ZodType<T>): T {
	const parsed = readAs(schema, parseJson(Buffer.from(payload).toString()));
	if (parsed.success) return parsed.data;
	throw malformed(whyInvalid(parsed.error));
}

export const malformed = (what: string): GanglineError => ganglineError('MALFORMED', `in a sync channel: ${what}`);
