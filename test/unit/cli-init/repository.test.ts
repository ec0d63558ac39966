import { describe, expect, it } from 'vitest';
import { requireFree, requireSuitable } from '../../../gateway/cli/init-repository.ts';
import type { RepositoryFacts } from '../../../shared/git/index.ts';
import { GanglineError } from '../../../shared/ports/index.ts';

const good = {
	kind: 'checkout',
	folder: '/home/ada/demo',
	isLinkedWorktree: false,
	isShallow: false,
	head: { kind: 'branch', branch: 'main', commit: '1'.repeat(40) },
	submodules: [],
	inProgress: null,
	branches: ['main', 'feature'],
	defaultBranch: 'main',
	remotes: ['origin'],
	dirty: [],
	hasIdentity: true,
} as const satisfies RepositoryFacts;

interface Refusal {
	readonly code: string;
	readonly message: string;
	readonly hint: string | undefined;
}

function refusal(facts: RepositoryFacts, branch?: string): Refusal | null {
	try {
		requireSuitable(facts, branch);
		requireFree(facts);
		return null;
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		return { code: error.code, message: error.message, hint: error.hint };
	}
}

describe('requireSuitable', () => {
	it('accepts a plain checkout of the default branch', () => {
		expect(requireSuitable(good, undefined)).toEqual({
			folder: '/home/ada/demo',
			branch: 'main',
			remotes: ['origin'],
			warnings: [],
		});
	});

	it('accepts another branch that is checked out and asked for', () => {
		const facts = { ...good, head: { kind: 'branch', branch: 'feature', commit: '2' } } as const;
		expect(requireSuitable(facts, 'feature').branch).toBe('feature');
	});

	it('names uncommitted changes and goes on', () => {
		const [warning] = requireSuitable({ ...good, dirty: ['a', 'b', 'c', 'd', '.gangline/x'] }, undefined).warnings;
		expect(warning).toContain('a, b, c and 1 more');
	});

	const cases: readonly [string, RepositoryFacts, string, string][] = [
		['a folder without a repository', { kind: 'none', folder: '/x' }, 'not in a git repository', 'git init'],
		['a bare repository', { kind: 'bare', folder: '/x.git' }, 'bare repository', 'git clone /x.git'],
		[
			'a bare one at a place with a space',
			{ kind: 'bare', folder: '/a b.git' },
			'/a b.git',
			"git clone '/a b.git' and",
		],
		['a branch without commits', { ...good, head: { kind: 'unborn', branch: 'main' } }, 'no commit yet', 'git commit'],
		[
			'a detached HEAD',
			{ ...good, head: { kind: 'detached', commit: 'abcdef0123456789' } },
			'detached at abcdef0123',
			'git switch main',
		],
		['a shallow clone', { ...good, isShallow: true }, 'shallow', 'git fetch --unshallow'],
		['submodules', { ...good, submodules: ['lib/x'] }, 'submodules (lib/x)', 'git subtree'],
		['a linked worktree', { ...good, isLinkedWorktree: true }, 'linked worktree', 'git worktree list'],
		['a merge in progress', { ...good, inProgress: 'merge' }, 'a merge is in progress', 'git merge --abort'],
		['a bisect in progress', { ...good, inProgress: 'bisect' }, 'a bisect is in progress', 'git bisect reset'],
		[
			'another branch than the default one',
			{ ...good, head: { kind: 'branch', branch: 'feature', commit: '2' } },
			'land on main, but feature is checked out',
			'--branch feature',
		],
		[
			'a file that is not committed',
			{ ...good, dirty: ['.gangline/project.toml'] },
			'not committed',
			'git add .gangline/project.toml',
		],
	];
	for (const [what, facts, message, hint] of cases) {
		it(`refuses ${what} with a way out`, () => {
			expect(refusal(facts)).toEqual({
				code: 'UNSUITABLE_REPOSITORY',
				message: expect.stringContaining(message),
				hint: expect.stringContaining(hint),
			});
		});
	}

	it('refuses a branch that is not there and says how to make it', () => {
		expect(refusal(good, 'nope')).toMatchObject({
			code: 'INVALID_ARGUMENT',
			hint: expect.stringContaining('git switch -c nope'),
		});
	});
});
