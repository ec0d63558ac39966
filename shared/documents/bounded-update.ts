/**
 * Looks at an update before Yjs does. Yjs trusts what it is given: ten bytes can claim 33 million structures and get the
 * memory for them, any root type named is made and never freed, garbage-collected ranges can occupy the clocks of
 * others, and decoding makes an object of each structure before anyone can count them (32 MiB of small ones: most of a
 * minute and gigabytes). So the bytes are walked here without making anything: no structure, no string. Only what our
 * documents can contain passes, and what passes Yjs decodes at a cost that is bounded by its length and count.
 *
 * V1 encoding only: one of V2 can hang its decoder for ever; it never reaches it, since it is no V1.
 */
import { type GanglineError, ganglineError } from '../ports/index.ts';
import { ByteReader } from './byte-reader.ts';
import { recordCharactersMax, textCharactersMax, updateBytesMax, updateStructsMax } from './limits.ts';

/** What a document may hold: one root, and under it either records by key or one text. */
export interface DocumentShape {
	readonly root: string;
	readonly kind: 'records' | 'text';
}

const clientMax = 2 ** 32;
const clockMax = 2 ** 40;
/** Longer keys than our records have would be kept for ever. */
const keyCharactersMax = 200;

/** The low five bits of a structure's first byte say what it holds; of these our documents have three. */
const content = { deleted: 1, string: 4, any: 8 } as const;
const hasLeft = 0x80;
const hasRight = 0x40;
const hasKey = 0x20;
/** The type byte of a string among `any` values. */
const anyString = 119;

/** Throws MALFORMED or TOO_LARGE; a peer that sends such an update broke the rules. */
export function checkUpdate(update: Uint8Array, shape: DocumentShape): void {
	if (update.byteLength > updateBytesMax) {
		throw ganglineError('TOO_LARGE', `an update has ${update.byteLength} bytes, at most ${updateBytesMax} are read`);
	}
	const reader = new ByteReader(update);
	const structs = walkStructs(reader, shape);
	walkDeletions(reader, structs);
	if (!reader.isAtEnd) throw malformed('goes on behind its end');
}

function walkStructs(reader: ByteReader, shape: DocumentShape): number {
	let seen = 0;
	for (let clients = reader.number(); clients > 0; clients--) {
		let left = reader.number();
		const client = reader.number();
		let clock = reader.number();
		for (; left > 0; left--) {
			seen += 1;
			if (seen > updateStructsMax) throw malformed(`has more than ${updateStructsMax} structures`);
			const length = walkItem(reader, shape);
			checkRange(client, clock, length);
			clock += length;
		}
	}
	return seen;
}

function walkDeletions(reader: ByteReader, structs: number): void {
	let seen = structs;
	for (let clients = reader.number(); clients > 0; clients--) {
		const client = reader.number();
		for (let left = reader.number(); left > 0; left--) {
			seen += 1;
			if (seen > updateStructsMax) throw malformed(`has more than ${updateStructsMax} structures and deletions`);
			checkRange(client, reader.number(), reader.number());
		}
	}
}

/** One structure; answers how many clocks it takes. */
function walkItem(reader: ByteReader, shape: DocumentShape): number {
	const info = reader.byte();
	const kind = info & 0x1f;
	if (kind === 0 || kind === 10) throw malformed('has a structure that stands for nothing');
	if (info & hasLeft) walkId(reader);
	if (info & hasRight) walkId(reader);
	// Without a neighbour it says where it belongs: to a root, by name, or into another item, which ours never do.
	if (!(info & (hasLeft | hasRight))) walkParent(reader, shape, (info & hasKey) !== 0);
	if (kind === content.deleted) return reader.number();
	return shape.kind === 'records' ? walkRecord(reader, kind) : walkText(reader, kind);
}

function walkId(reader: ByteReader): void {
	reader.number();
	reader.number();
}

function walkParent(reader: ByteReader, shape: DocumentShape, isKeyed: boolean): void {
	if (reader.number() !== 1 || !reader.isText(shape.root)) throw malformed(`writes outside of ${shape.root}`);
	if (isKeyed !== (shape.kind === 'records')) throw malformed('holds an entry of another kind');
	const characters = isKeyed ? reader.skipText() : 0;
	if (characters > keyCharactersMax) throw malformed(`has a key of ${characters} characters`);
}

function walkRecord(reader: ByteReader, kind: number): number {
	const isText = kind === content.any && reader.number() === 1 && reader.byte() === anyString;
	if (!isText) throw malformed('holds a record that is no text');
	const characters = reader.skipText();
	if (characters > recordCharactersMax) throw malformed(`holds a record of ${characters} characters`);
	return 1;
}

function walkText(reader: ByteReader, kind: number): number {
	if (kind !== content.string) throw malformed('holds something that is no text');
	const characters = reader.skipText();
	if (characters > textCharactersMax) throw malformed(`holds a text of ${characters} characters`);
	return characters;
}

function checkRange(client: number, clock: number, length: number): void {
	const isSane = client > 0 && client < clientMax && clock >= 0 && length > 0 && clock + length < clockMax;
	if (!isSane) throw malformed(`names the range ${client}:${clock}+${length}`);
}

const malformed = (what: string): GanglineError => ganglineError('MALFORMED', `an update ${what}`);
