/** The main job as a stranger does it: every step through the command, every outcome checked from git. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Board, Result } from '../../shared/operations/index.ts';
import { writeFakeClis } from '../support/fake-clis.ts';
import { makeWorld, type World } from '../support/world.ts';

const shop = {
	'price.sh': '#!/bin/sh\necho "$(( $1 / 100 ))"\n',
	'check.sh': '#!/bin/sh\ntest "$(./price.sh 300)" = 3 || { echo "3 expected"; exit 1; }\necho ok\n',
	'README.md': '# shop\n',
};

const gates = ['--gate', 'check=./check.sh'];

/** What `init` says of main is looked at once; the node judges main again before it begins anything. */
async function initialised(world: World, review: 'human' | 'server', ...more: string[]) {
	const repository = world.repository('my shop', shop);
	const choices = ['--review', review, '--landing', 'local', ...gates, ...more];
	await world.ok(repository, 'init', '--yes', '--no-input', ...choices);
	await world.ok(repository, 'start');
	return repository;
}

const stageOf = (board: Board, number: number): string | undefined =>
	board.items.find((item) => item.number === number)?.stage;

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

describe('the main job', () => {
	it('[I3] [I9] works on an item, gates it, waits for a person, and lands what was shown', async () => {
		await using world = makeWorld();
		const repository = await initialised(world, 'human');
		await world.ok(repository, 'add', 'Say hello', '--run', 'echo hello > hello.txt');
		const board = await world.untilBoard(repository, (now) => stageOf(now, 1) === 'reviewHold');
		expect(board.items[0]?.needsYou).toContain('approve');
		const diff = await world.json<Result<'item.diff'>>(repository, 'diff', '1');
		expect(diff.patch).toContain('+hello');
		await world.ok(repository, 'approve', '1');
		await world.untilBoard(repository, (now) => stageOf(now, 1) === 'done');
		await world.untilForwarded(repository);
		expect(readFileSync(join(repository, 'hello.txt'), 'utf8')).toBe('hello\n');
		expect(world.git(repository, 'log', '-1', '--format=%s')).toBe('Say hello');
		expect(world.git(repository, 'log', '-1', '--format=%(trailers:key=Gangline-Tree,valueonly)')).toBe(
			world.git(repository, 'rev-parse', 'HEAD^{tree}'),
		);
		expect(world.git(repository, 'status', '--porcelain')).toBe('');
	});

	it('lands what is green unasked once an approval has said so, as a commit of its own', async () => {
		await using world = makeWorld();
		const repository = await initialised(world, 'human', '--no-verify');
		writeFileSync(join(repository, 'README.md'), '# mine, not committed\n');
		await world.add(repository, 'Say hello', 'echo hello > hello.txt');
		await world.untilBoard(repository, (now) => stageOf(now, 1) === 'reviewHold');
		await world.ok(repository, 'diff', '1');
		await world.ok(repository, 'approve', '1', '--land-when-green');
		await world.add(repository, 'Say goodbye', 'echo goodbye > goodbye.txt');
		await world.untilBoard(repository, (now) => stageOf(now, 2) === 'done');
		await world.untilForwarded(repository);
		expect(world.git(repository, 'log', '-3', '--format=%s')).toBe(
			'Say goodbye\nSay hello\nLet what is green land without a person',
		);
		expect(world.git(repository, 'show', '--format=', '--name-only', 'HEAD~2')).toBe('.gangline/project.toml');
		expect(world.git(repository, 'status', '--porcelain')).toBe('M README.md');
	});

	it('[I6] goes on after a SIGKILL of the node and lands each item once', async () => {
		await using world = makeWorld();
		const repository = await initialised(world, 'server', '--no-verify');
		for (const name of ['one', 'two', 'three', 'four']) {
			await world.add(repository, `Add ${name}`, `sleep 0.3; echo ${name} > ${name}.txt`);
		}
		for (let kill = 0; kill < 3; kill += 1) {
			const pid = world.pid();
			if (pid === null) throw new Error('no node runs');
			process.kill(pid, 'SIGKILL');
			await world.ok(repository, 'start');
		}
		await world.untilBoard(repository, (now) => [1, 2, 3, 4].every((n) => stageOf(now, n) === 'done'));
		world.git(repository, 'fetch', '-q', 'gangline');
		const format = '--format=%(trailers:key=Gangline-Item,valueonly)';
		const landed = world.git(repository, 'log', '--first-parent', format, 'gangline/main');
		const keys = landed.split('\n').filter(Boolean);
		expect(new Set(keys).size).toBe(4);
		expect(keys).toHaveLength(4);
	});

	it('sends a failing change back with the output and lands the second try', async () => {
		await using world = makeWorld();
		const repository = await initialised(world, 'server', '--no-verify');
		const script = [
			'if [ -s "$GANGLINE_LAST_FAILURE" ]; then grep -q "3 expected" "$GANGLINE_LAST_FAILURE"; echo fixed > note.txt',
			'else printf "#!/bin/sh\\necho 4\\n" > price.sh; fi',
		].join('\n');
		await world.add(repository, 'Round', script);
		const board = await world.untilBoard(repository, (now) => stageOf(now, 1) === 'done');
		expect(board.items[0]?.attempts).toBe(2);
		await world.untilForwarded(repository);
		expect(readFileSync(join(repository, 'note.txt'), 'utf8')).toBe('fixed\n');
	});

	it('does an item again on the new main when two touch the same lines', async () => {
		await using world = makeWorld();
		const repository = await initialised(world, 'server', '--no-verify');
		await world.add(repository, 'Title in capitals', 'sleep 0.5; sed -i "s/# .*/# SHOP/" README.md');
		await world.add(repository, 'Title with a bang', 'sleep 0.5; sed -i "1s/$/!/" README.md');
		await world.untilBoard(repository, (now) => [1, 2].every((n) => stageOf(now, n) === 'done'));
		await world.untilForwarded(repository);
		expect(readFileSync(join(repository, 'README.md'), 'utf8')).toMatch(/^# (SHOP!|SHOP)\n/);
	});

	it.runIf(all)('gives an item to the agent that a person has configured and committed a moment ago', async () => {
		await using tools = makeWorld();
		const bin = writeFakeClis(join(tools.folder, 'bin'));
		await using withAgent = makeWorld({ PATH: `${bin}:${process.env.PATH}` });
		const repository = await initialised(withAgent, 'server', '--no-verify');
		await withAgent.add(repository, 'First', 'echo 1 > one.txt');
		await withAgent.untilBoard(repository, (now) => stageOf(now, 1) === 'done');
		await withAgent.untilForwarded(repository);
		await withAgent.ok(repository, 'add', 'FAKE:commit', '--agent', 'claude', '--hold');
		const configure = (name: string): void => {
			const agent = `\n[[agent]]\nname = "${name}"\nruntime = "claude-code"\n`;
			appendFileSync(join(repository, '.gangline', 'project.toml'), agent);
			withAgent.git(repository, 'commit', '-q', '-am', `Let ${name} work here`);
		};
		configure('claude');
		await withAgent.ok(repository, 'edit', '2', '--no-hold');
		await withAgent.untilBoard(repository, (now) => stageOf(now, 2) === 'done');
		await withAgent.untilForwarded(repository);
		configure('other');
		const added = await withAgent.ok(repository, 'add', 'FAKE:commit', '--agent', 'other');
		expect(added).toContain('starts on');
		await withAgent.untilBoard(repository, (now) => stageOf(now, 3) === 'done');
	});

	it("takes a person's own commits as theirs and leaves a checkout in the way alone", async () => {
		await using world = makeWorld();
		const repository = await initialised(world, 'server', '--no-verify');
		writeFileSync(join(repository, 'mine.txt'), 'mine\n');
		world.git(repository, 'add', 'mine.txt');
		world.git(repository, 'commit', '-q', '-m', 'Mine');
		writeFileSync(join(repository, 'README.md'), '# edited and not committed\n');
		await world.add(repository, 'Title', 'sed -i "s/# .*/# SHOP/" README.md');
		await world.untilBoard(
			repository,
			(now) => stageOf(now, 1) === 'done' && (now.distance.checkout?.inTheWay.join(' ').includes('README.md') ?? false),
		);
		expect(readFileSync(join(repository, 'README.md'), 'utf8')).toBe('# edited and not committed\n');
		world.git(repository, 'fetch', '-q', 'gangline');
		expect(world.git(repository, 'log', '--format=%s', 'gangline/main').split('\n').slice(0, 2)).toEqual([
			'Title',
			'Mine',
		]);
	});
});
