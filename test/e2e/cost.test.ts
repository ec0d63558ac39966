/** Money through the whole system: what a session cost, a budget that stops, and what people are told. */
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { openAgentShop } from '../support/agent-shop.ts';

it('stops an item at its budget, says so, and adds up what was spent', async () => {
	await using shop = await openAgentShop({
		files: { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ngrep -q "^a$" a.txt || { echo no good; exit 1; }\n' },
		gates: ['check=./check.sh'],
		settings: '[[agent]]\nname = "ada"\nruntime = "claude-code"\nmax_cost_usd = 1\n',
		agent: 'spend 0.8; echo "try $count" > a.txt; save "Try $count"',
		before: async (world, repository) => {
			const { readFileSync, writeFileSync } = await import('node:fs');
			const file = `${repository}/.gangline/project.toml`;
			writeFileSync(file, readFileSync(file, 'utf8').replace('[budget]', '[budget]\nitem_usd = 1.7\nday_usd = 100'));
			world.git(repository, 'commit', '-q', '-am', 'Set a budget');
		},
	});
	const { world, repository } = shop;
	await world.ok(repository, 'add', 'Spend');
	const board = await world.untilBoard(repository, (now) => now.items[0]?.stage === 'blocked', 90);
	expect(board.items[0]?.waitsBecause).toContain('the budget for this item is used up: $1.60 spent of $1.70');
	expect(board.costUsd).toBeCloseTo(1.6);
	const cost = await world.json<Result<'project.cost'>>(repository, 'cost');
	expect(cost.total).toMatchObject({ costUsd: 1.6, inputTokens: 6000, runs: 2 });
	expect(cost.items).toMatchObject([{ name: '#1', title: 'Spend', costUsd: 1.6 }]);
	expect(cost.budgets).toEqual([{ budget: 'day_usd', limitUsd: 100, spentUsd: 1.6, promisedUsd: 0 }]);
	expect(await world.ok(repository, 'cost')).toMatch(/\$1\.60 in 2 runs[\s\S]*day_usd: \$1\.60 of \$100\.00/);
}, 120_000);
