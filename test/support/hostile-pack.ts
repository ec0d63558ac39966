/** Bundles with objects that no git would write, packed by hand. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

interface Packed {
	readonly type: number;
	readonly bytes: Buffer;
	readonly id: string;
	readonly unpacksTo?: number;
}

export interface Handmade {
	readonly commit: string;
	readonly bundle: Buffer;
}

/** A bundle of one commit, in which a folder of that name has hooks; `unpacksTo`: what its file says to unpack to. */
export function handmadeBundle({
	folder,
	unpacksTo,
}: {
	readonly folder: string;
	readonly unpacksTo?: number;
}): Handmade {
	const blob = { ...packed('blob', Buffer.from('#!/bin/sh\n')), ...(unpacksTo !== undefined && { unpacksTo }) };
	const hooks = tree([['100755', 'post-checkout', blob.id]]);
	const top = tree([['40000', folder, hooks.id]]);
	const who = 'Eve <eve@example.org> 1700000000 +0000';
	const commit = packed('commit', Buffer.from(`tree ${top.id}\nauthor ${who}\ncommitter ${who}\n\nx\n`));
	const objects = [commit, top, hooks, blob];
	const header = Buffer.alloc(12);
	header.write('PACK');
	header.writeUInt32BE(2, 4);
	header.writeUInt32BE(objects.length, 8);
	const pack = Buffer.concat([header, ...objects.flatMap(entryOf)]);
	const trailer = createHash('sha1').update(pack).digest();
	const head = Buffer.from(`# v2 git bundle\n${commit.id} refs/gangline/attempts/x/1.1\n\n`);
	return { commit: commit.id, bundle: Buffer.concat([head, pack, trailer]) };
}

function tree(entries: readonly (readonly [mode: string, name: string, id: string])[]): Packed {
	const parts = entries.map(([mode, name, id]) =>
		Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
	);
	return packed('tree', Buffer.concat(parts));
}

function packed(type: 'commit' | 'tree' | 'blob', bytes: Buffer): Packed {
	const id = createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
	return { type: { commit: 1, tree: 2, blob: 3 }[type], bytes, id };
}

function entryOf({ type, bytes, unpacksTo = bytes.length }: Packed): Buffer[] {
	const head: number[] = [];
	let rest = Math.floor(unpacksTo / 16);
	let byte = (type << 4) | (unpacksTo % 16);
	while (rest > 0) {
		head.push(byte | 0x80);
		byte = rest % 128;
		rest = Math.floor(rest / 128);
	}
	return [Buffer.from([...head, byte]), deflateSync(bytes)];
}
