/**
 * A real agent that speaks ACP behind the `gangline` command, without network: an item goes from the backlog to main, and
 * the model refuses to go on (which fails the item) unless it was told all that it must be told.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { type AgentClis, installAgentClis } from '../support/agent-clis.ts';
import { startModelServer } from '../support/model-server.ts';
import {
	type AgentKind,
	agentWorld,
	commit,
	installMsMax,
	itemOf,
	once,
	openShop,
	scripted,
	sumAsTold,
	twoNumbers,
} from '../support/real-agents.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
const helper: AgentKind = {
	...{ name: 'helper', runtime: 'acp' },
	settings: 'command = ["claude-agent-acp"]\n',
};
let clis: AgentClis;
beforeAll(async () => {
	if (all) clis = await installAgentClis();
}, installMsMax);

describe.skipIf(!all)('a real agent over ACP (scripts/test --all)', () => {
	it('[I3] [I9] works on items from the backlog to main, told what failed and what a person said', async () => {
		await using model = await startModelServer(
			scripted({
				[twoNumbers.title]: sumAsTold(),
				'Ask first': once(() => commit('curl -s http://127.0.0.1:9/; echo x > asked.txt')),
			}),
		);
		await using world = agentWorld(clis, model);
		const repository = await openShop(world, helper);
		await world.ok(repository, 'add', twoNumbers.title, '--description', twoNumbers.description);
		await world.ok(repository, 'add', 'Ask first');
		await world.untilBoard(repository, (now) => itemOf(now, 2).needsYou?.startsWith('gangline answer 2') ?? false, 180);
		expect(await world.ok(repository, 'answer', '2', 'allow')).toMatch(/allowed: \w+ curl/);
		const board = await world.untilBoard(
			repository,
			(now) => [1, 2].every((number) => itemOf(now, number).stage === 'reviewHold'),
			180,
		);
		expect(itemOf(board, 1).costUsd).toBeGreaterThan(0);
		const { item } = await world.json<Result<'item.show'>>(repository, 'show', '1');
		expect(item.tries).toMatchObject({ reworks: 1 });
		expect(model.prompts(twoNumbers.title)).toHaveLength(2);

		await world.ok(repository, 'diff', '1');
		await world.ok(repository, 'reject', '1', twoNumbers.asked);
		// Only a session that was told so writes the space.
		await world.untilBoard(
			repository,
			(now) => itemOf(now, 1).stage === 'reviewHold' && model.prompts(twoNumbers.asked).length === 1,
			180,
		);
		for (const number of ['1', '2']) {
			await world.ok(repository, 'diff', number, '--stat');
			await world.ok(repository, 'approve', number);
		}
		await world.untilBoard(repository, ({ items }) => items.every(({ stage }) => stage === 'done'));
		await world.untilForwarded(repository);
		expect(readFileSync(join(repository, 'sum.sh'), 'utf8')).toContain('$1 + $2');
		expect(readFileSync(join(repository, 'asked.txt'), 'utf8')).toBe('x\n');
	}, 400_000);
});
