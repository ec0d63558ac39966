/**
 * The independent check of a landing: what was reviewed and gated is what landed, and it undid nothing. It shares
 * nothing with the landing path but the way of calling git, and asks git by other commands, because the mistake that it
 * is for (a wrong merge base that reverted thousands of changes elsewhere, unseen for hours) was in a merge path that
 * believed itself. Whoever gets `disagrees` stops landing and calls a person.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../ports/ids.ts';
import { parseRawChanges, type RawChange } from './changes.ts';
import { isolatedGit } from './git-environment.ts';
import type { Environment, GitProcess } from './git-process.ts';

export interface LandingClaim {
	readonly gitDir: string;
	readonly environment: Environment;
	/** For a moment's files. */
	readonly temporaryFolder: string;
	readonly landed: CommitId;
	readonly item: string;
	readonly gatedTree: string;
	/** The change that a person or the gates saw: from the merge base (or the stacked branch's base) to the result. */
	readonly reviewed: { readonly base: CommitId; readonly commit: CommitId };
	/** Landings that were there before, as the home noted them; reverted ones too. */
	readonly earlier: readonly { readonly item: string; readonly commit: CommitId; readonly reverts?: string }[];
}

/** `by`: the diffs are equal; or each file is what a merge of its own makes of it; or only the item's paths changed. */
export type LandingVerdict =
	| { readonly kind: 'agrees'; readonly by: 'patch' | 'merge' | 'paths' }
	| { readonly kind: 'disagrees'; readonly what: 'tree' | 'history' | 'twice' | 'change'; readonly detail: string };

/** Looks at one landing. Throws GIT_FAILED when git cannot say, which is no agreement. */
export async function checkLanding(claim: LandingClaim): Promise<LandingVerdict> {
	const git = isolatedGit(claim.environment);
	const format = '%T%x00%P%x00%(trailers:key=Gangline-Tree,valueonly,separator=%x20)';
	const shown = await git.line({
		args: [`--git-dir=${claim.gitDir}`, 'log', '-1', `--format=${format}`, claim.landed],
	});
	const [tree = '', parents = '', trailer = ''] = shown.split('\0');
	if (tree !== claim.gatedTree || trailer.trim().split(' ').at(-1) !== claim.gatedTree) {
		return disagrees(
			'tree',
			`${claim.landed} has tree ${tree} and says ${trailer}; the gates ran on ${claim.gatedTree}`,
		);
	}
	const parent = parents.split(' ')[0];
	if (!parent) return disagrees('history', `${claim.landed} has no parent`);
	return (await checkHistory(git, claim)) ?? (await checkChange(git, claim, parent));
}

async function checkHistory(git: GitProcess, claim: LandingClaim): Promise<LandingVerdict | null> {
	const format = '--format=%H%x00%(trailers:key=Gangline-Item,valueonly,separator=%x20)';
	const args = [`--git-dir=${claim.gitDir}`, 'log', '--first-parent', format, claim.landed];
	const chain = new Map((await git.lines({ args })).map((line) => line.split('\0') as [string, string]));
	const missing = claim.earlier.find(({ commit, item }) => !chain.get(commit)?.split(' ').includes(item));
	if (missing) return disagrees('history', `the landing ${missing.commit} of ${missing.item} is not on main any more`);
	const [landed, undone] = [
		claim.earlier.filter(({ item, commit }) => item === claim.item && commit !== claim.landed),
		claim.earlier.filter(({ reverts }) => reverts === claim.item),
	];
	if (landed.length > undone.length)
		return disagrees('twice', `${claim.item} had landed before, as ${landed[0]?.commit}`);
	return null;
}

