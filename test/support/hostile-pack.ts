/** A result whose commit would plant hooks, or unpacks to more than it says. */
import type { CommitId } from '../../shared/ports/index.ts';
import { HandmadePack } from './handmade-pack.ts';

export interface Handmade {
	readonly commit: CommitId;
	readonly bundle: Buffer;
}

/** A bundle of one commit, in which a folder of that name has hooks; `unpacksTo`: what its file says to unpack to. */
export function handmadeBundle(made: { readonly folder: string; readonly unpacksTo?: number }): Handmade {
	const pack = new HandmadePack();
	const hook = pack.add('blob', Buffer.from('#!/bin/sh\n'), made.unpacksTo);
	const hooks = pack.tree([['100755', 'post-checkout', hook]]);
	const commit = pack.commit(pack.tree([['40000', made.folder, hooks]]));
	return { commit, bundle: pack.bundle(commit, { ref: 'refs/gangline/attempts/x/1.1' }) };
}
