/**
 * Landing by push and by pull request, against a bare repository that stands for the forge: colleagues push in between,
 * also in the moment of our own push; the remote is rewritten, goes away and comes back; a request is merged in each of
 * the ways that forges offer. What is so is read from the remote and the checkout by git alone.
 */
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGh, writeFakeGh } from '../support/fake-gh.ts';
import {
	addAll,
	all,
	allDone,
	answerOf,
	begin,
	boardWhere,
	expectLanded,
	isStage,
	landingsOf,
	threeFiles,
} from '../support/strangers.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
let gh: FakeGh;
let meanwhile: string;

beforeAll(() => {
	const bin = join(mkdtempSync(join(tmpdir(), 'gangline bin ')), 'bin');
	gh = writeFakeGh(bin, 'acme/shop');
	meanwhile = join(bin, 'meanwhile');
	writeFileSync(join(gh.folder, 'git'), gitWithColleague(meanwhile));
	chmodSync(join(gh.folder, 'git'), 0o755);
	world = makeWorld({ PATH: `${gh.folder}:${process.env.PATH}` });
});
afterAll(async () => {
	await world[Symbol.asyncDispose]();
	rmSync(dirname(gh.folder), { recursive: true, force: true });
});

/** A `git` that runs the script `meanwhile`, once, before it pushes to main: between our look at the remote and our push. */
function gitWithColleague(script: string): string {
	const real = answerOf('sh', '-c', 'command -v git');
	return `#!/bin/sh
case " $* " in *' push '*':refs/heads/main '*)
	if mv '${script}' '${script}.$$' 2> /dev/null; then sh '${script}.$$' >&2; fi ;;
esac
exec ${real} "$@"
`;
}

interface Shared {
	readonly repository: string;
	readonly origin: string;
	readonly colleague: string;
	/** A commit of the colleague's, not pushed. */
	commit(name: string): void;
	/** The same, pushed on top of what is there. */
	push(name: string): void;
}

/** A repository with an origin, and a colleague's clone of it. */
function shared(name: string, url?: string): Shared {
	const files = {
		'check.sh': '#!/bin/sh\ntest -s note.txt\n',
		'note.txt': 'one\n',
		Makefile: 'test:\n\t@./check.sh\n',
	};
	const repository = world.repository(name, files);
	const origin = join(world.folder, `${name} origin.git`);
	const colleague = join(world.folder, `${name} colleague`);
	world.git(world.folder, 'clone', '-q', '--bare', repository, origin);
	world.git(world.folder, 'clone', '-q', origin, colleague);
	world.git(repository, 'remote', 'add', 'origin', url ?? origin);
	if (url !== undefined) world.git(world.folder, 'config', '--global', `url.${origin}.insteadOf`, url);
	const commit = (file: string): void => {
		writeFileSync(join(colleague, `${file}.txt`), `${file}\n`);
		world.git(colleague, 'add', '-A');
		world.git(colleague, 'commit', '-q', '-m', `Colleague: ${file}`);
	};
	const push = (file: string): void => {
		commit(file);
		world.git(colleague, 'pull', '-q', '--rebase', 'origin', 'main');
		world.git(colleague, 'push', '-q', 'origin', 'HEAD:main');
	};
	return { repository, origin, colleague, commit, push };
}

const tipOf = (folder: string, ref = 'main'): string => world.git(folder, 'rev-parse', ref);
const subjects = (folder: string): readonly string[] =>
	world.git(folder, 'log', '--format=%s', 'main').split('\n').sort();

