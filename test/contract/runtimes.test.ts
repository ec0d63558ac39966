/**
 * What every runtime must do, shown with its real program against a model of this test: tell its life in typed events,
 * be told, asked and stopped, go on after any end, and say in types why it failed. A new runtime gets a line in `kindOf`
 * and passes this file (CONTRIBUTING.md).
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AgentSettings, decideUnasked, runtimePrograms, type SessionEnd } from '../../node/agents/index.ts';
import { createApi } from '../../shared/http/index.ts';
import { runTool } from '../../shared/mcp/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { type AgentClis, installAgentClis } from '../support/agent-clis.ts';
import { type Asked, startModelServer, type Turn } from '../support/model-server.ts';
import { tokensPerRequest } from '../support/model-streams.ts';
import { makeRuntimeBench, type Started } from '../support/runtime-bench.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
const installMsMax = 500_000;
const testMsMax = 120_000;

interface Kind {
	/** It asks a model, tells its life as it goes and can go on with a session; the others run what the item says. */
	readonly speaks: boolean;
	/** It hears what is said while it runs; the others are stopped and resumed. */
	readonly hears: boolean;
	readonly asks: boolean;
	readonly pricesIt: boolean;
	/** Requests of its own beside the session's: titles, suggestions. */
	readonly chats: boolean;
}

/** Every runtime there is: one that is added is of no type without a line here. */
const kindOf: Readonly<Record<AgentSettings['runtime'], Kind>> = {
	shell: { speaks: false, hears: false, asks: false, pricesIt: false, chats: false },
	'claude-code': { speaks: true, hears: true, asks: true, pricesIt: true, chats: false },
	codex: { speaks: true, hears: false, asks: false, pricesIt: false, chats: false },
	acp: { speaks: true, hears: true, asks: true, pricesIt: true, chats: true },
};
const kinds = (Object.keys(kindOf) as AgentSettings['runtime'][]).map((runtime) => ({ runtime, ...kindOf[runtime] }));

let clis: AgentClis = { bin: '', acpEnv: {} };
beforeAll(async () => {
	if (all) clis = await installAgentClis();
}, installMsMax);

const done: Turn = { kind: 'say', text: 'Done.' };
const run = (command: string): Turn => ({ kind: 'run', command });

/** The session's own requests; whatever else a client asks is answered with words. */
const worker =
	(turn: (asked: Asked) => Turn) =>
	(asked: Asked): Turn =>
		asked.prompt.includes('WORK') ? turn(asked) : { kind: 'say', text: '{"title":"x"}' };

const once = (command: string) => worker(({ results }) => (results.length > 0 ? done : run(command)));

/** What a session is told so that it runs `command`, where no model says what is run. */
const script = (command: string): string => `\`\`\`sh\n${command}\n\`\`\`\n`;

