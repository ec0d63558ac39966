/**
 * Looks at LevelDB's table files before LevelDB does. It reads their blocks without verifying what they carry a checksum
 * for, and one flipped bit in the wrong place ends the whole process in an assertion. Here each block is held against its
 * checksum; one that is not what was written is made plainly unreadable, which LevelDB reports and survives, and the
 * inspection of the store then names. The file as it was stays beside it.
 */
import { constants, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unsnappy } from './unsnappy.ts';

const footerBytes = 48;
const magic = Buffer.from('57fb808b247547db', 'hex');
/** After each block: one byte that says how it is packed, four of checksum. */
const trailerBytes = 5;

interface Place {
	readonly offset: number;
	readonly size: number;
}

/** Makes broken blocks of all tables in `level` unreadable. Answers the files that had any. */
export function disarmTables(level: string): readonly string[] {
	const tables = readdirSync(level).filter((name) => /\.(ldb|sst)$/.test(name));
	return tables.filter((name) => disarm(join(level, name)));
}

function disarm(path: string): boolean {
	const bytes = readFileSync(path);
	const broken = brokenBlocks(bytes);
	if (broken !== 'table' && broken.length === 0) return false;
	copyFileSync(path, `${path}.damaged`, constants.COPYFILE_FICLONE);
	if (broken === 'table') bytes.fill(0, Math.max(0, bytes.length - magic.length));
	else for (const block of broken) makeUnreadable(bytes, block);
	writeFileSync(path, bytes, { flush: true });
	return true;
}

/** Data blocks that are not what was written; `table`: what leads to them is broken itself. */
function brokenBlocks(bytes: Buffer): readonly Place[] | 'table' {
	if (bytes.length < footerBytes || !bytes.subarray(-magic.length).equals(magic)) return 'table';
	try {
		const footer = new Reader(bytes.subarray(bytes.length - footerBytes));
		const [meta, index] = [footer.place(), footer.place()];
		if (![meta, index].every((place) => isSound(bytes, place))) return 'table';
		if (![...entriesOf(bytes, meta)].every((place) => isSound(bytes, place))) return 'table';
		const blocks = [...entriesOf(bytes, index)];
		if (blocks.some((place) => !isInside(bytes, place))) return 'table';
		return blocks.filter((place) => !isSound(bytes, place));
	} catch (error) {
		if (error instanceof RangeError) return 'table';
		throw error;
	}
}

function isInside(bytes: Buffer, { offset, size }: Place): boolean {
	return offset + size + trailerBytes <= bytes.length - footerBytes;
}

function isSound(bytes: Buffer, place: Place): boolean {
	if (!isInside(bytes, place)) return false;
	const end = place.offset + place.size + 1;
	return masked(crc32c(bytes, place.offset, end)) === bytes.readUInt32LE(end);
}

/** More restart points than a block has room for, not packed: LevelDB answers "bad block contents". */
function makeUnreadable(bytes: Buffer, { offset, size }: Place): void {
	bytes.fill(0xff, offset, offset + size);
	bytes[offset + size] = 0;
}

/** The places that a block of places names. */
function* entriesOf(bytes: Buffer, { offset, size }: Place): Iterable<Place> {
	const stored = bytes.subarray(offset, offset + size);
	const block = bytes[offset + size] === 1 ? unsnappy(stored) : stored;
	const restarts = block.readUInt32LE(block.length - 4);
	const entries = new Reader(block.subarray(0, block.length - 4 - 4 * restarts));
	while (!entries.isAtEnd) {
		entries.number();
		const [ownKey, value] = [entries.number(), entries.number()];
		entries.skip(ownKey);
		yield new Reader(entries.take(value)).place();
	}
}

class Reader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get isAtEnd(): boolean {
		return this.#at >= this.#bytes.length;
	}

	/** A varint. Throws RangeError past the end, as `take` does. */
	number(): number {
		for (let value = 0, factor = 1; factor < 2 ** 50; factor *= 128) {
			const byte = this.#bytes.readUInt8(this.#at++);
			value += (byte & 127) * factor;
			if (byte < 128) return value;
		}
		throw new RangeError('a number without end');
	}

	place(): Place {
		return { offset: this.number(), size: this.number() };
	}

	take(length: number): Buffer {
		if (this.#at + length > this.#bytes.length) throw new RangeError('past the end');
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	skip(length: number): void {
		this.take(length);
	}
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
	return crc >>> 0;
});

function crc32c(bytes: Buffer, from: number, to: number): number {
	let crc = 0xffffffff;
	for (let at = from; at < to; at++) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0);
	return (crc ^ 0xffffffff) >>> 0;
}

/** As LevelDB keeps it: a checksum of bytes that hold checksums would be weak. */
function masked(crc: number): number {
	return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
