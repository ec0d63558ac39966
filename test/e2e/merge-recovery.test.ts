/**
 * What happens when the landing of an item fails, by kind: a conflict goes to a mergemaster in the item's own clone, red
 * gates on what main would be go to a coder with their output, and both land then.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Board, Result } from '../../shared/operations/index.ts';
import { type AgentShop, openAgentShop } from '../support/agent-shop.ts';

const settings = `[[agent]]
name = "ada"
runtime = "claude-code"

[[agent]]
name = "merle"
role = "mergemaster"
runtime = "claude-code"`;

/**
 * `meet`: both are at work before either is done, so that both begin at the same main. `merge`: what the prompt says main is.
 */
const together = `merge() { git merge -q "$(printf '%s' "$PROMPT" | sed -n 's/.*main, which is commit \\([0-9a-f]*\\).*/\\1/p')"; }
meet() { echo x >> "$HOME/met"; until [ "$(wc -l < "$HOME/met")" -ge 2 ]; do sleep 0.05; done; }`;

const landed = (board: Board): number => board.items.filter(({ stage }) => stage === 'done').length;

async function rolesOf({ world, repository }: AgentShop, number: number): Promise<readonly string[]> {
	const { item } = await world.json<Result<'item.show'>>(repository, 'show', `${number}`);
	return item.runs.map(({ role, agent }) => `${role} ${agent}`);
}

it('[I2] [I9] lets a mergemaster resolve a conflict, and lands what it made of both', async () => {
	await using shop = await openAgentShop({
		files: { 'a.txt': 'begin\n', 'check.sh': '#!/bin/sh\ngrep -q begin *.txt\n' },
		review: 'server',
		gates: ['check=./check.sh'],
		settings,
		env: { GANGLINE_SLOTS: '2' },
		agent: `${together}
if asked 'does not go together'; then merge; printf 'begin\\none\\ntwo\\n' > a.txt
elif asked 'Say one'; then meet; echo one >> a.txt
else meet; echo two >> a.txt; fi
save 'Write a'`,
	});
	const { world, repository } = shop;
	for (const title of ['Say one', 'Say two']) await world.ok(repository, 'add', title);
	const board = await world.untilBoard(repository, (now) => landed(now) === 2 && now.distance.checkout?.behind === 0);
	expect(readFileSync(join(repository, 'a.txt'), 'utf8')).toBe('begin\none\ntwo\n');
	const roles = await Promise.all(board.items.map(({ number }) => rolesOf(shop, number ?? 0)));
	expect(roles.toSorted((a, b) => a.length - b.length)).toEqual([['coder ada'], ['coder ada', 'mergemaster merle']]);
	expect(shop.prompts().filter((prompt) => prompt.includes('does not go together'))).toEqual([
		expect.stringContaining('a.txt'),
	]);
}, 120_000);

it('[I2] [I9] sends what is green alone and red on main back to its coder, with what the gate said', async () => {
	const check =
		'#!/bin/sh\nlines=$(cat *.txt | wc -l)\n[ "$lines" -le 2 ] || { echo "$lines lines are too many"; exit 1; }\n';
	await using shop = await openAgentShop({
		files: { 'a.txt': 'begin\n', 'check.sh': check },
		review: 'server',
		gates: ['check=./check.sh'],
		settings,
		env: { GANGLINE_SLOTS: '2' },
		agent: `${together}
if asked '3 lines are too many'; then merge; all=$(echo $(cat *.txt)); git rm -qf *.txt; echo "$all" > all.txt
elif asked 'Say one'; then meet; echo one > one.txt
else meet; echo two > two.txt; fi
save 'Write it'`,
	});
	const { world, repository } = shop;
	for (const title of ['Say one', 'Say two']) await world.ok(repository, 'add', title);
	const board = await world.untilBoard(repository, (now) => landed(now) === 2 && now.distance.checkout?.behind === 0);
	const roles = await Promise.all(board.items.map(({ number }) => rolesOf(shop, number ?? 0)));
	expect(roles.toSorted((a, b) => a.length - b.length)).toEqual([['coder ada'], ['coder ada', 'coder ada']]);
	expect(readFileSync(join(repository, 'all.txt'), 'utf8').trim().split(' ').toSorted()).toEqual([
		'begin',
		'one',
		'two',
	]);
}, 120_000);