describe('landing by push', () => {
	it('[I3] [I9] lands and pushes three while colleagues push before, between look and push, and during ours', async () => {
		const { repository, origin, colleague, commit, push } = shared('pushed');
		await begin(world, repository, '--review', 'server', '--landing', 'push');
		await boardWhere(world, repository, ({ distance }) => distance.origin?.words === 'origin is up to date');
		push('before');
		// During: the server has taken our push and is about to move its branch when theirs has moved it already.
		commit('during');
		world.git(colleague, 'push', '-q', 'origin', 'HEAD:refs/heads/theirs');
		const hook = join(origin, 'hooks/update');
		writeFileSync(
			hook,
			`#!/bin/sh\n[ "$1" = refs/heads/main ] || exit 0\nrm "$0"\ngit update-ref "$1" refs/heads/theirs\ngit update-ref -d refs/heads/theirs\n`,
		);
		chmodSync(hook, 0o755);
		await addAll(world, repository, threeFiles.slice(0, 1));
		await boardWhere(world, repository, (board) => isStage(board, 1, 'done'));
		await boardWhere(world, repository, () => subjects(origin).includes('Add one'));
		expect(existsSync(hook)).toBe(false);
		expect(subjects(origin)).toContain('Colleague: during');
		world.git(colleague, 'pull', '-q', '--rebase', 'origin', 'main');
		commit('between');
		writeFileSync(meanwhile, `git -C '${colleague}' push -q origin HEAD:main\n`);
		await addAll(world, repository, threeFiles.slice(1));
		await boardWhere(world, repository, allDone);
		await boardWhere(world, repository, ({ distance }) => distance.origin?.words === 'origin is up to date');
		expect(subjects(origin).filter((subject) => !subject.startsWith('Merge '))).toEqual([
			'Add one',
			'Add the Gangline project file',
			'Add three',
			'Add two',
			'Colleague: before',
			'Colleague: between',
			'Colleague: during',
			'first',
		]);
		expect(existsSync(meanwhile)).toBe(false);
		await expectLanded(world, repository, { titles: threeFiles.map(({ title }) => title) });
		expect(tipOf(origin)).toBe(tipOf(repository));
	});

	it.runIf(all)(
		'[I9] [I12] stops at a rewritten origin with that sentence, does nothing, and goes on when it is mended',
		async () => {
			const { repository, origin, colleague } = shared('rewritten');
			await begin(world, repository, '--review', 'server', '--landing', 'push');
			await boardWhere(world, repository, ({ distance }) => distance.origin?.words === 'origin is up to date');
			const before = tipOf(repository);
			world.git(colleague, 'commit', '-q', '--amend', '-m', 'Rewritten');
			world.git(colleague, 'push', '-q', '--force', 'origin', 'HEAD:main');
			const theirs = tipOf(origin);
			await addAll(world, repository, threeFiles);
			const sentence = `origin/main was rewritten: it is at ${theirs.slice(0, 12)} and does not contain ${before.slice(0, 12)}; nothing lands until it does (push a merge of gangline/main there)`;
			const stopped = await boardWhere(
				world,
				repository,
				({ items, project }) =>
					items.every(({ waitsBecause }) => waitsBecause === sentence) && project.trouble === sentence,
			);
			expect(stopped.distance.origin?.words).toBe(sentence);
			expect(stopped.items.map(({ stage }) => stage)).toEqual(['merge', 'merge', 'merge']);
			world.git(repository, 'fetch', '-q', 'gangline');
			expect([tipOf(repository), tipOf(repository, 'gangline/main'), tipOf(origin)]).toEqual([before, before, theirs]);
			// As the sentence says.
			world.git(colleague, 'fetch', '-q', repository, 'main');
			world.git(colleague, 'merge', '-q', '--allow-unrelated-histories', '-X', 'ours', '-m', 'Both', 'FETCH_HEAD');
			world.git(colleague, 'push', '-q', 'origin', 'HEAD:main');
			await boardWhere(world, repository, allDone);
			await boardWhere(world, repository, ({ distance }) => distance.origin?.words === 'origin is up to date');
			await expectLanded(world, repository, { titles: threeFiles.map(({ title }) => title) });
			expect(tipOf(origin)).toBe(tipOf(repository));
		},
	);

	it.skipIf(!all)('[I12] waits while origin is away, saying so, and catches up when it is back', async () => {
		const { repository, origin } = shared('away');
		await begin(world, repository, '--review', 'server', '--landing', 'push');
		await boardWhere(world, repository, ({ distance }) => distance.origin?.words === 'origin is up to date');
		const before = tipOf(repository);
		renameSync(origin, `${origin} away`);
		await addAll(world, repository, threeFiles);
		const waiting = await boardWhere(world, repository, ({ items }) =>
			items.every(({ waitsBecause }) => waitsBecause?.startsWith('origin cannot be reached: ') ?? false),
		);
		expect(waiting.items.map(({ stage }) => stage)).toEqual(['merge', 'merge', 'merge']);
		expect(waiting.distance.origin?.words).toMatch(/^origin cannot be reached: /);
		expect(tipOf(repository)).toBe(before);
		renameSync(`${origin} away`, origin);
		await boardWhere(world, repository, allDone, 20);
		await boardWhere(world, repository, ({ distance }) => distance.origin?.words === 'origin is up to date');
		await expectLanded(world, repository, { titles: threeFiles.map(({ title }) => title) });
		expect(tipOf(origin)).toBe(tipOf(repository));
	});
});

