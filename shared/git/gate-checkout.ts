/**
 * A reused folder in which gates run on exactly one commit. Our git directory lies outside it, so after candidate code
 * ran there nothing of git's memory is in doubt: a file that was changed is seen by its change time, whatever bits,
 * filters or hooks were planted. For tools that ask git, the folder gets a fresh `.git` each time, which we never read.
 */
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import { removeFolder } from '../ports/system/remove-folder.ts';
import { isPlainFolder, moveHead, writeGitDirectory } from './git-directory.ts';
import type { SourceRepository } from './source-repository.ts';
import { TrackedFolder } from './tracked-folder.ts';

export interface GateCheckout {
	/** The folder that gates run in. */
	readonly path: string;
	/** Our git directory for it. */
	readonly outside: string;
}

/**
 * Makes the folder equal to the commit: tracked files as committed, nothing else but the named caches. Verified before it
 * returns. What cannot be cleaned is thrown away as a whole and made anew.
 */
export async function checkoutForGates(
	canonical: SourceRepository,
	input: { path: string; commit: CommitId; caches?: readonly string[] },
): Promise<GateCheckout> {
	const checkout = { path: input.path, outside: `${input.path}.outside` };
	const caches = input.caches ?? [];
	const used = (await isPlainFolder(checkout.path)) && (await isPlainFolder(checkout.outside));
	if (used) {
		const problem = await prepare(canonical, checkout, input.commit, caches).catch((error: Error) => error.message);
		if (problem === null) return checkout;
	}
	await removeGateCheckout(checkout);
	const problem = await prepare(canonical, checkout, input.commit, caches);
	if (problem === null) return checkout;
	throw ganglineError('GIT_FAILED', `the gate checkout ${checkout.path} is not ${input.commit}: ${problem}`);
}

/** What gates did to the tree that they tested: tracked files changed, and new files that are not ignored. */
export async function gateChanges(
	canonical: SourceRepository,
	checkout: GateCheckout,
	caches: readonly string[] = [],
): Promise<{ readonly modified: readonly string[]; readonly added: readonly string[] }> {
	const files = tracked(canonical, checkout);
	const added = await files.others({ ignored: false });
	return { modified: await files.modified(), added: added.filter((path) => !isCached(path, caches)) };
}

export async function removeGateCheckout(checkout: GateCheckout): Promise<void> {
	for (const path of [checkout.path, checkout.outside]) {
		// Renamed first: what is half removed must not be taken for a checkout.
		const doomed = `${path}.removed`;
		await removeFolder(doomed);
		await rename(path, doomed).catch(() => undefined);
		await removeFolder(doomed);
	}
}

function tracked(canonical: SourceRepository, checkout: GateCheckout): TrackedFolder {
	return new TrackedFolder({ git: canonical.reader, folder: checkout.path, gitDirectory: checkout.outside });
}

/** Null when the folder is what it should be, otherwise what is wrong with it. */
async function prepare(
	canonical: SourceRepository,
	checkout: GateCheckout,
	commit: CommitId,
	caches: readonly string[],
): Promise<string | null> {
	const files = tracked(canonical, checkout);
	const alternates = [join(canonical.path, 'objects')];
	await mkdir(checkout.path, { recursive: true });
	if (!(await isPlainFolder(checkout.outside))) {
		await files.create({ head: commit, alternates, objectFormat: canonical.objectFormat });
	}
	const gitDirectory = join(checkout.path, '.git');
	await rm(gitDirectory, { recursive: true, force: true });
	await rm(join(checkout.outside, 'index.lock'), { force: true });
	for (const cache of caches) await removeLink(join(checkout.path, cache));
	await files.reset(commit);
	await files.run(['clean', '-ffdxq', ...caches.flatMap((cache) => ['-e', `/${literal(cache)}`])]);
	const problem = await difference(files, canonical, commit, caches);
	if (problem !== null) return problem;
	await writeGitDirectory(gitDirectory, {
		head: commit,
		refs: new Map([[`refs/heads/${canonical.branch}`, commit]]),
		alternates,
		objectFormat: canonical.objectFormat,
	});
	await moveHead(gitDirectory, { commit, ref: null }, commit, await files.index());
	return null;
}

async function difference(
	files: TrackedFolder,
	canonical: SourceRepository,
	commit: CommitId,
	caches: readonly string[],
): Promise<string | null> {
	const [tree, indexed] = [await canonical.treeOf(commit), await files.indexTree()];
	if (tree !== indexed) return `its index is tree ${indexed}, the commit has ${tree}`;
	const modified = await files.modified();
	if (modified.length > 0) return `${modified[0]} differs from the commit`;
	const left = (await files.others({ ignored: true })).filter((path) => !isCached(path, caches));
	return left.length > 0 ? `${left[0]} is not in the commit` : null;
}

function isCached(path: string, caches: readonly string[]): boolean {
	return caches.some((cache) => path === cache || path.startsWith(`${cache.replace(/\/$/, '')}/`));
}

/** A cache that became a link would lead the next set-up out of the folder. */
async function removeLink(path: string): Promise<void> {
	const found = await lstat(path).catch(() => null);
	if (found?.isSymbolicLink()) await rm(path);
}

/** A name as a pattern that matches only itself. */
function literal(name: string): string {
	return name.replace(/[\\*?[\]]/g, '\\$&').replace(/\/$/, '');
}
