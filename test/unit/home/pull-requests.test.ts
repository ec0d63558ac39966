/** Pull requests over real git: what counts as merged, and what never does. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Candidate } from '../../../node/home/landing.ts';
import { PullRequests } from '../../../node/home/pull-requests.ts';
import type { CanonicalRepository } from '../../../shared/git/index.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import type { CommitId, Processes } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import type { ProjectConfig } from '../../../shared/project/index.ts';
import { commitInto, environment, itemA, newCanonical, shell, temporaryFolder } from '../../support/git.ts';

const item = { key: itemA, number: 7, title: 'Sell tea' } as Item;
const config = { branch: 'main', landing: { mode: 'pull-request', remote: 'origin' } } as ProjectConfig;
/** `gh` is not installed. */
const processes = {
	start: () => ({ exited: Promise.resolve({ kind: 'notStarted', reason: 'no gh' }), stop: async () => undefined }),
} as unknown as Processes;

let folder: ReturnType<typeof temporaryFolder>;
let repository: CanonicalRepository;
let pulls: PullRequests;
/** The same books over another repository. */
let over: (other: CanonicalRepository) => PullRequests;
let base: CommitId;
let candidate: Candidate;

beforeEach(async () => {
	folder = temporaryFolder();
	repository = await newCanonical(join(folder.path, 'canonical.git'));
	const checkout = join(folder.path, 'checkout');
	shell(folder.path, 'init', '-q', checkout);
	shell(checkout, 'remote', 'add', 'origin', '../origin.git');
	base = commitInto(repository.path, [], { a: '1' }, 'base');
	await repository.moveMain(base, null);
	const commit = commitInto(repository.path, [base], { a: '1', tea: 'green' }, 'Sell tea');
	const tree = await repository.treeOf(commit);
	candidate = { commit, tree, tip: base, token: [1, 1], result: commit, changes: [] };
	const git = { PATH: environment.PATH ?? '', HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1' };
	const store = await openSimStore();
	over = (other) =>
		new PullRequests({
			...{ repository: other, project: 'p', checkout, environment: git, store, processes },
			...{ clock: new SimClock(), random: new SimRandom(1), log: new SimLog() },
		});
	pulls = over(repository);
});

afterEach(async () => {
	await repository.close();
	folder.remove();
});

/** What others bring to main. */
async function mainGets(files: Record<string, string>): Promise<CommitId> {
	const before = (await repository.main()) as CommitId;
	const commit = commitInto(repository.path, [before], files, 'theirs');
	await repository.moveMain(commit, before);
	return commit;
}

it('[I3] takes no item for merged whose branch was never pushed, whatever comes to main meanwhile', async () => {
	expect(await pulls.propose(item, candidate, config)).toBe(true);
	expect(pulls.words(itemA)).toContain('could not be pushed');
	expect(await pulls.merged(item, await mainGets({ a: '2' }))).toBeNull();
	shell(folder.path, 'init', '-q', '--bare', '-b', 'main', 'origin.git');
	await pulls.propose(item, candidate, config);
	expect(pulls.words(itemA)).toBe('propose its branch gangline/7-sell-tea');
	expect(shell(join(folder.path, 'origin.git'), 'rev-parse', 'gangline/7-sell-tea')).toBe(candidate.commit);
	expect(await pulls.merged(item, await mainGets({ a: '3' }))).toBeNull();
	const squashed = await mainGets({ a: '3', tea: 'green' });
	expect(await pulls.merged(item, squashed)).toBe(squashed);
});

it('[I12] of a proposal whose commits a restored repository does not have says that it is not merged', async () => {
	shell(folder.path, 'init', '-q', '--bare', '-b', 'main', 'origin.git');
	await pulls.propose(item, candidate, config);
	const restored = await newCanonical(join(folder.path, 'restored.git'));
	try {
		const first = commitInto(restored.path, [], { a: '1' }, 'base');
		await restored.moveMain(first, null);
		const next = commitInto(restored.path, [first], { a: '2' }, 'theirs');
		await restored.moveMain(next, first);
		expect(await over(restored).merged(item, next)).toBeNull();
	} finally {
		await restored.close();
	}
});
