/**
 * The real `claude` and `codex` programs behind the `gangline` command, without network: the model is a server of this
 * test. What the agent was told, what came of what it did, and what is left of it when it is stopped.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { type AgentClis, installAgentClis } from '../support/agent-clis.ts';
import { startModelServer, type Turn } from '../support/model-server.ts';
import {
	type AgentKind,
	agentWorld,
	commit,
	done,
	endpoint,
	installMsMax,
	itemOf,
	once,
	openShop,
	run,
	scripted,
	sumAsTold,
	twoNumbers,
} from '../support/real-agents.ts';
import { makeWorld, type World } from '../support/world.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
/** Half a minute on a machine with nothing else to do. */
const demoMsMax = 220_000;

interface Kind extends AgentKind {
	readonly name: 'claude' | 'codex';
	/** Whether the program tells what a session cost. */
	readonly pricesIt: boolean;
}

const kinds: readonly Kind[] = [
	{ name: 'claude', runtime: 'claude-code', pricesIt: true, settings: 'max_cost_usd = 2.0\n' },
	// A provider of one's own: the name of its key stands in the project file, the key in the environment.
	{ name: 'codex', runtime: 'codex', pricesIt: false, settings: 'env = ["MOCK_PROVIDER_KEY"]\n' },
];

let clis: AgentClis;
beforeAll(async () => {
	if (all) clis = await installAgentClis();
}, installMsMax);

/** Found on the way, and handed over with the tools of its session. */
const split: Turn = {
	...{ kind: 'use', tool: 'add_item' },
	input: { title: 'Paint the door', description: 'It was found on the way.', hold: true },
};

const resetAfterMs = 3_000;

/** Both services say a rejecting limit and when it ends, each in its own way. */
function limited(): Turn {
	const resetAt = String(Math.ceil((Date.now() + resetAfterMs) / 1000));
	return {
		kind: 'fail',
		status: 429,
		error: { type: 'usage_limit_reached', plan_type: 'pro', resets_at: Number(resetAt) },
		headers: {
			'retry-after': '3600',
			'anthropic-ratelimit-unified-status': 'rejected',
			'anthropic-ratelimit-unified-reset': resetAt,
			'anthropic-ratelimit-unified-representative-claim': 'five_hour',
			'x-codex-primary-used-percent': '100',
			'x-codex-primary-window-minutes': '300',
			'x-codex-primary-reset-at': resetAt,
		},
	};
}

/** Command lines of all living processes. */
function commandLines(): readonly string[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map((pid) => {
			try {
				return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
			} catch {
				return '';
			}
		});
}

