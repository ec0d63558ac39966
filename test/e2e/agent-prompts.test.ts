/** What agents are told, through the whole system: the project's words, its guides, and what became of earlier tries. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { openAgentShop } from '../support/agent-shop.ts';
import { launcher } from '../support/world.ts';

const stageOf = (board: { items: readonly { number: number | null; stage: string }[] }, number: number) =>
	board.items.find((item) => item.number === number)?.stage;

it('tells an agent the words of the project, its guide, and on another try what failed and what a person said', async () => {
	await using shop = await openAgentShop({
		files: {
			'a.txt': 'a\n',
			'AGENTS.md': 'Two spaces, please.\n',
			'check.sh': '#!/bin/sh\nif grep -q wrong a.txt; then echo never wrong; exit 1; fi\n',
		},
		gates: ['check=./check.sh'],
		settings: '[[agent]]\nname = "ada"\nruntime = "claude-code"',
		agent:
			'if asked "never wrong"; then echo right > a.txt; else echo wrong > a.txt; fi; asked "louder" && echo LOUD > a.txt; save "Change a"',
		before: async (world, repository) => {
			mkdirSync(join(repository, '.gangline', 'prompts'));
			writeFileSync(join(repository, '.gangline', 'prompts', 'coder.md'), 'Be brave about number {{number}}.\n');
			world.git(repository, 'add', '-A');
			world.git(repository, 'commit', '-q', '-m', 'Say it in our words');
		},
	});
	const { world, repository } = shop;
	await world.ok(repository, 'add', 'Change a', '--description', 'The words of the item.', '--hold');
	const shown = await world.json<Result<'item.prompt'>>(repository, 'prompt', 'show', '1');
	expect(shown).toMatchObject({ role: 'coder', agent: 'ada', runtime: 'claude-code' });
	await world.ok(repository, 'move', '1', 'start');
	await world.untilBoard(repository, (board) => stageOf(board, 1) === 'reviewHold');
	const [first, second] = shop.prompts();
	expect(shown.prompt.trimEnd()).toBe(first);
	for (const part of ['Be brave about number 1.', 'The words of the item.', 'Read `AGENTS.md`', '# Change a']) {
		expect(first).toContain(part);
	}
	expect(first).not.toContain('What happened');
	for (const part of ['never wrong', 'attemptFailed', 'Commits of the last try', /- [0-9a-f]{7,} Change a\n/]) {
		expect(second).toMatch(part);
	}
	await world.ok(repository, 'diff', '1');
	await world.ok(repository, 'reject', '1', 'louder please');
	await world.untilBoard(repository, (board) => stageOf(board, 1) === 'reviewHold' && shop.prompts().length === 3);
	expect(shop.prompts()[2]).toContain('louder please');
	const refused = await world.gangline(repository, 'prompt', 'show', '1', '--role', 'pilot');
	expect(refused.code).toBe(2);
});

const secret = 'hunter2-is-no-good-secret';
const analysis = 'The cause is in line 1.';

/** A shop whose agent works when it is let: between two tries somebody can ask what the next one would be told. */
async function openSlowShop() {
	const shop = await openAgentShop({
		files: {
			'a.txt': 'a\n',
			'check.sh': '#!/bin/sh\ngrep -q "^a$" a.txt || { echo "no good: $(cat a.txt)"; exit 1; }\n',
		},
		gates: ['check=./check.sh'],
		settings: [
			...['[[agent]]', 'name = "ada"', 'runtime = "claude-code"', ''],
			...['[[agent]]', 'name = "rita"', 'role = "research"', 'runtime = "claude-code"'],
		].join('\n'),
		agent: `while [ ! -e "$HOME/go" ]; do sleep 0.05; done
			if asked 'Dig here'; then echo '${analysis}' > "$GANGLINE_ANSWER"
			elif asked 'make it right'; then echo "b $count" >> a.txt; save "Right $count"
			else echo "bad $count" > a.txt; save "Try $count"; fi`,
		before: async (world, repository) => {
			mkdirSync(join(repository, '.gangline', 'prompts'));
			writeFileSync(join(repository, '.gangline', 'prompts', 'coder.md'), 'Code at {{number}}.\n');
			writeFileSync(join(repository, '.gangline', 'prompts', 'research.md'), 'Dig here: {{title}}.\n');
			world.git(repository, 'add', '-A');
			world.git(repository, 'commit', '-q', '-m', 'Say it in our words');
		},
	});
	const { world, repository } = shop;
	const set = [launcher, 'secret', 'set', 'SHOP_TOKEN'];
	execFileSync(process.execPath, set, { cwd: repository, env: world.env, input: `${secret}\n` });
	const go = join(world.home, 'go');
	const told = (count: number) => expect.poll(() => shop.prompts().length, { timeout: 60_000 }).toBe(count);
	return {
		...shop,
		[Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
		show: (...more: string[]) => world.json<Result<'item.prompt'>>(repository, 'prompt', 'show', '1', ...more),
		/** Lets the session that was told `count`-th end its work, while nothing new may begin. */
		async letEnd(count: number) {
			await told(count);
			await world.ok(repository, 'pause');
			writeFileSync(go, '');
			await world.untilBoard(repository, ({ items }) => items.every(({ holder }) => holder === null));
			rmSync(go);
		},
		async next(count: number) {
			await world.ok(repository, 'resume');
			await told(count);
			return shop.prompts()[count - 1] ?? '';
		},
	};
}

it('shows to the letter what the next session is told: at first, after a failure, words, a given clone and an analysis', async () => {
	await using shop = await openSlowShop();
	const { world, repository, show, letEnd, next } = shop;
	await world.ok(repository, 'add', 'Change a', '--hold', '--description', `The words of the item, and ${secret}.`);
	await world.ok(repository, 'say', '1', 'mind the gap');
	const first = await show();
	await world.ok(repository, 'move', '1', 'start');
	expect(first).toMatchObject({ form: 'first', note: null });
	await expect.poll(() => shop.prompts().length, { timeout: 60_000 }).toBe(1);
	expect(shop.prompts()[0]).toBe(first.prompt);
	expect(first.prompt).toContain('mind the gap');
	expect(first.prompt).toContain('The words of the item');
	expect(first.prompt).not.toContain(secret);

	await letEnd(1);
	const second = await show();
	expect(second.prompt).toContain('no good: bad');
	expect(await next(2)).toBe(second.prompt);

	// A stopped session goes on, in the form for that, with what a person did meanwhile.
	const { folder } = await world.json<Result<'item.take'>>(repository, 'take', '1');
	if (folder === null) throw new Error('no folder');
	writeFileSync(join(folder, 'by-hand.txt'), 'x\n');
	world.git(folder, 'add', '-A');
	world.git(folder, 'commit', '-q', '-m', 'By hand');
	await world.ok(repository, 'pause');
	await world.ok(repository, 'give', '1', 'the file is there');
	const resumed = await show();
	expect(resumed).toMatchObject({ form: 'resumed', prompt: expect.stringMatching(/- [0-9a-f]+ By hand/) });
	expect(resumed.prompt).toContain('the file is there');
	expect(await next(3)).toBe(resumed.prompt);

	await letEnd(3);
	const third = await show();
	expect(third).toMatchObject({ form: 'first' });
	expect(await next(4)).toBe(third.prompt);
	await letEnd(4);
	const looks = await show('--role', 'research');
	expect(looks).toMatchObject({
		role: 'research',
		agent: 'rita',
		prompt: expect.stringMatching(/^Dig here: Change a\./),
	});
	const fourth = await show();
	expect(existsSync(join(world.home, 'go'))).toBe(false);
	const research = await next(5);
	expect(research.replaceAll(/`[^`]*\/answer`/g, '`$TMPDIR/answer`')).toBe(looks.prompt.trimEnd());
	writeFileSync(join(world.home, 'go'), '');
	await expect.poll(() => shop.prompts().length, { timeout: 60_000 }).toBeGreaterThan(5);
	expect(fourth.prompt).toContain('<what the research agent finds out first stands here>');
	expect(shop.prompts()[5]).toBe(
		fourth.prompt.replace('<what the research agent finds out first stands here>', `${analysis}\n`),
	);
	expect(shop.prompts()[5]).toMatch(/^Code at 1\./);
}, 240_000);
