/** Limits, silence and endings of a session, on the twins: no time passes. */
import { describe, expect, test } from 'vitest';
import {
	type AgentEvent,
	type AgentSettings,
	createRuntime,
	runtimePrograms,
	type SessionEnd,
} from '../../../node/agents/index.ts';
import { SimClock, SimMachine, SimProcesses, type SimProgram } from '../../../shared/ports/sim/index.ts';

const init = '{"type":"system","subtype":"init","session_id":"s1"}\n';
const done =
	'{"type":"result","subtype":"success","is_error":false,"total_cost_usd":0.5,"usage":{"input_tokens":1,"output_tokens":2}}\n';
const turn = (id: number) => `{"type":"assistant","message":{"id":"m${id}","model":"x","content":[]}}\n`;

async function play(
	program: SimProgram,
	settings: Partial<AgentSettings> = {},
	prepare?: (machine: SimMachine) => void,
	runtimeProgram: Parameters<typeof createRuntime>[0] = runtimePrograms['claude-code'],
) {
	const clock = new SimClock();
	const machine = new SimMachine(clock, { claude: program, codex: program });
	prepare?.(machine);
	const processes = new SimProcesses(machine);
	const runtime = createRuntime(runtimeProgram, {
		processes,
		clock,
		isRoot: false,
		shellPath: '/bin/sh',
		programFor: (name) => name,
	});
	const events: AgentEvent[] = [];
	let logged = '';
	const session = runtime.start({
		runId: 'run',
		agent: {
			...{
				runtime: 'claude-code',
				permissions: 'all',
				allow: [],
				max_turns: 3,
				timeout_seconds: 100,
				silence_seconds: 10,
				env: [],
			},
			...settings,
		},
		session: { kind: 'new', id: 'fresh' },
		prompt: 'p',
		description: '',
		cwd: '/',
		tmp: '/tmp',
		env: {},
		confinement: { hidden: [], readOnly: [], writable: [] },
		onEvent: (event) => events.push(event),
		onLog: (_, text) => {
			logged += text;
		},
	});
	let end: SessionEnd | undefined;
	void session.ended.then((value) => {
		end = value;
	});
	const drive = async (): Promise<SessionEnd> => {
		for (let second = 0; second < 100_000 && !end; second++) await clock.advance(1_000);
		if (!end) throw new Error('it did not end');
		return end;
	};
	return { drive, session, clock, events, processes, logged: () => logged };
}

const talk =
	(...lines: string[]): SimProgram =>
	async (run) => {
		for (const line of lines) run.say('stdout', line);
		return 0;
	};

const hang =
	(...lines: string[]): SimProgram =>
	async (run) => {
		for (const line of lines) run.say('stdout', line);
		while (!run.term.aborted) await run.pause(1_000_000);
		return 143;
	};