describe.skipIf(!all).each(kinds)('the real $name program (scripts/test --all)', (kind) => {
	it('[I3] [I9] works on items from the backlog to main, told what failed and what a person said', async () => {
		let limits = 0;
		await using model = await startModelServer(
			scripted({
				[twoNumbers.title]: sumAsTold(),
				'Forget to commit': once(({ prompt }) =>
					prompt.includes('not committed') ? commit('true') : run('echo note > notes.txt'),
				),
				'Claim the credit': ({ prompt, results }) =>
					(prompt.includes('without changing anything') && [split, commit('echo x > credit.txt')][results.length]) ||
					done,
				'Come back later': once(() => {
					limits += 1;
					return limits === 1 ? limited() : commit('echo x > later.txt');
				}),
				'Be a stranger': () => ({ kind: 'fail', status: 401 }),
			}),
		);
		await using world = agentWorld(clis, model);
		const repository = await openShop(world, kind);
		const titles = [twoNumbers.title, 'Forget to commit', 'Claim the credit', 'Come back later', 'Be a stranger'];
		// All of them are there, and have their numbers, before an agent adds one.
		await world.ok(repository, 'pause');
		for (const title of titles) {
			await world.ok(repository, 'add', title, '--description', twoNumbers.description);
		}
		await world.ok(repository, 'resume');

		const board = await world.untilBoard(
			repository,
			(now) => [1, 2, 3].every((n) => itemOf(now, n).stage === 'reviewHold') && itemOf(now, 5).stage === 'blocked',
			120,
		);
		const tries = async (number: number) =>
			(await world.json<Result<'item.show'>>(repository, 'show', `${number}`)).item.tries;

		expect(model.prompts(twoNumbers.title)).toHaveLength(2);
		expect(await tries(1)).toMatchObject({ reworks: 1 });

		expect(model.prompts('Forget to commit')).toHaveLength(2);
		expect(await tries(2)).toMatchObject({ reworks: 0 });
		expect(model.prompts('Claim the credit')).toHaveLength(2);
		expect(await tries(3)).toMatchObject({ reworks: 1 });

		expect(itemOf(board, 5).waitsBecause).toContain(`gangline agent login ${kind.name}`);
		expect(await tries(5)).toMatchObject({ reworks: 0 });
		if (kind.pricesIt) {
			expect(itemOf(board, 1).costUsd).toBeGreaterThan(0);
			expect(await world.ok(repository, 'status')).toMatch(/spent so far: \$\d/);
		}

		// With the tools of its session, under its own name.
		const paint = (await world.json<Result<'item.show'>>(repository, 'show', '6')).item;
		expect(paint).toMatchObject({ title: 'Paint the door', stage: 'backlog', held: true });
		expect(paint.origin).toEqual({ by: 'agent', who: `${kind.name} of #3` });
		expect(paint.description).toBe('It was found on the way.');

		await world.ok(repository, 'diff', '1');
		await world.ok(repository, 'reject', '1', twoNumbers.asked);
		const isThird = () => model.prompts(twoNumbers.title).length === 3;
		await world.untilBoard(repository, (now) => itemOf(now, 1).stage === 'reviewHold' && isThird());
		const third = model.prompts(twoNumbers.title)[2] ?? '';
		expect(third).toContain('its commits are on this branch');

		await world.untilBoard(repository, (now) => itemOf(now, 4).stage === 'reviewHold');
		const [before, after] = model.begun('Come back later');
		expect((after?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThanOrEqual(resetAfterMs);
		expect(await tries(4)).toMatchObject({ reworks: 0 });
		expect(await world.ok(repository, 'log', '4')).toContain("the agent's account is limited until");
		for (const number of [1, 2, 3, 4]) {
			await world.ok(repository, 'diff', String(number), '--stat');
			await world.ok(repository, 'approve', String(number));
		}
		await world.untilBoard(
			repository,
			({ items, distance }) =>
				items.filter(({ stage }) => stage === 'done').length === 4 && distance.checkout?.behind === 0,
		);
		expect(readFileSync(join(repository, 'sum.sh'), 'utf8')).toContain('$1 + $2');
		expect(readFileSync(join(repository, 'notes.txt'), 'utf8')).toBe('note\n');
	}, 300_000);

	it('[I5] leaves no process of an agent whose tool runs when everything is stopped', async () => {
		const mark = `gangline-tool-${kind.name}-${process.pid}`;
		const sleep = `perl -e 'sleep 300' ${mark}`;
		await using model = await startModelServer((asked) =>
			asked.results.length > 0 ? { kind: 'hang' } : run(`(setsid ${sleep} &) ; (${sleep}) ; true`),
		);
		await using world = agentWorld(clis, model);
		const repository = await openShop(world, kind, 'permissions = "all"\n');
		await world.ok(repository, 'add', 'Never come back');
		await expect
			.poll(() => commandLines().filter((line) => line.startsWith(`perl -e sleep 300 ${mark}`)).length, {
				timeout: 30_000,
			})
			.toBe(2);
		const program = new RegExp(`gangline-test-agents/.*/${kind.name} (-p|exec) `);
		expect(
			commandLines().filter((line) => program.test(line) && !/^\S*(sh|unshare|setpriv|perl|node) /.test(line)),
		).toHaveLength(1);
		await world.ok(repository, 'pause', '--kill');
		expect(commandLines().filter((line) => line.includes(mark) || program.test(line))).toEqual([]);
	});

	it('is found by doctor, with its version and its login, and named where it lacks one', async () => {
		await using model = await startModelServer(() => done);
		await using world = agentWorld(clis, model);
		const repository = await openShop(world, kind);
		const agents = async (at: World): Promise<{ status: string; says: string; fix?: string }> => {
			const { stdout } = await at.gangline(repository, 'doctor', '--json');
			const found = (JSON.parse(stdout) as { checks: { id: string; status: string; says: string; fix?: string }[] })
				.checks;
			return found.find(({ id }) => id === 'agents') ?? { status: 'missing', says: stdout };
		};
		expect(await agents(world)).toMatchObject({ status: 'ok', says: expect.stringMatching(/\d+\.\d+\.\d+/) });
		const before = model.asked.length;
		const proof = await world.gangline(repository, 'doctor', '--agents');
		expect(proof.stdout).toContain(`${kind.name} answered, for `);
		expect(model.asked.length - before).toBe(1);
		await using loggedOut = makeWorld({ PATH: `${clis.bin}:${process.env.PATH}` });
		expect(await agents(loggedOut)).toMatchObject({ status: 'fail', fix: `gangline agent login ${kind.name}` });
		const refused = await world.gangline(repository, 'agent', 'login', kind.name);
		const login = kind.name === 'claude' ? ['auth', 'login'] : ['login'];
		expect(refused.stderr).toContain([kind.name, ...login].join(' '));
		const help = execFileSync(kind.name, [...login, '--help'], {
			env: world.env,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		expect(help).toContain(`Usage: ${[kind.name, ...login].join(' ')}`);
	});
});

describe.skipIf(!all)('the demo with an agent (scripts/test --all)', () => {
	it('does one more item with the claude program and lands it', async () => {
		await using model = await startModelServer(
			scripted({ 'src/till': once(() => commit("ls src/till | sed 's/^/- /' >> README.md")) }),
		);
		const home = mkdtempSync(join(tmpdir(), 'gangline-demo-home-'));
		try {
			const demo = fileURLToPath(new URL('../../scripts/demo', import.meta.url));
			const env = { PATH: `${clis.bin}:${process.env.PATH}`, HOME: home, LANG: 'C.UTF-8', ...endpoint(model) };
			const { stdout: output } = await promisify(execFile)(demo, ['--agent', 'claude'], { env, timeout: demoMsMax });
			expect(output).toContain('at most 0.50 USD');
			expect(output).toMatch(/Say in README\.md which files are in src\/till/);
			expect(model.prompts('src/till')).toHaveLength(1);
		} finally {
			rmSync(home, { recursive: true, force: true, maxRetries: 5 });
		}
	}, 240_000);
});
