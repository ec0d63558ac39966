/** A QA agent between the gates and main: what it sees, what its verdict does, and that it may only look. */
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { openAgentShop } from '../support/agent-shop.ts';

const settings = `[[agent]]
name = "ada"
runtime = "claude-code"

[[agent]]
name = "quinn"
role = "qa"
runtime = "claude-code"`;

const agent = `if asked GANGLINE_ANSWER; then
	verdict() { printf '{"verdict":"%s","summary":"%s","findings":[{"what":"%s","where":"a.txt:1"}]}' "$1" "$2" "$3" > "$GANGLINE_ANSWER"; }
	if asked 'Meddle' && ! asked 'counted for nothing'; then
		if asked 'by commit'; then git commit -q --allow-empty -m mine
		elif asked 'by branch'; then git branch mine
		else echo mine > a.txt; fi
		verdict pass "looks fine" "nothing"; exit 0
	fi
	if asked 'Ask' ; then verdict person "a matter of taste" "blue or red"; exit 0; fi
	if grep -q shouting a.txt; then verdict pass "it shouts" "nothing"; else verdict fail "too quiet" "it has to be shouting"; fi
else
	if asked 'it has to be shouting'; then echo "shouting $count" > a.txt; else echo "quiet $count" > a.txt; fi
	asked 'Meddle' && echo "shouting too" >> a.txt
	save "Write a"
fi`;

const openers = (shop: { prompts(): readonly string[] }, title: string) =>
	shop.prompts().filter((prompt) => prompt.includes(`# ${title}`));

it('[I9] lands what passed a QA agent, sends back what did not with its findings, and asks a person where it asks', async () => {
	await using shop = await openAgentShop({
		files: { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ngrep -q . a.txt\n' },
		gates: ['check=./check.sh'],
		settings,
		agent,
		before: async (world, repository) => {
			const { readFileSync, writeFileSync } = await import('node:fs');
			const file = `${repository}/.gangline/project.toml`;
			writeFileSync(file, readFileSync(file, 'utf8').replace('mode = "human"', 'mode = "agent"'));
			world.git(repository, 'commit', '-q', '-am', 'Let QA decide');
		},
	});
	const { world, repository } = shop;
	const stage = (board: { items: readonly { number: number | null; stage: string }[] }, number: number) =>
		board.items.find((item) => item.number === number)?.stage;

	await world.ok(repository, 'add', 'Shout');
	await world.untilBoard(repository, (board) => stage(board, 1) === 'done');
	const shown = await world.json<Result<'item.show'>>(repository, 'show', '1');
	expect(shown.item.runs.map(({ role, agent: name }) => [role, name])).toEqual([
		['coder', 'ada'],
		['qa', 'quinn'],
		['coder', 'ada'],
		['qa', 'quinn'],
	]);
	expect(shown.item.history.map(({ event }) => event)).toEqual(
		expect.arrayContaining(['submitForQa', 'qaFailed', 'qaPassed', 'landed']),
	);
	const [, judged, again] = openers(shop, 'Shout');
	expect(judged).not.toContain('What happened with it');
	expect(again).toContain('it has to be shouting');

	const meddling = {
		Meddle: 'it changed files',
		'Meddle by commit': 'it moved HEAD',
		'Meddle by branch': 'it changed refs',
	};
	for (const [at, [title, words]] of Object.entries(meddling).entries()) {
		await world.ok(repository, 'add', title);
		await world.untilBoard(repository, (board) => stage(board, at + 2) === 'done');
		expect(openers(shop, `${title}\n`).at(-1)).toContain(`counted for nothing: ${words}`);
	}

	await world.ok(repository, 'add', 'Ask');
	const board = await world.untilBoard(repository, (now) => stage(now, 5) === 'reviewHold');
	expect(board.items.find(({ number }) => number === 5)?.waitsBecause).toContain('a matter of taste');
}, 180_000);

it('[I11] lets a research agent look before tries four and five, and asks a person after the fifth', async () => {
	await using shop = await openAgentShop({
		files: {
			'a.txt': 'a\n',
			'check.sh': '#!/bin/sh\ngrep -q "^a$" a.txt || { echo "no good: $(cat a.txt)"; exit 1; }\n',
		},
		// Main passes, and nothing that is tried.
		gates: ['check=./check.sh'],
		settings: `[[agent]]
name = "ada"
runtime = "claude-code"

[[agent]]
name = "rhea"
role = "research"
runtime = "claude-code"`,
		// What the first one has found out does not count: it changed a file.
		agent: `if asked 'Find out why'; then echo "the moon is full ($count)" > "$GANGLINE_ANSWER"; [ $count -gt 4 ] || echo mine > a.txt; else echo "try $count" > a.txt; save "Try $count"; fi`,
	});
	const { world, repository } = shop;
	await world.ok(repository, 'add', 'Never good');
	const board = await world.untilBoard(repository, (now) => now.items[0]?.stage === 'blocked', 120);
	expect(board.items[0]?.waitsBecause).toContain('5 reworks failed (cap 5)');
	const kinds = shop.prompts().map((prompt) => (prompt.includes('Find out why') ? 'research' : 'try'));
	expect(kinds).toEqual(['try', 'try', 'try', 'research', 'try', 'research', 'try']);
	for (const at of [2, 4]) expect(shop.prompts()[at]).not.toContain('looked into it before you');
	expect(shop.prompts()[6]).toContain('the moon is full (5)');
	const { item } = await world.json<Result<'item.show'>>(repository, 'show', '1');
	// Five tries, and each wrote the same file: that is what going round in circles looks like.
	expect(item.work).toMatchObject({
		...{ runs: 5, silent: 0, filesTotal: 1, inputTokens: 21_000 },
		by: [{ role: 'coder', agent: 'ada', runtime: 'claude-code', runs: 5 }],
		files: [{ path: 'a.txt', edits: 5, runs: 5 }],
		thrash: [{ path: 'a.txt', edits: 5, runs: 5 }],
	});
	expect(await world.ok(repository, 'show', '1')).toMatch(
		/ada \(coder, claude-code\): 5 runs.*\n.*edited a\.txt 5 times\n.*again and again: a\.txt in 5 runs/,
	);
	const fourth = item.runs[3]?.run ?? '';
	expect(await world.ok(repository, 'logs', '1', '--run', fourth)).toContain('no analysis: it changed files');
}, 180_000);
