/**
 * The node is killed with SIGKILL while an agent that only looks is in the middle of its session. Started again it goes
 * on with that session in its clone; one answer counts, what it used counts once, and nothing stays behind.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Board, Result } from '../../shared/operations/index.ts';
import { type AgentShop, openAgentShop } from '../support/agent-shop.ts';

const agents = (role: 'qa' | 'research'): string => `[[agent]]
name = "ada"
runtime = "claude-code"

[[agent]]
name = "quinn"
role = "${role}"
runtime = "claude-code"`;

/** Who looks hangs at first, beside a file of its own in the clone; who is gone on with finds that, and answers. */
const looks = (answer: string): string => `
	case "$*" in
	*--resume*) test -e build/mine && [ "$(pwd)" = "$(cat "$HOME/looks")" ] && spend 0.25 && ${answer} ;;
	*) mkdir -p build && : > build/mine && pwd > "$HOME/looks.new" && mv "$HOME/looks.new" "$HOME/looks"; exec sleep 600 ;;
	esac`;

/** Resolves when somebody looks and the node, killed then, is up again. */
async function killWhileLooking({ world, repository }: AgentShop): Promise<void> {
	const file = join(world.home, 'looks');
	await expect.poll(() => existsSync(file), { timeout: 120_000 }).toBe(true);
	process.kill(world.pid() ?? 0, 'SIGKILL');
	await world.ok(repository, 'start');
}

const stageOf = ({ items }: Board): string | undefined => items[0]?.stage;

it('[I5] [I6] [I11] a QA session is gone on with after the node was killed', async () => {
	await using shop = await openAgentShop({
		files: { 'a.txt': 'a\n', '.gitignore': 'build/\n', 'check.sh': '#!/bin/sh\ntrue\n' },
		gates: ['check=./check.sh'],
		settings: agents('qa'),
		agent: `if asked GANGLINE_ANSWER; then ${looks(`printf '{"verdict":"pass","summary":"fine"}' > "$GANGLINE_ANSWER"`)}
else echo b > a.txt; save "Write a"; spend 0.5; fi`,
		before: async (world, repository) => {
			const file = join(repository, '.gangline', 'project.toml');
			writeFileSync(file, readFileSync(file, 'utf8').replace('mode = "human"', 'mode = "agent"'));
			world.git(repository, 'commit', '-q', '-am', 'Let QA decide');
		},
	});
	const { world, repository } = shop;
	await world.ok(repository, 'add', 'Look at it');
	await killWhileLooking(shop);
	const board = await world.untilBoard(repository, (now) => stageOf(now) === 'done', 120);
	expect(shop.prompts()[2]).toContain('You were interrupted while you looked at item 1');
	expect(shop.prompts()).toHaveLength(3);
	expect(board.items[0]?.costUsd).toBeCloseTo(0.75);
	const { item } = await world.json<Result<'item.show'>>(repository, 'show', '1');
	expect(item.history.filter(({ event }) => event === 'qaPassed')).toHaveLength(1);
	const left = readdirSync(world.state, { recursive: true, encoding: 'utf8' });
	expect(left.filter((name) => name.includes('.look'))).toEqual([]);
}, 240_000);

it('[I11] a research session is gone on with after the node was killed, and its words reach the coder', async () => {
	await using shop = await openAgentShop({
		files: {
			'a.txt': 'a\n',
			'.gitignore': 'build/\n',
			'check.sh': '#!/bin/sh\ngrep -q "^[ab]$" a.txt || { echo "no good: $(cat a.txt)"; exit 1; }\n',
		},
		gates: ['check=./check.sh'],
		settings: agents('research'),
		agent: `if asked GANGLINE_ANSWER; then ${looks('echo "the moon is full" > "$GANGLINE_ANSWER"')}
elif asked 'the moon is full'; then echo b > a.txt; save good
else echo "try $count" > a.txt; save "Try $count"; fi`,
	});
	const { world, repository } = shop;
	await world.ok(repository, 'add', 'Never good');
	await killWhileLooking(shop);
	const board = await world.untilBoard(repository, (now) => stageOf(now) === 'reviewHold', 120);
	const [, , , looked, again, coder] = shop.prompts();
	expect(looked).toContain('Find out why');
	expect(again).toContain('You were interrupted while you looked at item 1');
	expect(coder).toContain('the moon is full');
	expect(shop.prompts()).toHaveLength(6);
	expect(board.items[0]?.costUsd).toBeCloseTo(0.25);
}, 240_000);