async function checkChange(git: GitProcess, claim: LandingClaim, parent: string): Promise<LandingVerdict> {
	const { base, commit } = claim.reviewed;
	const ids = await Promise.all([
		patchId(git, claim.gitDir, parent, claim.landed),
		patchId(git, claim.gitDir, base, commit),
	]);
	if (ids[0] === ids[1]) return { kind: 'agrees', by: 'patch' };
	const [reviewed, meanwhile, landed] = await Promise.all([
		rawChanges(git, claim.gitDir, base, commit),
		rawChanges(git, claim.gitDir, base, parent),
		rawChanges(git, claim.gitDir, parent, claim.landed),
	]);
	const folder = await mkdtemp(join(claim.temporaryFolder, 'gangline-check-'));
	try {
		return await explain({ git, gitDir: claim.gitDir, folder, reviewed, meanwhile, landed });
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

interface Three {
	readonly git: GitProcess;
	readonly gitDir: string;
	readonly folder: string;
	/** By path: base → what was reviewed, base → main before, main before → main after. */
	readonly reviewed: ReadonlyMap<string, RawChange>;
	readonly meanwhile: ReadonlyMap<string, RawChange>;
	readonly landed: ReadonlyMap<string, RawChange>;
}

type Side = RawChange['after'];

/** Makes each file's own three-way merge and compares. */
async function explain(three: Three): Promise<LandingVerdict> {
	let by: 'merge' | 'paths' = 'merge';
	for (const path of new Set([...three.reviewed.keys(), ...three.landed.keys()])) {
		const item = three.reviewed.get(path);
		const main = three.meanwhile.get(path);
		const change = three.landed.get(path);
		const base = item?.before ?? main?.before ?? change?.before ?? nothing;
		const [theirs, ours] = [item?.after ?? base, main?.after ?? base];
		const outcome = await compare(three, { base, ours, theirs, landed: change?.after ?? ours });
		if (outcome === 'equal' || (await isMovedMerge(three, path))) continue;
		if (outcome === 'differs' || item === undefined) {
			return disagrees('change', `${path} is not what the reviewed change makes of it`);
		}
		by = 'paths';
	}
	return { kind: 'agrees', by };
}

interface FourSides {
	readonly base: Side;
	readonly ours: Side;
	readonly theirs: Side;
	readonly landed: Side;
}

/** `unknown`: git's simple merge of this one file conflicts, so it cannot tell. */
async function compare(
	three: Three,
	{ base, ours, theirs, landed }: FourSides,
): Promise<'equal' | 'differs' | 'unknown'> {
	const same = (a: Side, b: Side): boolean => a.id === b.id && a.mode === b.mode;
	if (same(base, ours) || same(ours, theirs)) return same(landed, theirs) ? 'equal' : 'differs';
	if (same(base, theirs)) return same(landed, ours) ? 'equal' : 'differs';
	if ([ours, theirs, landed].some(({ mode }) => !mode.startsWith('100'))) return 'unknown';
	const merged = await mergeFile(three, base, ours, theirs);
	if (merged === null) return 'unknown';
	return merged === landed.id ? 'equal' : 'differs';
}

/** A file that one side renamed and the other edited: its merge lies under the new name. Tried with every possible pair. */
async function isMovedMerge(three: Three, path: string): Promise<boolean> {
	const landed = three.landed.get(path)?.after;
	const renamer = three.meanwhile.has(path) ? three.meanwhile : three.reviewed;
	const editor = renamer === three.meanwhile ? three.reviewed : three.meanwhile;
	const renamed = renamer.get(path)?.after;
	const left = three.reviewed.get(path);
	// The old name: what was edited there is now under the new one.
	if (landed === undefined) return left !== undefined && three.meanwhile.get(path)?.after.mode === nothing.mode;
	if (renamed === undefined) return false;
	const sources = [...renamer.values()].filter(
		({ path: old, after }) => after.mode === nothing.mode && editor.has(old),
	);
	for (const source of sources.slice(0, renamesTriedMax)) {
		const edited = editor.get(source.path)?.after;
		if (edited && (await mergeFile(three, source.before, renamed, edited)) === landed.id) return true;
	}
	return false;
}

const nothing: Side = { mode: '000000', id: '' };
const renamesTriedMax = 50;
const fileBytesMax = 64 * 1024 * 1024;

/** The id of the merged content, null when it conflicts. */
async function mergeFile(three: Three, base: Side, ours: Side, theirs: Side): Promise<string | null> {
	const files = await Promise.all(
		[ours, base, theirs].map(async (side, index) => {
			const path = join(three.folder, String(index));
			await writeFile(path, side.mode === nothing.mode ? '' : await content(three, side.id));
			return path;
		}),
	);
	const { code, stdout } = await three.git.run({
		args: ['merge-file', '-p', '-q', ...files],
		codes: Array.from({ length: 256 }, (_, code) => code),
		outputBytesMax: fileBytesMax,
	});
	if (code !== 0) return null;
	return three.git.line({ args: [`--git-dir=${three.gitDir}`, 'hash-object', '--stdin'], stdin: stdout });
}

async function content({ git, gitDir }: Three, id: string): Promise<Buffer> {
	const args = [`--git-dir=${gitDir}`, 'cat-file', 'blob', id];
	return (await git.run({ args, outputBytesMax: fileBytesMax })).stdout;
}

async function patchId(git: GitProcess, gitDir: string, from: string, to: string): Promise<string> {
	const options = ['-r', '-p', '--full-index', '--binary', '--no-renames', '--no-ext-diff', '--no-textconv'];
	const { stdout } = await git.run({ args: [`--git-dir=${gitDir}`, 'diff-tree', ...options, from, to] });
	const answer = await git.line({ args: [`--git-dir=${gitDir}`, 'patch-id', '--stable'], stdin: stdout });
	return answer.split(' ')[0] ?? '';
}

async function rawChanges(git: GitProcess, gitDir: string, from: string, to: string): Promise<Map<string, RawChange>> {
	const args = [`--git-dir=${gitDir}`, 'diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', from, to];
	return new Map(parseRawChanges(await git.fields({ args })).map((change) => [change.path, change]));
}

function disagrees(what: 'tree' | 'history' | 'twice' | 'change', detail: string): LandingVerdict {
	return { kind: 'disagrees', what, detail };
}
