/**
 * One landing, as two steps over the Git port. `prepareLanding` builds the commit that would land (nothing moves);
 * after the gates ran on exactly that tree, `moveToLanding` moves main. The caller holds the project's serial loop
 * during the second step, so nothing is folded between looking at the item and moving main.
 */

import type { Item, MergeFailureKind, Token } from '../../shared/pipeline/index.ts';
import { sameToken } from '../../shared/pipeline/index.ts';
import type { Change, CommitId, Git, Person } from '../../shared/ports/index.ts';
import { parseCommitId } from '../../shared/ports/index.ts';
import type { MainReader } from './main-reader.ts';

/** A commit that no ref knows yet, child of `tip`, whose tree the gates must pass. */
export interface Candidate {
	readonly commit: CommitId;
	readonly tree: CommitId;
	readonly tip: CommitId;
	readonly token: Token;
	readonly result: CommitId;
	readonly changes: readonly Change[];
}

export type Prepared =
	| { readonly kind: 'ready'; readonly candidate: Candidate }
	| { readonly kind: 'onMain'; readonly commit: CommitId }
	| { readonly kind: 'failed'; readonly failure: MergeFailureKind; readonly detail: string };

export interface LandingContext {
	readonly git: Git;
	readonly main: MainReader;
	readonly author: Person;
	readonly atMs: number;
}

/** Builds what would land for an item in `merge`. Reads main first: what is there already is never landed again [I3]. */
export async function prepareLanding(item: Item, { git, main, author, atMs }: LandingContext): Promise<Prepared> {
	const tip = await main.read();
	const landed = main.landing(item.key);
	if (landed) return { kind: 'onMain', commit: landed.commit };
	if (item.result === null || item.token === null) {
		return { kind: 'failed', failure: 'noCommits', detail: 'there is no accepted result to land' };
	}
	if (tip === null) return { kind: 'failed', failure: 'other', detail: 'main has no commit yet' };
	const result = parseCommitId(item.result.commit);
	if (item.result.commit === item.result.base) {
		return { kind: 'failed', failure: 'noCommits', detail: 'the result has no commit of its own' };
	}
	const merged = await git.merge({ ours: tip, theirs: result });
	if (merged.kind === 'conflict') {
		const paths = merged.paths.slice(0, 20).join(', ');
		return { kind: 'failed', failure: 'conflict', detail: `conflicts with main in ${paths}` };
	}
	if (merged.tree === (await git.treeOf(tip))) {
		return { kind: 'failed', failure: 'emptyDiff', detail: 'main has all of this change already' };
	}
	const commit = await git.createCommit({
		tree: merged.tree,
		parents: [tip],
		message: landingMessage(item),
		author,
		atMs,
		landing: { item: item.key, token: item.token, gatedTree: merged.tree },
	});
	const changes = await git.changes(tip, commit);
	return {
		kind: 'ready',
		candidate: { commit, tree: merged.tree, tip, token: item.token, result, changes },
	};
}

export type Landed =
	| { readonly kind: 'landed'; readonly commit: CommitId }
	/** The item or main is no longer what was gated: begin again, or leave it. */
	| { readonly kind: 'overtaken' };

/**
 * Moves main to a gated candidate. `journal` must be durable before main moves; what throws here has an unknown
 * outcome, and the caller reads main before it folds anything.
 */
export async function moveToLanding(
	candidate: Candidate,
	item: Item | undefined,
	{ git, journal }: { git: Git; journal: () => Promise<void> },
): Promise<Landed> {
	if (!stillMeant(candidate, item)) return { kind: 'overtaken' };
	if ((await git.main()) !== candidate.tip) return { kind: 'overtaken' };
	await journal();
	const moved = await git.moveMain(candidate.commit, candidate.tip);
	return moved.kind === 'moved' ? { kind: 'landed', commit: candidate.commit } : { kind: 'overtaken' };
}

function stillMeant(candidate: Candidate, item: Item | undefined): boolean {
	return (
		item !== undefined &&
		item.stage.kind === 'merge' &&
		sameToken(item.token, candidate.token) &&
		item.result?.commit === candidate.result
	);
}

/** The landing's message: the title, what the item says (first paragraph, without its script), its number. */
function landingMessage(item: Item): string {
	const prose = item.description.replace(/^```[\s\S]*?^```\s*$/gm, '').trim();
	const first = prose.split(/\n\s*\n/, 1)[0] ?? '';
	const body = first.length > 0 ? `\n\n${first.slice(0, 2_000)}` : '';
	return `${item.title}${body}\n\nItem: #${item.number}`;
}