describe('a session', () => {
	test('tells typed events in order and ends with the exit', async () => {
		const { drive, events } = await play(talk(init, turn(1), done));
		const end = await drive();
		expect(end).toMatchObject({
			outcome: { kind: 'finished' },
			usage: { costUsd: 0.5, inputTokens: 1, outputTokens: 2 },
			sessionId: 's1',
			tree: { kind: 'empty' },
		});
		expect(events.map(({ kind }) => kind)).toEqual(['started', 'turn', 'usage', 'result', 'exited']);
	});

	test('reads lines that come in pieces, and counts what it cannot read', async () => {
		const text = `${init}no json\n{"a":1}\n${done}`;
		const { drive, logged } = await play(talk(...[...text]));
		expect(await drive()).toMatchObject({ outcome: { kind: 'finished' }, garbageLines: 2 });
		expect(logged()).toContain('no json');
	});

	test('[I15] drops a line beyond the bound and goes on', async () => {
		const { drive } = await play(talk(init, 'x'.repeat(700_000), 'x'.repeat(700_000), '\n', done));
		expect(await drive()).toMatchObject({ outcome: { kind: 'finished' }, garbageLines: 1 });
	});

	test('is ended for silence, and any output breaks it', async () => {
		const { drive, clock } = await play(hang(init));
		expect(await drive()).toMatchObject({ outcome: { kind: 'inactive' } });
		expect(clock.monotonic()).toBeLessThan(60_000);
		const chatty: SimProgram = async (run) => {
			run.say('stdout', init);
			for (let i = 0; i < 9; i++) {
				await run.pause(9_000);
				run.say('stderr', 'still here\n');
			}
			run.say('stdout', done);
			return 0;
		};
		expect(await (await play(chatty)).drive()).toMatchObject({ outcome: { kind: 'finished' } });
	});

	test('is not ended for a silence that the account makes it keep', async () => {
		const waits: SimProgram = async (run) => {
			run.say('stdout', init);
			const until = Math.floor(1_750_000_000_000 / 1000) + 60;
			run.say('stdout', `{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":${until}}}\n`);
			await run.pause(62_000);
			run.say('stdout', done);
			return 0;
		};
		expect(await (await play(waits)).drive()).toMatchObject({ outcome: { kind: 'finished' } });
	});

	test.each([
		['turns', hang(init, turn(1), turn(2), turn(3), turn(4)), {}],
		['cost', hang(init, done), { max_cost_usd: 0.4 }],
		['time', hang(init), { silence_seconds: 1000 }],
	] as const)('is ended when it goes over its limit of %s', async (which, program, settings) => {
		expect(await (await play(program, settings)).drive()).toMatchObject({ outcome: { kind: 'overBudget', which } });
	});

	test('[I5] is stopped with what it left behind before it counts as over', async () => {
		const leaving: SimProgram = async (run) => {
			run.say('stdout', init);
			run.leaveBehind(3);
			while (!run.term.aborted) await run.pause(1_000_000);
			return 0;
		};
		const { session, drive, processes } = await play(leaving, { silence_seconds: 1000 });
		void session.stop('frozen');
		expect(await drive()).toMatchObject({ outcome: { kind: 'stopped', reason: 'frozen' }, tree: { kind: 'empty' } });
		expect(await processes.census('run')).toBe(0);
	});

	test('[I5] names the survivors of a tree that could not be ended', async () => {
		const { drive } = await play(talk(init, done), {}, (machine) => machine.stuck.add('run'));
		expect(await drive()).toMatchObject({ outcome: { kind: 'finished' }, tree: { kind: 'survivors', pids: [100] } });
	});

	test('has crashed when its program is not there', async () => {
		const clock = new SimClock();
		const processes = new SimProcesses(new SimMachine(clock, {}));
		const runtime = createRuntime(runtimePrograms.codex, {
			processes,
			clock,
			isRoot: false,
			shellPath: '/bin/sh',
			programFor: (name) => name,
		});
		const session = runtime.start({
			runId: 'run',
			agent: {
				...{ runtime: 'codex', permissions: 'all', allow: [], max_turns: 1, timeout_seconds: 1 },
				...{ silence_seconds: 1, max_cost_usd: 1, env: [] },
			},
			session: { kind: 'new', id: 'fresh' },
			prompt: 'p',
			description: '',
			cwd: '/',
			tmp: '/tmp',
			env: {},
			confinement: { hidden: [], readOnly: [], writable: [] },
		});
		expect((await session.ended).outcome).toEqual({
			kind: 'crashed',
			reason: 'could not be started: codex: not found',
		});
		expect(clock.waiting).toBe(0);
	});
});

describe('what a session of Codex used that is broken off', () => {
	const started = '{"type":"thread.started","thread_id":"t1"}\n';
	const message = '{"type":"item.completed","item":{"type":"agent_message","text":"x"}}\n';
	const asked: string[] = [];
	const codex = {
		...runtimePrograms.codex,
		usageOf: async (id: string) => {
			asked.push(id);
			return { costUsd: 0, inputTokens: 1_000, outputTokens: 100 };
		},
	};
	const priced = { runtime: 'codex', usd_per_million_input_tokens: 10 } as const;

	test('is booked from its own record before it counts as over', async () => {
		const { drive, session, clock, events } = await play(hang(started, message), priced, undefined, codex);
		await clock.advance(1);
		void session.stop('paused');
		const usage = { costUsd: 0.01, inputTokens: 1_000, outputTokens: 100 };
		expect(await drive()).toMatchObject({ outcome: { kind: 'stopped' }, usage });
		expect(asked).toEqual(['t1']);
		expect(events.slice(-2).map(({ kind }) => kind)).toEqual(['usage', 'exited']);
	});

	test('changes nothing of how it ended, and one that told its use is not asked', async () => {
		const broke = hang(started, message, message, message, message);
		const { drive } = await play(broke, { ...priced, max_cost_usd: 0.001 }, undefined, codex);
		expect(await drive()).toMatchObject({ outcome: { kind: 'overBudget', which: 'turns' }, usage: { costUsd: 0.01 } });
		asked.length = 0;
		const told = '{"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":1}}\n';
		const { drive: whole } = await play(talk(started, message, told), priced, undefined, codex);
		expect(await whole()).toMatchObject({ outcome: { kind: 'finished' }, usage: { inputTokens: 5 } });
		expect(asked).toEqual([]);
	});
});

