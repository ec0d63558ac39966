/** Spoils valid bytes as broken lines, broken disks and attackers do: flips, cuts, splices, lies about lengths. */
import type { Dice } from './dice.ts';

type Spoiler = (dice: Dice, bytes: Buffer, other: Buffer) => Buffer;

/** Numbers at which programs turn over. */
const edges = [
	0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** Varints of lib0 at the limits, over them, and without an end. */
const varints: readonly Buffer[] = [
	[0x00],
	[0x7f],
	[0x80, 0x01],
	[0xff, 0xff, 0xff, 0xff, 0x0f],
	[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
	[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
	Array.from({ length: 40 }, () => 0xff),
	[0x80, 0x80, 0x80, 0x80, 0x00],
].map((bytes) => Buffer.from(bytes));

/** Text that readers stumble over. */
const words: readonly Buffer[] = [
	'__proto__',
	'{"__proto__":{"isAdmin":true}}',
	'\u0000',
	'\u202e',
	'\ufeff',
	'\r\n\r\n',
	'\n\n',
	'../../../../etc/passwd',
	'99999999999999999999',
	'-1',
	'1e309',
	'NaN',
	'null',
	'""',
	'[[[[[[[[',
	'\\u0000',
	'%00',
	'$(id)',
	"';--",
]
	.map((word) => Buffer.from(word))
	.concat([Buffer.from([0xff, 0xfe]), Buffer.from([0xc0, 0x80]), Buffer.from([0xed, 0xa0, 0x80])]);

const spoilers: readonly Spoiler[] = [
	function flip(dice, bytes) {
		const at = dice.below(bytes.length);
		bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
		return bytes;
	},
	function set(dice, bytes) {
		bytes[dice.below(bytes.length)] = dice.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff, dice.below(256)]);
		return bytes;
	},
	function truncate(dice, bytes) {
		return dice.once(2) ? bytes.subarray(0, dice.below(bytes.length)) : bytes.subarray(0, -1 - dice.below(4));
	},
	function drop(dice, bytes) {
		const [from, length] = range(dice, bytes);
		return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
	},
	function repeat(dice, bytes) {
		const [from, length] = range(dice, bytes);
		const times = Math.min(1 + dice.size(200), Math.floor(64_000 / (length + 1)));
		const part = bytes.subarray(from, from + length);
		return Buffer.concat([bytes.subarray(0, from), ...Array.from({ length: times }, () => part), bytes.subarray(from)]);
	},
	function swap(dice, bytes) {
		const [from, length] = range(dice, bytes);
		const to = dice.below(bytes.length);
		const part = Buffer.from(bytes.subarray(from, from + length));
		part.copy(bytes, to);
		return bytes;
	},
	function splice(dice, bytes, other) {
		return Buffer.concat([
			bytes.subarray(0, dice.below(bytes.length + 1)),
			other.subarray(dice.below(other.length + 1)),
		]);
	},
	function insert(dice, bytes, other) {
		const [from, length] = range(dice, other);
		return insertAt(dice, bytes, other.subarray(from, from + length));
	},
	function number(dice, bytes) {
		const size = dice.pick([1, 2, 4]);
		if (bytes.length < size) return bytes;
		const value = dice.pick(edges) % 2 ** (8 * size);
		const at = dice.once(2) ? 0 : dice.below(bytes.length - size + 1);
		if (dice.once(3)) bytes.writeUIntLE(value, at, size);
		else bytes.writeUIntBE(value, at, size);
		return bytes;
	},
	function varint(dice, bytes) {
		return insertAt(dice, bytes, dice.pick(varints));
	},
	function word(dice, bytes) {
		return insertAt(dice, bytes, dice.pick(words));
	},
	function noise(dice, bytes) {
		return insertAt(dice, bytes, Buffer.from(dice.bytes(1 + dice.size(64))));
	},
];

/** A copy of `bytes` that was spoilt one to a few times; `others` are what it may be spliced with. */
export function spoilBytes(dice: Dice, bytes: Uint8Array, others: readonly Uint8Array[] = [bytes]): Buffer {
	let spoilt: Buffer = Buffer.from(bytes);
	const times = 1 + (dice.once(2) ? 0 : dice.size(8));
	for (let i = 0; i < times; i++) {
		if (spoilt.length === 0) return Buffer.from(dice.bytes(dice.size(16)));
		spoilt = dice.pick(spoilers)(dice, spoilt, Buffer.from(dice.pick(others)));
	}
	return spoilt;
}

function range(dice: Dice, bytes: Buffer): [from: number, length: number] {
	const from = dice.below(bytes.length);
	return [from, 1 + dice.size(Math.min(64, bytes.length - from))];
}

function insertAt(dice: Dice, bytes: Buffer, part: Uint8Array): Buffer {
	const at = dice.below(bytes.length + 1);
	const rest = dice.once(2) ? at : Math.min(bytes.length, at + part.length);
	return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(rest)]);
}
