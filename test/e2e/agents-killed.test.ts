/**
 * The node is killed with SIGKILL while a real agent program is in the middle of a session: `claude`, `codex`, and one
 * that speaks ACP. Started again it goes on with the very session, or begins afresh where there is none any more; what
 * was used before counts, once.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { type AgentClis, installAgentClis } from '../support/agent-clis.ts';
import { type Asked, startModelServer, type Turn } from '../support/model-server.ts';
import {
	type AgentKind,
	agentWorld,
	commit,
	done,
	installMsMax,
	itemOf,
	openShop,
	run,
	scripted,
} from '../support/real-agents.ts';
import type { World } from '../support/world.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);

interface Kind extends AgentKind {
	/** Where its program keeps the records of its sessions, below the home. */
	readonly records: string;
	/** How a request to its model names the session. */
	readonly session: RegExp;
}

const ofClaude = { records: '.claude/projects', session: /session_id\W+([0-9a-f-]{36})/ };
const kinds: readonly Kind[] = [
	{ name: 'claude', runtime: 'claude-code', settings: '', ...ofClaude },
	{
		...{ name: 'codex', runtime: 'codex', records: '.codex/sessions', session: /prompt_cache_key\W+([0-9a-f-]{36})/ },
		settings:
			'env = ["MOCK_PROVIDER_KEY"]\nusd_per_million_input_tokens = 100.0\nusd_per_million_output_tokens = 100.0\n',
	},
	{ name: 'helper', runtime: 'acp', settings: 'command = ["claude-agent-acp"]\n', ...ofClaude },
];

let clis: AgentClis;
beforeAll(async () => {
	if (all) clis = await installAgentClis();
}, installMsMax);

/** Works until it has done half, and then until the node is killed. */
function twoHalves(name: string, isKilled: () => boolean): (asked: Asked) => Turn {
	const half = `echo half > ${name}-half.txt`;
	const whole = commit(`test -e ${name}-half.txt && echo whole > ${name}.txt`);
	return ({ results, prompt }) => {
		if (!isKilled()) return results.length === 0 ? run(half) : { kind: 'hang' };
		const before = prompt.includes('You were interrupted') ? 1 : 0;
		return results.length === before ? whole : done;
	};
}

/** What the program keeps of the session in which `title` was asked for. */
function recordOf(world: World, { records }: Kind, title: string): string {
	const folder = join(world.home, records);
	const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.jsonl'))
		.map((name) => join(folder, name));
	const found = files.find((file) => readFileSync(file, 'utf8').includes(title));
	if (found === undefined) throw new Error(`no record of ${title} among ${files.join(', ')}`);
	return found;
}

/** Kills what works in a folder below `folder`; answers how many there were. */
function killIn(folder: string): number {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isIn(name, folder));
	for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
	return pids.length;
}

function isIn(pid: string, folder: string): boolean {
	try {
		return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
	} catch {
		return false;
	}
}

describe.skipIf(!all).each(kinds)('a session of the real $name whose node is killed (scripts/test --all)', (kind) => {
	const sessionOf = ({ told }: Asked): string | undefined => kind.session.exec(told)?.[1];

	it('[I3] [I6] [I11] is gone on with, or begun afresh where it is not there any more, and lands once', async () => {
		let isKilled = false;
		await using model = await startModelServer(
			scripted({
				'Go on with it': twoHalves('first', () => isKilled),
				'Lose the thread': twoHalves('second', () => isKilled),
			}),
		);
		await using world = agentWorld(clis, model);
		const repository = await openShop(world, kind);
		await world.ok(repository, 'add', 'Go on with it');
		await world.ok(repository, 'add', 'Lose the thread');
		const inTheMiddle = (title: string) =>
			model.asked.filter(({ prompt, results, hasTools }) => hasTools && prompt.includes(title) && results.length > 0)
				.length;
		await expect
			.poll(() => [inTheMiddle('Go on with it'), inTheMiddle('Lose the thread')], { timeout: 180_000 })
			.toEqual([1, 1]);
		process.kill(world.pid() ?? 0, 'SIGKILL');
		isKilled = true;
		// The next node would end them; a program that is left writes its record down again, and its cost, or does not.
		await expect.poll(() => killIn(world.folder)).toBe(0);
		rmSync(recordOf(world, kind, 'Lose the thread'));
		await world.ok(repository, 'start');
		const board = await world.untilBoard(
			repository,
			(now) => [1, 2].every((number) => itemOf(now, number).stage === 'reviewHold'),
			180,
		);
		// What a program asks for itself, such as what a person might say next, is no turn of the agent.
		const told = (title: string) =>
			model.asked.filter(({ prompt, hasTools }) => hasTools && prompt.includes(title) && !/suggest/i.test(prompt));
		const [begun, half, ...resumed] = told('Go on with it');
		// With all that it had done before.
		expect(resumed.map((asked) => [sessionOf(asked), asked.results.length])).toEqual([
			[sessionOf(begun as Asked), half?.results.length],
			[sessionOf(begun as Asked), 2],
		]);
		const [lost, , ...afresh] = told('Lose the thread');
		expect(afresh.map(({ prompt, results }) => [prompt.includes('You were interrupted'), results.length])).toEqual([
			[false, 0],
			[false, 1],
		]);
		expect(new Set(afresh.map(sessionOf))).not.toContain(sessionOf(lost as Asked));
		expect(await world.ok(repository, 'logs', '2')).toContain('the session could not be resumed: begins afresh');
		// Three requests of the one were answered, and two of the other's session that is known to its program; one that
		// was answered in part, or that a program asks by itself, may count. What was before the end counts, and not twice.
		const ratio = itemOf(board, 1).costUsd / itemOf(board, 2).costUsd;
		expect(ratio).toBeGreaterThan(1.2);
		expect(ratio).toBeLessThan(2.2);
		for (const number of ['1', '2']) {
			await world.ok(repository, 'diff', number, '--stat');
			await world.ok(repository, 'approve', number);
		}
		await world.untilBoard(repository, ({ items }) => items.every(({ stage }) => stage === 'done'));
		await world.untilForwarded(repository);
		const { entries } = await world.json<Result<'item.history'>>(repository, 'log', '1');
		expect(entries.filter(({ event }) => event === 'grant')).toHaveLength(2);
		const landed = world.git(repository, 'log', '--format=%s').split('\n');
		expect(landed.filter((subject) => subject.includes('Go on with it'))).toHaveLength(1);
	}, 400_000);
});
