/**
 * Whether a repository can become a project, and if not, why and what to type. All refusals are made here, before
 * anything is asked or written, from facts alone.
 */
import type { RepositoryFacts } from '../../shared/git/index.ts';
import { shellWord } from '../../shared/operations/shell-word.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { projectConfigPath } from '../../shared/project/index.ts';

export interface SuitableRepository {
	readonly folder: string;
	readonly branch: string;
	readonly remotes: readonly string[];
	readonly warnings: readonly string[];
}

/** @throws GanglineError UNSUITABLE_REPOSITORY or INVALID_ARGUMENT, with a way out. */
export function requireSuitable(facts: RepositoryFacts, wantedBranch: string | undefined): SuitableRepository {
	if (facts.kind === 'none') {
		throw unsuitable(
			`${facts.folder} is not in a git repository`,
			'cd into one, or make one: git init && git add -A && git commit',
		);
	}
	if (facts.kind === 'bare') {
		throw unsuitable(
			`${facts.folder} is a bare repository; expected a checkout`,
			`git clone ${shellWord(facts.folder)} and run this in the clone`,
		);
	}
	const { head } = facts;
	if (head.kind === 'unborn') {
		throw unsuitable(
			`the branch ${head.branch} has no commit yet`,
			'git add -A && git commit -m "First commit", then run this again',
		);
	}
	if (facts.isShallow) {
		throw unsuitable(`${facts.folder} is a shallow clone: older commits are missing`, 'git fetch --unshallow');
	}
	if (facts.submodules.length > 0) {
		throw unsuitable(
			`${facts.folder} has submodules (${facts.submodules.slice(0, 3).join(', ')}): a landing could not check what they point to`,
			'Use it in the submodules themselves, or in a repository that vendors them (git subtree).',
		);
	}
	if (facts.isLinkedWorktree) {
		throw unsuitable(`${facts.folder} is a linked worktree`, 'Run this in the main checkout: git worktree list');
	}
	if (head.kind === 'detached') {
		const branch = wantedBranch ?? facts.defaultBranch ?? 'main';
		throw unsuitable(`HEAD is detached at ${head.commit.slice(0, 10)}; expected a branch`, `git switch ${branch}`);
	}
	if (facts.inProgress !== null) {
		throw unsuitable(
			`a ${facts.inProgress} is in progress in ${facts.folder}`,
			`Finish or abort it: git ${facts.inProgress} ${facts.inProgress === 'bisect' ? 'reset' : '--abort'}`,
		);
	}
	if (!facts.hasIdentity) {
		throw unsuitable(
			'git does not know who you are, so nothing can be committed',
			'git config --global user.name "Your Name" && git config --global user.email you@example.org',
		);
	}
	return { ...onBranch(facts, head.branch, wantedBranch), warnings: warningsOf(facts) };
}

/** @throws GanglineError UNSUITABLE_REPOSITORY when the file that would be written is there but not committed. */
export function requireFree(facts: RepositoryFacts): void {
	if (facts.kind !== 'checkout' || !facts.dirty.includes(projectConfigPath)) return;
	throw unsuitable(
		`${projectConfigPath} is there but not committed`,
		`Commit it: git add ${projectConfigPath} && git commit; or move it away and run this again.`,
	);
}

type Checkout = Extract<RepositoryFacts, { kind: 'checkout' }>;

/** The commit goes to the branch that is checked out, so that must be the one that changes land on. */
function onBranch(facts: Checkout, current: string, wanted: string | undefined): Omit<SuitableRepository, 'warnings'> {
	const branch = wanted ?? facts.defaultBranch ?? current;
	if (!facts.branches.includes(branch)) {
		throw ganglineError('INVALID_ARGUMENT', `there is no branch ${JSON.stringify(branch)} here`, {
			hint: `Branches are ${facts.branches.slice(0, 8).join(', ')}; make it first: git switch -c ${branch}`,
		});
	}
	if (branch !== current) {
		throw unsuitable(
			`changes would land on ${branch}, but ${current} is checked out`,
			`git switch ${branch}, or land on this branch: gangline init --branch ${current}`,
		);
	}
	return { folder: facts.folder, branch, remotes: facts.remotes };
}

function warningsOf(facts: Checkout): string[] {
	const dirty = facts.dirty.filter((path) => !path.startsWith('.gangline/'));
	if (dirty.length === 0) return [];
	const shown = dirty.slice(0, 3).join(', ');
	const more = dirty.length > 3 ? ` and ${dirty.length - 3} more` : '';
	return [`Uncommitted changes stay as they are and are not part of what agents see: ${shown}${more}`];
}

function unsuitable(message: string, hint: string): GanglineError {
	return ganglineError('UNSUITABLE_REPOSITORY', message, { hint });
}