function used(events: Started['events']) {
	const all = events.flatMap((event) => (event.kind === 'usage' ? [event] : []));
	const sum = (name: 'costUsd' | 'inputTokens' | 'outputTokens') => all.reduce((total, one) => total + one[name], 0);
	return { costUsd: sum('costUsd'), inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') };
}

const counted = (events: Started['events']) =>
	events.findLast((event) => event.kind === 'usage')?.counted ?? { costUsd: 0, inputTokens: 0, outputTokens: 0 };

async function endOf({ session }: Started): Promise<SessionEnd> {
	return await session.ended;
}

/** A server with one tool, as a node has it for its agents. */
async function serveSheet() {
	const token = 'a'.repeat(64);
	const asked: unknown[] = [];
	const add = runTool({
		...{ name: 'add_item', description: 'Add an item.', readOnly: false, args: z.strictObject({ title: z.string() }) },
		call: async (args) => {
			asked.push(args);
			return 'added as #7';
		},
	});
	const api = createApi({
		...{ handlers: {}, events: { subscribe: () => () => undefined }, token: 'b'.repeat(64), person: 'ada' },
		...{ version: '0.1.0', log: new SimLog(), clock: new SystemClock() },
		tools: (given) => (given === token ? { instructions: 'Add what you find.', tools: [add] } : null),
	});
	const url = new URL('/mcp', (await api.listen({ port: 0 })).url).href;
	const server = { type: 'http', url, headers: { Authorization: `Bearer ${token}` } };
	const file = JSON.stringify({ mcpServers: { gangline: server } });
	return { url, token, file, asked, [Symbol.asyncDispose]: () => api.stop() };
}

describe.each(kinds)('the runtime $runtime (its program: scripts/test --all)', (kind) => {
	const { runtime, speaks } = kind;
	const order = (command: string): string => (speaks ? 'WORK on it' : script(command));

	it('is the one that its name says, and says what it needs', () => {
		expect(runtimePrograms[runtime].name).toBe(runtime);
		expect(runtimePrograms[runtime].reports).toBe(speaks);
	});

	/** With its program, which asks a model where there is one. */
	const runs = it.skipIf(speaks && !all);

	runs(
		'tells the life of a session in typed events, and leaves nothing',
		async () => {
			await using model = await startModelServer(once('echo out > out.txt'));
			await using bench = await makeRuntimeBench(runtime, clis, model);
			const started = bench.start(order('echo out > out.txt; echo Done.'));
			const end = await endOf(started);
			expect(end).toMatchObject({ outcome: { kind: 'finished' }, lastText: 'Done.', tree: { kind: 'empty' } });
			expect(existsSync(join(bench.clone, 'out.txt'))).toBe(true);
			const kindsSeen = started.events.map((event) => event.kind);
			expect(kindsSeen.at(-1)).toBe('exited');
			expect(await bench.processes.living()).toEqual([]);
			if (!speaks) return;
			for (const kind of ['started', 'turn', 'tool', 'text', 'usage', 'result'] as const)
				expect(kindsSeen).toContain(kind);
			expect(kindsSeen.indexOf('started')).toBeLessThan(kindsSeen.indexOf('tool'));
			expect(used(started.events)).toMatchObject({
				inputTokens: 2 * tokensPerRequest.input,
				outputTokens: 2 * tokensPerRequest.output,
			});
			expect(used(started.events).costUsd > 0).toBe(kind.pricesIt);
		},
		testMsMax,
	);

	runs(
		'has failed where its program was killed, and nothing of it lives',
		async () => {
			const command = 'perl -e "sleep 300"; true';
			await using model = await startModelServer(once(command));
			await using bench = await makeRuntimeBench(runtime, clis, model);
			const started = bench.start(order(command));
			await expect
				.poll(() => bench.processes.activity(started.runId)?.names.some((name) => name.includes('perl')), {
					timeout: 60_000,
				})
				.toBe(true);
			process.kill(started.session.pid ?? 0, 'SIGKILL');
			expect(await endOf(started)).toMatchObject({ outcome: { kind: 'forced' }, tree: { kind: 'empty' } });
		},
		testMsMax,
	);

	runs(
		'hears what is said while it works, or says that it cannot',
		async () => {
			const command = 'perl -e "sleep 2"';
			await using model = await startModelServer(once(command));
			await using bench = await makeRuntimeBench(runtime, clis, model);
			const started = bench.start(order(command));
			if (speaks) await started.seen('tool');
			expect(started.session.say('mind the gap')).toBe(kind.hears);
			expect((await endOf(started)).outcome).toMatchObject({ kind: 'finished' });
			if (!kind.hears) return;
			await expect.poll(() => model.asked.some(({ told }) => told.includes('mind the gap'))).toBe(true);
		},
		testMsMax,
	);

	runs(
		'is stopped in the middle of its work, and nothing of it lives',
		async () => {
			const command = '(setsid perl -e "sleep 300" &) ; perl -e "sleep 300"';
			await using model = await startModelServer(once(command));
			await using bench = await makeRuntimeBench(runtime, clis, model);
			const started = bench.start(order(command));
			if (speaks) await started.seen('tool');
			await expect
				.poll(() => bench.processes.activity(started.runId)?.names.some((name) => name.includes('perl')), {
					timeout: 20_000,
				})
				.toBe(true);
			const end = await started.session.stop('enough');
			expect(end).toMatchObject({ outcome: { kind: 'stopped', reason: 'enough' }, tree: { kind: 'empty' } });
			expect(await bench.processes.living()).toEqual([]);
			if (speaks && runtime !== 'acp') expect(used(started.events).inputTokens).toBe(tokensPerRequest.input);
		},
		testMsMax,
	);
});

describe.each(kinds.filter(({ speaks }) => !speaks))('the runtime $runtime, which asks no model', ({ runtime }) => {
	it('has failed where its work ends with an error, and what it said of it is told', async () => {
		await using model = await startModelServer(() => done);
		await using bench = await makeRuntimeBench(runtime, clis, model);
		const end = await endOf(bench.start(script('echo no >&2; exit 3')));
		expect(end).toMatchObject({
			outcome: { kind: 'forced', cause: 'exit', reason: 'ended with 3: no' },
			lastText: 'no',
		});
		expect(model.asked).toEqual([]);
	});
});

describe.skipIf(!all).each(kinds.filter(({ speaks }) => speaks))(
	'the runtime $runtime, which asks a model (scripts/test --all)',
	(kind) => {
		const { runtime } = kind;

		it(
			'finds the tools that it is told of, without asking for them, and gets their answers',
			async () => {
				await using desk = await serveSheet();
				const use: Turn = { kind: 'use', tool: 'add_item', input: { title: 'Sell tea' } };
				await using model = await startModelServer(worker(({ results }) => (results.length > 0 ? done : use)));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const file = join(bench.home, 'tools.json');
				writeFileSync(file, desk.file, { mode: 0o600 });
				const started = bench.start('WORK on it', undefined, { permissions: 'ask' }, { tools: { ...desk, file } });
				const end = await endOf(started);
				expect([end.outcome, started.events.filter(({ kind }) => kind === 'permission')]).toEqual([
					{ kind: 'finished' },
					[],
				]);
				expect(desk.asked).toEqual([{ title: 'Sell tea' }]);
				expect(model.asked.some(({ results }) => results.join().includes('added as #7'))).toBe(true);
			},
			testMsMax,
		);

		it(
			'goes on with a session under its id and counts nothing of it twice',
			async () => {
				await using model = await startModelServer(once('echo out > out.txt'));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const first = bench.start('WORK on it');
				const { sessionId } = await endOf(first);
				if (sessionId === null) throw new Error('it had no session');
				const second = bench.start('WORK: go on', { kind: 'resume', id: sessionId, counted: counted(first.events) });
				expect(await endOf(second)).toMatchObject({ outcome: { kind: 'finished' }, sessionId });
				expect(model.asked.some(({ prompt }) => prompt.includes('WORK on it') && prompt.includes('WORK: go on'))).toBe(
					true,
				);
				expect(used(second.events)).toMatchObject({
					inputTokens: tokensPerRequest.input,
					outputTokens: tokensPerRequest.output,
				});
				if (kind.pricesIt && !kind.chats) {
					expect(used(second.events).costUsd).toBeCloseTo(used(first.events).costUsd / 2);
				}
			},
			testMsMax,
		);

		it(
			'goes on with a session that was killed',
			async () => {
				await using model = await startModelServer(
					worker(({ prompt }) => (prompt.includes('go on') ? done : run('perl -e "sleep 300"'))),
				);
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const first = bench.start('WORK on it');
				const { sessionId } = await first.seen('started');
				await first.seen('tool');
				await expect
					.poll(() => bench.processes.activity(first.runId)?.names.some((name) => name.includes('perl')), {
						timeout: 20_000,
					})
					.toBe(true);
				process.kill(first.session.pid ?? 0, 'SIGKILL');
				expect(await endOf(first)).toMatchObject({ outcome: { kind: 'forced' }, tree: { kind: 'empty' } });
				const nothing = { costUsd: 0, inputTokens: 0, outputTokens: 0 };
				const second = bench.start('WORK: go on', { kind: 'resume', id: sessionId, counted: nothing });
				expect(await endOf(second)).toMatchObject({ outcome: { kind: 'finished' }, sessionId });
				expect(model.asked.at(-1)?.prompt ?? '').toMatch(/WORK on it|title|suggest/i);
			},
			testMsMax,
		);

		it(
			'has crashed when there is no such session to go on with',
			async () => {
				await using model = await startModelServer(worker(() => done));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const nothing = { costUsd: 0, inputTokens: 0, outputTokens: 0 };
				const id = '44444444-4444-4444-8444-444444444444';
				const end = await endOf(bench.start('WORK', { kind: 'resume', id, counted: nothing }));
				expect(end.outcome).toMatchObject({ kind: 'crashed' });
				expect(model.asked).toEqual([]);
			},
			testMsMax,
		);

		it.each([
			['401', { kind: 'fail', status: 401 }, { kind: 'forced', cause: 'login' }],
			['429', { kind: 'fail', status: 429 }, { kind: 'rateLimited' }],
			['500', { kind: 'fail', status: 500 }, { kind: 'forced', cause: 'api' }],
			['529', { kind: 'fail', status: 529 }, { kind: 'forced', cause: 'api' }],
		] as const)(
			'says in types what a service that answers %s means',
			async (_, turn, outcome) => {
				await using model = await startModelServer(worker(() => turn));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				expect((await endOf(bench.start('WORK'))).outcome).toMatchObject(outcome);
			},
			testMsMax,
		);

		it(
			'survives an answer that is cut, or says that the service failed',
			async () => {
				let cuts = 0;
				await using model = await startModelServer(
					worker(() => {
						cuts += 1;
						return cuts === 1 ? { kind: 'cut' } : done;
					}),
				);
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const { outcome } = await endOf(bench.start('WORK'));
				expect([{ kind: 'finished' }, expect.objectContaining({ kind: 'forced', cause: 'api' })]).toContainEqual(
					outcome,
				);
			},
			testMsMax,
		);

		it(
			'says that the service failed when it breaks off its answer because it is overloaded',
			async () => {
				await using model = await startModelServer(worker(() => ({ kind: 'overloaded' })));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				expect((await endOf(bench.start('WORK'))).outcome).toMatchObject({ kind: 'forced', cause: 'api' });
				expect(model.asked.length).toBeGreaterThan(0);
			},
			testMsMax,
		);
	},
);

describe.skipIf(!all).each(kinds.filter(({ asks }) => asks))(
	'the runtime $runtime, which asks before it does (scripts/test --all)',
	({ runtime }) => {
		it(
			'is refused at the write what its judge refuses, and does the rest without being asked',
			async () => {
				const turns = [run('echo x > out.txt; curl -s http://127.0.0.1:9/'), run('echo y > $TMPDIR/y.txt; uname -a')];
				await using model = await startModelServer(worker(({ results }) => turns[results.length] ?? done));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const guard = { clone: bench.clone, tmp: bench.tmp, looksOnly: true };
				const started = bench.start('WORK on it', undefined, {}, { judge: (ask) => decideUnasked(ask, guard) });
				expect((await endOf(started)).outcome).toEqual({ kind: 'finished' });
				expect(existsSync(join(bench.clone, 'out.txt'))).toBe(false);
				expect(existsSync(join(bench.tmp, 'y.txt'))).toBe(true);
				// ACP has no words for a refusal.
				if (runtime === 'acp') return;
				expect(model.asked.some(({ results }) => results.join().includes('only looks'))).toBe(true);
			},
			testMsMax,
		);

		it.each(['allow', 'deny'] as const)(
			'asks, and %s is what happens',
			async (kindOf) => {
				await using model = await startModelServer(once('echo x > asked.txt; curl http://127.0.0.1:9/'));
				await using bench = await makeRuntimeBench(runtime, clis, model);
				const started = bench.start('WORK on it', undefined, { permissions: 'ask' });
				const { id, ask } = await started.seen('permission');
				expect(ask).toMatchObject({
					what: { kind: 'command', command: 'echo x > asked.txt; curl http://127.0.0.1:9/' },
				});
				expect(started.session.answer('another', { kind: 'allow' })).toBe(false);
				const decision = kindOf === 'allow' ? ({ kind: 'allow' } as const) : ({ kind: 'deny', message: 'no' } as const);
				expect(started.session.answer(id, decision)).toBe(true);
				expect(started.session.answer(id, decision)).toBe(false);
				await endOf(started);
				expect(existsSync(join(bench.clone, 'asked.txt'))).toBe(kindOf === 'allow');
			},
			testMsMax,
		);
	},
);
