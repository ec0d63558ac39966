/**
 * How streams and records lie in the map of a disk: keys, and values that can prove that they are what was written.
 *
 *     !schema               the number of this layout
 *     b!<batch>             one marker per batch: a missing one is a batch that the disk lost
 *     h!<stream>            the last sequence number of a stream and the hash of its last entry
 *     s!<stream>!<seq>      an entry (or snapshot): the hash of the one before, its own hash, its bytes
 *     r!<key>               a record: its hash, its JSON
 *
 * Numbers are 13 hex digits, so that keys sort as numbers do. A change here is a new schema number and a migration.
 */
import { createHash, hash as hashOnce } from 'node:crypto';
import { ganglineError, type JsonValue, type StreamEntry } from '../ports/index.ts';
import type { KeyRange } from './disk.ts';

export const schemaNumber = 1;
export const schemaKey = '!schema';

/** Names of streams and keys of records: printable ASCII without space, `!` and `"`, which the keys use. */
export const namePattern = /^[#-~]{1,240}$/;

const hashBytes = 32;
/** Copied and hashed by one call, which costs half as much; what is larger is not copied. */
const hashedOnceBytesMax = 16 * 1024;
const kindCodes = { entry: 1, snapshot: 2 } as const;

export interface StoredEntry extends StreamEntry {
	/** The hash of the entry before; of the stream's name for the first one. Means nothing in a snapshot. */
	readonly previous: Buffer;
	readonly hash: Buffer;
}

export interface Head {
	readonly seq: number;
	readonly hash: Buffer;
}

export const batchKey = (batch: number): string => `b!${digits(batch)}`;
export const headKey = (stream: string): string => `h!${stream}`;
export const entryKey = (stream: string, seq: number): string => `s!${stream}!${digits(seq)}`;
export const valueKey = (key: string): string => `r!${key}`;

/** `"` follows `!` in ASCII; no name contains either. */
export const everything: KeyRange = { from: '', below: '\u007f' };
export const entriesFrom = (stream: string, seq: number): KeyRange => ({
	from: entryKey(stream, seq),
	below: `s!${stream}"`,
});
export const valuesWith = (prefix: string): KeyRange => ({ from: `r!${prefix}`, below: `r!${prefix}\u007f` });

export type ParsedKey =
	| { readonly kind: 'schema' }
	| { readonly kind: 'batch'; readonly batch: number }
	| { readonly kind: 'head'; readonly stream: string }
	| { readonly kind: 'entry'; readonly stream: string; readonly seq: number }
	| { readonly kind: 'record'; readonly key: string }
	| { readonly kind: 'unknown' };

export function parseKey(key: string): ParsedKey {
	if (key === schemaKey) return { kind: 'schema' };
	const [room, name = '', number] = key.split('!');
	if (room === 'b' && number === undefined && isDigits(name)) return { kind: 'batch', batch: parseDigits(name) };
	if (room === 'h' && number === undefined && namePattern.test(name)) return { kind: 'head', stream: name };
	if (room === 's' && number !== undefined && isDigits(number) && namePattern.test(name)) {
		return { kind: 'entry', stream: name, seq: parseDigits(number) };
	}
	if (room === 'r' && number === undefined && namePattern.test(name)) return { kind: 'record', key: name };
	return { kind: 'unknown' };
}

/** What the first entry of a stream names as the one before it. */
export function originOf(stream: string): Buffer {
	return sha256(`gangline stream 1\0${stream}`);
}

export function encodeEntry(
	stream: string,
	entry: StreamEntry & { readonly previous: Buffer },
): { readonly value: Buffer; readonly hash: Buffer } {
	const hash = entryHash(stream, entry);
	return { value: Buffer.concat([Buffer.of(kindCodes[entry.kind]), entry.previous, hash, entry.bytes]), hash };
}

/** Undefined when the value is not what was written. */
export function decodeEntry(stream: string, seq: number, value: Uint8Array): StoredEntry | undefined {
	if (value.byteLength < 1 + 2 * hashBytes) return undefined;
	const kind = value[0] === kindCodes.entry ? 'entry' : value[0] === kindCodes.snapshot ? 'snapshot' : undefined;
	if (!kind) return undefined;
	const entry = {
		seq,
		kind,
		previous: Buffer.from(value.subarray(1, 1 + hashBytes)),
		hash: Buffer.from(value.subarray(1 + hashBytes, 1 + 2 * hashBytes)),
		bytes: new Uint8Array(value.subarray(1 + 2 * hashBytes)),
	} as const;
	return entryHash(stream, entry).equals(entry.hash) ? entry : undefined;
}

export function encodeHead(stream: string, head: Head): Buffer {
	const seq = Buffer.from(digits(head.seq), 'latin1');
	return Buffer.concat([head.hash, seq, sha256(`head\0${stream}\0`, head.hash, seq).subarray(0, 8)]);
}

export function decodeHead(stream: string, value: Uint8Array): Head | undefined {
	const bytes = Buffer.from(value);
	const digitsText = bytes.subarray(hashBytes, hashBytes + 13).toString('latin1');
	if (!isDigits(digitsText)) return undefined;
	const head = { seq: parseDigits(digitsText), hash: bytes.subarray(0, hashBytes) };
	return encodeHead(stream, head).equals(bytes) ? head : undefined;
}

/** Number and check; every later version keeps this form, or an older one could not tell it from damage. */
export function encodeSchema(schema: number): Buffer {
	return Buffer.from(`${schema} ${sha256(`schema\0${schema}`).toString('hex').slice(0, 16)}`);
}

export function decodeSchema(value: Uint8Array): number | undefined {
	const schema = Number.parseInt(Buffer.from(value).toString('latin1'), 10);
	return encodeSchema(schema).equals(value) ? schema : undefined;
}

export function encodeRecord(key: string, value: JsonValue): Buffer {
	const json = Buffer.from(textOf(key, value));
	return Buffer.concat([sha256(`record\0${key}\0`, json), json]);
}

/** What is nested so deeply that it cannot be written out, could not be read again either. */
function textOf(key: string, value: JsonValue): string {
	try {
		return JSON.stringify(value);
	} catch (cause) {
		throw ganglineError('TOO_LARGE', `the record ${key} is nested too deeply to be kept`, { cause });
	}
}

/** Undefined when the value is not what was written. */
export function decodeRecord(key: string, value: Uint8Array): { readonly value: JsonValue } | undefined {
	const json = Buffer.from(value).subarray(hashBytes);
	if (!sha256(`record\0${key}\0`, json).equals(value.subarray(0, hashBytes))) return undefined;
	const parsed: JsonValue = JSON.parse(json.toString());
	return { value: parsed };
}

/** `base`: the oldest batch whose marker is still kept. */
export function encodeMarker(batch: number, base: number): Buffer {
	const text = Buffer.from(digits(base), 'latin1');
	return Buffer.concat([text, sha256(`batch\0${batch}\0`, text).subarray(0, 8)]);
}

export function decodeMarker(batch: number, value: Uint8Array): { readonly base: number } | undefined {
	const text = Buffer.from(value).subarray(0, 13).toString('latin1');
	if (!isDigits(text)) return undefined;
	const base = parseDigits(text);
	return encodeMarker(batch, base).equals(value) ? { base } : undefined;
}

function entryHash(stream: string, entry: StreamEntry & { readonly previous: Buffer }): Buffer {
	return sha256(`entry\0${stream}\0${entry.kind}\0${entry.seq}\0`, entry.previous, entry.bytes);
}

function sha256(first: string, ...rest: readonly Uint8Array[]): Buffer {
	const bytes = rest.reduce((sum, part) => sum + part.byteLength, 0);
	if (bytes <= hashedOnceBytesMax) return hashOnce('sha256', Buffer.concat([Buffer.from(first), ...rest]), 'buffer');
	const hash = createHash('sha256').update(first);
	for (const part of rest) hash.update(part);
	return hash.digest();
}

const digits = (number: number): string => number.toString(16).padStart(13, '0');
const isDigits = (text: string): boolean => /^[0-9a-f]{13}$/.test(text);
const parseDigits = (text: string): number => Number.parseInt(text, 16);
