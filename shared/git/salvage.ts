/**
 * Saves what is in a clone before the clone goes [I7]: files that nobody committed, and every commit that a branch, tag
 * or stash of the clone or the recent history of its HEAD names. All of it hangs on one commit (the files as its tree,
 * HEAD and the others as its parents), kept in the canonical repository. The clone itself is not changed. Where its git
 * directory is damaged, as much as can be read is saved and the rest is named.
 */
import { join } from 'node:path';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import { objectFoldersOf } from './attempts.ts';
import { namedObjects } from './git-directory.ts';
import type { SourceRepository } from './source-repository.ts';
import { takeCommits } from './take-commits.ts';
import { TrackedFolder } from './tracked-folder.ts';
import { headOf, trackedFiles, type WorkClone, writeCommit } from './work-clone.ts';

export interface Salvaged {
	/** Null when the clone holds nothing that the canonical repository has not. */
	readonly commit: CommitId | null;
	/** What could not be saved, and why; empty when all was. */
	readonly lost: readonly string[];
}

const bytesMax = 1024 * 1024 * 1024;
/** Git is slow to show a commit with more parents: what is more hangs on commits in between. */
const parentsMax = 16;
const author = { name: 'Gangline salvage', email: 'gangline@localhost' };

/** `ref` is create-only; when it exists already, INVALID_ARGUMENT: the caller counts on. */
export async function salvage(
	canonical: SourceRepository,
	input: { clone: WorkClone; base: CommitId; ref: string; atMs: number },
): Promise<Salvaged> {
	const files = trackedFiles(canonical, input.clone);
	const { tree, leftOut } = await files.snapshot();
	const lost = leftOut.map((path) => `${path}: too large, or a repository of its own`);
	const head = await headOf(files, input.clone);
	const { commits, more } = await unknownCommits(canonical, files, input.clone, head);
	if (more > 0) lost.push(`${more} more commits that something in the clone names`);
	const parents = [head ?? input.base, ...commits.filter((commit) => commit !== head)];
	if (parents.length === 1 && (await isKnown(canonical, parents[0])) && (await isTreeOf(files, tree, parents[0]))) {
		return { commit: null, lost };
	}
	const full = { files, tree, parents, ...input };
	try {
		return { commit: await keepAll(canonical, full, await objectFoldersOf(canonical, input.clone)), lost };
	} catch (error) {
		// What was killed or could not begin says nothing of the commits, and the clone goes behind this: asked again, it may do.
		if (!(error instanceof GanglineError) || error.code === 'INVALID_ARGUMENT' || isCutOff(error)) throw error;
		const commit = await keepFiles(canonical, input);
		return { commit, lost: [...lost, `commits of the agent: ${error.message}`] };
	}
}

/** Whether git was ended by somebody else, or never began; not where it took too long, which it may do each time. */
function isCutOff(error: GanglineError): boolean {
	const failed = error.cause instanceof GanglineError ? error.cause : error;
	return failed.code === 'GIT_FAILED' && failed.data.code === null && failed.data.timedOut !== true;
}

/** Only the files, hashed anew without a look at the clone's objects: some of those may be what is broken. */
async function keepFiles(
	canonical: SourceRepository,
	input: { clone: WorkClone; base: CommitId; ref: string; atMs: number },
): Promise<CommitId> {
	const { path: folder, outside } = input.clone;
	const index = join(outside, 'salvage-index');
	const files = new TrackedFolder({ git: canonical.reader, folder, gitDirectory: outside, index });
	await files.run(['read-tree', input.base]);
	const { tree } = await files.snapshot();
	return keepAll(canonical, { files, tree, parents: [input.base], ...input }, [join(outside, 'objects')]);
}

async function keepAll(
	canonical: SourceRepository,
	input: {
		files: TrackedFolder;
		tree: CommitId;
		parents: readonly CommitId[];
		base: CommitId;
		ref: string;
		atMs: number;
	},
	from: readonly string[],
): Promise<CommitId> {
	const [first, ...others] = input.parents;
	let parents = others;
	while (parents.length >= parentsMax) {
		const gathered: CommitId[] = [];
		for (let at = 0; at < parents.length; at += parentsMax) {
			const some = { ...input, parents: parents.slice(at, at + parentsMax), author, message: 'Named in a clone' };
			gathered.push(await writeCommit(input.files, some));
		}
		parents = gathered;
	}
	const all = first === undefined ? parents : [first, ...parents];
	const commit = await writeCommit(input.files, { ...input, parents: all, author, message: 'Saved from a clone' });
	const { git, reader, path: gitDir } = canonical;
	await takeCommits({ git, reader, gitDir, from, commits: [commit], have: [input.base], bytesMax });
	const kept = await canonical.keep(input.ref, commit);
	if (kept.kind === 'exists' && kept.commit !== commit) {
		throw ganglineError('INVALID_ARGUMENT', `${input.ref} is taken by ${kept.commit}`);
	}
	return commit;
}

/** Commits that something in the clone names, that are readable, and that no ref of ours contains; none inside another. */
async function unknownCommits(
	canonical: SourceRepository,
	files: TrackedFolder,
	clone: WorkClone,
	head: CommitId | null,
): Promise<{ readonly commits: readonly CommitId[]; readonly more: number }> {
	const ours = (await canonical.refs('refs')).map(({ commit }) => commit);
	const { objects, more } = await namedObjects(join(clone.path, '.git'), new Set(ours));
	const named = [...(head ? [head] : []), ...objects];
	const peeled = await files.run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
		stdin: [...new Set(named)].map((id) => `${id}^{commit}\n`).join(''),
	});
	const readable = peeled.stdout
		.toString()
		.split('\n')
		.flatMap((line) => /^([0-9a-f]+) commit$/.exec(line)?.[1] ?? []);
	const listed = await files.run(['rev-list', '--stdin', '--ignore-missing', '--parents'], {
		stdin: [...readable, ...ours.map((commit) => `^${commit}`), ''].join('\n'),
		codes: [0, 128],
	});
	const rows = listed.stdout
		.toString()
		.split('\n')
		.filter(Boolean)
		.map((row) => row.split(' '));
	const inside = new Set(rows.flatMap(([, ...parents]) => parents));
	const tips = rows.flatMap(([commit]) => (commit !== undefined && !inside.has(commit) ? [commit as CommitId] : []));
	return { commits: tips, more };
}

async function isKnown(canonical: SourceRepository, commit: CommitId | undefined): Promise<boolean> {
	if (commit === undefined) return true;
	const args = [`--git-dir=${canonical.path}`, 'for-each-ref', '--count=1', `--contains=${commit}`];
	const { code, stdout } = await canonical.git.run({ args, codes: [0, 128, 129] });
	return code === 0 && stdout.length > 0;
}

async function isTreeOf(files: TrackedFolder, tree: CommitId, commit: CommitId | undefined): Promise<boolean> {
	if (commit === undefined) return false;
	return (await files.run(['diff-tree', '--quiet', commit, tree], { codes: [0, 1] })).code === 0;
}
