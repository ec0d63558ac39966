/** Reads what power-cut.c writes: the effects of some processes on files below one folder, in their order. */
import { readFileSync } from 'node:fs';

export type Effect =
	| { readonly kind: 'create' | 'mkdir'; readonly inode: number; readonly path: string }
	| { readonly kind: 'write'; readonly inode: number; readonly offset: number; readonly bytes: Buffer }
	| { readonly kind: 'truncate'; readonly inode: number; readonly size: number }
	| { readonly kind: 'sync'; readonly inode: number }
	| { readonly kind: 'syncFolder' | 'unlink' | 'rmdir'; readonly path: string }
	| { readonly kind: 'rename' | 'link'; readonly from: string; readonly to: string }
	| { readonly kind: 'symlink'; readonly aim: string; readonly path: string }
	/** Something that the journal cannot say: the recording is worth nothing. */
	| { readonly kind: 'strange'; readonly path: string; readonly what: string };

const headerBytes = 32;

/** All effects in a journal. A record cut off at its end (its process was killed) had no effect that was answered. */
export function readJournal(path: string): readonly Effect[] {
	const bytes = readFileSync(path);
	const effects: Effect[] = [];
	for (let at = 0; at + headerBytes <= bytes.length; ) {
		const [firstBytes, secondBytes] = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 28)];
		const first = bytes.subarray(at + headerBytes, at + headerBytes + firstBytes);
		const end = at + headerBytes + firstBytes + secondBytes;
		if (end > bytes.length) break;
		effects.push(
			effectOf({
				kind: bytes.readUInt32LE(at),
				inode: Number(bytes.readBigUInt64LE(at + 8)),
				offset: Number(bytes.readBigUInt64LE(at + 16)),
				first,
				second: bytes.toString('utf8', at + headerBytes + firstBytes, end),
			}),
		);
		at = end;
	}
	return effects;
}

interface Raw {
	readonly kind: number;
	readonly inode: number;
	readonly offset: number;
	readonly first: Buffer;
	readonly second: string;
}

/** In the order of the enumeration in power-cut.c. */
const makers: readonly ((raw: Raw) => Effect)[] = [
	({ inode, first }) => ({ kind: 'create', inode, path: first.toString() }),
	({ inode, offset, first }) => ({ kind: 'write', inode, offset, bytes: first }),
	({ inode, offset }) => ({ kind: 'truncate', inode, size: offset }),
	({ inode }) => ({ kind: 'sync', inode }),
	({ first }) => ({ kind: 'syncFolder', path: first.toString() }),
	({ first, second }) => ({ kind: 'rename', from: first.toString(), to: second }),
	({ first }) => ({ kind: 'unlink', path: first.toString() }),
	({ inode, first }) => ({ kind: 'mkdir', inode, path: first.toString() }),
	({ first }) => ({ kind: 'rmdir', path: first.toString() }),
	({ first, second }) => ({ kind: 'link', from: first.toString(), to: second }),
	({ first, second }) => ({ kind: 'symlink', aim: first.toString(), path: second }),
	({ first, second }) => ({ kind: 'strange', path: first.toString(), what: second }),
];

function effectOf(raw: Raw): Effect {
	const make = makers[raw.kind - 1];
	if (!make) throw new RangeError(`the journal has a record of kind ${raw.kind}`);
	return make(raw);
}
