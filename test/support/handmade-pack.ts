/** Objects that no git would write, packed by hand into a bundle. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { encodeBundleHeader } from '../../shared/git/bundle-header.ts';
import { type CommitId, parseCommitId } from '../../shared/ports/index.ts';

export interface PackEntry {
	readonly type: number;
	readonly bytes: Buffer;
	/** What the entry says to unpack to. */
	readonly declared?: number;
}

const types = { commit: 1, tree: 2, blob: 3 } as const;

export class HandmadePack {
	readonly #entries: PackEntry[] = [];

	/** Answers the object's id. */
	add(type: keyof typeof types, bytes: Buffer, declared = bytes.length): string {
		this.#entries.push({ type: types[type], bytes, declared });
		return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
	}

	tree(entries: readonly (readonly [mode: string, name: string, id: string])[]): string {
		const parts = entries.map(([mode, name, id]) =>
			Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
		);
		return this.add('tree', Buffer.concat(parts));
	}

	commit(tree: string): CommitId {
		const who = 'Eve <eve@example.org> 1700000000 +0000';
		return parseCommitId(this.add('commit', Buffer.from(`tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nx\n`)));
	}

	/** `count`: how many objects it says to have. */
	bundle(commit: CommitId, { ref = 'refs/heads/main', count = this.#entries.length } = {}): Buffer {
		const header = Buffer.alloc(12);
		header.write('PACK');
		header.writeUInt32BE(2, 4);
		header.writeUInt32BE(count, 8);
		const pack = Buffer.concat([header, ...this.#entries.flatMap(entryOf)]);
		const trailer = createHash('sha1').update(pack).digest();
		const head = encodeBundleHeader({ objectFormat: 'sha1', ref, commit, prerequisites: [] });
		return Buffer.concat([head, pack, trailer]);
	}
}

/** One entry of a pack: type and length, then what it is, deflated. */
export function entryOf({ type, bytes, declared = bytes.length }: PackEntry): Buffer[] {
	const head: number[] = [];
	let rest = Math.floor(declared / 16);
	let byte = (type << 4) | (declared % 16);
	while (rest > 0) {
		head.push(byte | 0x80);
		byte = rest % 128;
		rest = Math.floor(rest / 128);
	}
	return [Buffer.from([...head, byte]), deflateSync(bytes)];
}