describe('landing by pull request', () => {
	it.skipIf(!all)(
		'proposes each item, and takes a merge, a squash, a rebase and a fast-forward for its landing',
		async () => {
			const { repository, origin, colleague } = shared('proposed', 'https://github.com/acme/shop.git');
			world.git(repository, 'push', '-q', 'origin', 'main');
			await begin(world, repository, '--review', 'server', '--landing', 'pull-request');
			world.git(repository, 'push', '-q', 'origin', 'main');
			await addAll(world, repository, threeFiles);
			const proposed = await boardWhere(world, repository, ({ items }) =>
				items.every(({ waitsBecause }) => waitsBecause?.startsWith('it waits for its pull request: ') ?? false),
			);
			expect(proposed.items.map(({ stage, waitsBecause }) => [stage, waitsBecause?.replace(/\d+$/, 'N')])).toEqual(
				Array(3).fill(['merge', 'it waits for its pull request: https://github.com/acme/shop/pull/N']),
			);
			expect(gh.asked()).toContain('pr create --head gangline/1-add-one --base main --title Add one --body Item #1');
			const own = tipOf(repository);
			expect(tipOf(origin)).toBe(own);

			const merge = (...command: string[]): void => {
				world.git(colleague, 'fetch', '-q', '--prune', 'origin');
				world.git(colleague, 'reset', '-q', '--hard', 'origin/main');
				world.git(colleague, ...command);
			};
			const publish = (): void => void world.git(colleague, 'push', '-q', 'origin', 'HEAD:main');
			merge('merge', '-q', '--no-ff', '-m', 'Merge pull request #1', 'origin/gangline/1-add-one');
			publish();
			await boardWhere(world, repository, (board) => isStage(board, 1, 'done'));
			merge('merge', '-q', '--squash', 'origin/gangline/2-add-two');
			world.git(colleague, 'commit', '-q', '-m', 'Add two (#2)');
			publish();
			// A forge may remove the branch with the merge, and a tidy colleague that of another one.
			world.git(origin, 'update-ref', '-d', 'refs/heads/gangline/2-add-two');
			world.git(origin, 'update-ref', '-d', 'refs/heads/gangline/3-add-three');
			await boardWhere(world, repository, (board) => isStage(board, 2, 'done'));
			await boardWhere(world, repository, () =>
				world.git(origin, 'for-each-ref', '--format=%(refname)').includes('gangline/3-add-three'),
			);
			merge('commit', '-q', '--allow-empty', '-m', 'Something else');
			world.git(colleague, 'cherry-pick', 'origin/gangline/3-add-three');
			publish();
			await boardWhere(world, repository, allDone);

			// gh is there and not logged in: a link that a person opens.
			writeFileSync(
				join(gh.folder, 'gh'),
				'#!/bin/sh\necho "To get started with GitHub CLI: gh auth login" >&2\nexit 4\n',
			);
			await world.ok(repository, 'add', 'Add four', '--run', 'echo four > four.txt');
			const link = 'https://github.com/acme/shop/compare/main...gangline/4-add-four?expand=1';
			await boardWhere(world, repository, ({ items }) =>
				items.some(({ waitsBecause }) => waitsBecause === `it waits for its pull request: ${link}`),
			);
			merge('merge', '-q', '--ff-only', 'origin/gangline/4-add-four');
			publish();
			const done = await boardWhere(world, repository, allDone);
			expect(done.items.at(-1)?.landed?.commit).toBe(tipOf(origin));
			await boardWhere(world, repository, ({ distance }) => distance.checkout?.behind === 0);
			expect(tipOf(repository)).toBe(tipOf(origin));
			expect(world.git(repository, 'status', '--porcelain')).toBe('');
			for (const name of ['one', 'two', 'three', 'four']) {
				expect(world.git(repository, 'show', `HEAD:${name}.txt`)).toBe(name);
			}
			// The squash has no trailers; each of the others has its own once.
			const items = landingsOf(world, repository, 'main').map(({ item }) => item);
			expect(new Set(items).size).toBe(items.length);
		},
	);
});