test('a session that told nothing by which its cost could be known says so', async () => {
	const told = (usage: string) => `{"type":"turn.completed"${usage}}\n`;
	const message =
		'{"type":"thread.started","thread_id":"t1"}\n{"type":"item.completed","item":{"type":"agent_message","text":"x"}}\n';
	const of = async (usage: string, settings: Partial<AgentSettings> = {}) =>
		(await (await play(talk(message, told(usage)), settings, undefined, runtimePrograms.codex)).drive()).isUnseen;
	const tokens = ',"usage":{"input_tokens":5,"output_tokens":1}';
	expect(await of('')).toBe(true);
	expect(await of(tokens)).toBe(true);
	expect(await of(tokens, { usd_per_million_input_tokens: 1 })).toBeUndefined();
	expect((await (await play(talk(init, turn(1), done))).drive()).isUnseen).toBeUndefined();
});

describe('words that are said late in a turn', () => {
	const untilTold = async (run: Parameters<SimProgram>[0]): Promise<void> => {
		run.say('stdout', init + turn(1));
		// Its prompt, then the words.
		await run.hear();
		await run.hear();
	};

	test('get the turn that they need, however long it thinks, and its questions can be answered', async () => {
		const asks = `{"type":"control_request","request_id":"q","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"x"}}}\n`;
		const heard: unknown[] = [];
		const program: SimProgram = async (run) => {
			await untilTold(run);
			run.say('stdout', done);
			run.say('stdout', init);
			await run.pause(8_000);
			run.say('stdout', turn(2) + asks);
			heard.push(await run.hear());
			await run.pause(8_000);
			run.say('stdout', done);
			heard.push(await run.hear());
			return run.term.aborted ? 143 : 0;
		};
		const { drive, session, clock, events } = await play(program);
		await clock.advance(1);
		expect(session.say('mind the gap')).toBe(true);
		expect(await drive()).toMatchObject({ outcome: { kind: 'finished' } });
		expect(heard).toEqual([expect.stringContaining('"behavior":"allow"'), null]);
		expect(events.filter(({ kind }) => kind === 'result')).toHaveLength(2);
		expect(events.at(-1)).toMatchObject({ status: { kind: 'code', code: 0 } });
	});

	test('that were heard in the turn itself end it soon after its result', async () => {
		const program: SimProgram = async (run) => {
			await untilTold(run);
			run.say('stdout', done);
			return (await run.hear()) === null ? 0 : 1;
		};
		const { drive, session, clock, events } = await play(program);
		await clock.advance(1);
		session.say('mind the gap');
		expect(await drive()).toMatchObject({ outcome: { kind: 'finished' } });
		expect(events.at(-1)).toMatchObject({ status: { kind: 'code', code: 0 } });
		expect(clock.monotonic()).toBeLessThan(6_000);
	});

	test('are not cut off where the turn begins only after its input was closed', async () => {
		const program: SimProgram = async (run) => {
			await untilTold(run);
			run.say('stdout', done);
			await run.pause(4_000);
			run.say('stdout', init);
			await run.pause(8_000);
			run.say('stdout', turn(2) + done);
			return run.term.aborted ? 143 : 0;
		};
		const { drive, session, clock, events } = await play(program);
		await clock.advance(1);
		session.say('mind the gap');
		await drive();
		expect(events.at(-1)).toMatchObject({ status: { kind: 'code', code: 0 } });
	});
});
