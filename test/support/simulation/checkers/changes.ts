/** What commits change, from their files alone. */
import type { CommitId } from '../../../../shared/ports/index.ts';
import type { SimObjects } from '../../../../shared/ports/sim/index.ts';
import { patchText } from '../../../../shared/ports/sim/sim-git-patch.ts';

export interface ChangeOf {
	readonly base: string;
	readonly commit: string;
}

/** Paths that differ between two commits. */
export function pathsChanged(objects: SimObjects, { base, commit }: ChangeOf): ReadonlySet<string> {
	const [before, after] = [objects.files(base as CommitId), objects.files(commit as CommitId)];
	const all = new Set([...before.keys(), ...after.keys()]);
	return new Set(
		[...all].filter((path) => {
			const [old, now] = [before.get(path), after.get(path)];
			return old?.id !== now?.id || old?.mode !== now?.mode;
		}),
	);
}

/** Whether both make the same difference; null where one of them is not here. */
export function sameChange(objects: SimObjects, a: ChangeOf, b: ChangeOf): boolean | null {
	if (![a.base, a.commit, b.base, b.commit].every((id) => objects.has(id))) return null;
	return patchOf(objects, a) === patchOf(objects, b);
}

function patchOf(objects: SimObjects, change: ChangeOf): string {
	const [before, after] = [objects.files(change.base as CommitId), objects.files(change.commit as CommitId)];
	const paths = [...pathsChanged(objects, change)].sort();
	return patchText(
		paths.map((path) => ({ path, kind: before.has(path) ? (after.has(path) ? 'modified' : 'deleted') : 'added' })),
		before,
		after,
	);
}

/** The trailers that a landing carries, read from the raw commit. */
export function rawLanding(
	objects: SimObjects,
	commit: CommitId,
): { item: string; token: string; tree: string } | null {
	const raw = objects.commitBytes(commit).toString();
	// The last ones: a title or description may hold such lines too.
	const value = (name: string): string | undefined =>
		[...raw.matchAll(new RegExp(`^Gangline-${name}: (\\S+)$`, 'gm'))].at(-1)?.[1];
	const [item, token, tree] = [value('Item'), value('Token'), value('Tree')];
	return item && token && tree ? { item, token, tree } : null;
}

/** First parents from a commit on, newest first. */
export function firstParents(objects: SimObjects, tip: CommitId | null): readonly CommitId[] {
	const chain: CommitId[] = [];
	for (let at = tip; at !== null && objects.has(at); at = parentOf(objects, at)) chain.push(at);
	return chain;
}

export function parentOf(objects: SimObjects, commit: CommitId): CommitId | null {
	const parent = /^parent ([0-9a-f]+)$/m.exec(objects.commitBytes(commit).toString().split('\n\n', 1)[0] ?? '')?.[1];
	return (parent as CommitId | undefined) ?? null;
}
