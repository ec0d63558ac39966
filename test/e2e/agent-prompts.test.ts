/** What agents are told, through the whole system: the project's words, its guides, and what became of earlier tries. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { openAgentShop } from '../support/agent-shop.ts';

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
