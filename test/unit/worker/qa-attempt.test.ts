/** Programs of a QA agent that begin no session, counted in a row, over sessions that do begin. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type AgentRuntime, type AgentSession, programLogin, type SessionEnd } from '../../../node/agents/index.ts';
import type { AttemptInput, AttemptParts } from '../../../node/worker/attempt.ts';
import { RecoveryBook, SessionBook, SpentBook } from '../../../node/worker/index.ts';
import { runQaAttempt } from '../../../node/worker/qa-attempt.ts';
import { noSecrets } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimMachine, SimProcesses } from '../../../shared/ports/sim/index.ts';
import { parseProjectConfig } from '../../../shared/project/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

type AgentTask = Parameters<AgentRuntime['start']>[0];

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const commit = 'a'.repeat(40);
const config = parseProjectConfig(`id = "${project}"
name = "app"
branch = "main"
[[agent]]
name = "quinn"
role = "qa"
runtime = "claude-code"
`);
const task: Task = {
	...{ project, role: 'qa', agent: 'quinn', token: [1, 1], main: commit, startFrom: commit },
	item: { key, number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
};
const crashed = { kind: 'crashed', reason: 'no program' } as const;

/** The report of a QA attempt whose sessions end so, one after the other; `machine` is where they run. */
async function judged(
	ends: (Partial<SessionEnd> & { readonly writes?: string })[],
	machine = new SimMachine(new SimClock(), {}),
	{ store = openSimStore(), token = task.token, left = mkdtempSync(join(tmpdir(), 'gangline-look-')) } = {},
) {
	const tmp = mkdtempSync(join(tmpdir(), 'gangline-qa-'));
	onTestFinished(() => {
		for (const folder of [tmp, left]) rmSync(folder, { recursive: true, force: true });
	});
	const told: AgentTask[] = [];
	const start = (given: AgentTask): Partial<AgentSession> => {
		told.push(given);
		const { writes, ...more } = ends.shift() ?? {};
		const begins = async (): Promise<SessionEnd> => {
			if (more.outcome !== undefined && more.outcome.kind !== 'crashed') {
				await given.onSession?.('s1');
				given.onEvent?.({ kind: 'started', sessionId: 's1' });
				given.onEvent?.({ kind: 'turn' });
			}
			if (writes !== undefined) writeFileSync(given.env.GANGLINE_ANSWER ?? '', writes);
			return {
				...{ outcome: crashed, sessionId: null, filesRead: [], lastText: '', garbageLines: 0 },
				...{ usage: { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 }, tree: { kind: 'empty', killed: 0 } },
				...more,
			};
		};
		return { pid: null, ended: begins() };
	};
	const path = join(left, 'look');
	const clone = { path, outside: `${path}.outside` };
	const clock = new SimClock();
	const parts = {
		git: {
			objects: [],
			isKnown: async () => true,
			refsFingerprint: async () => '',
			state: async () => ({ head: commit, diff: '' }),
		},
		ports: { processes: new SimProcesses(machine), clock, shellPath: '/bin/sh' },
		workspaces: {
			recoveries: new RecoveryBook({ store: await store, project }),
			openLook: async () => {
				for (const folder of [`${path}/.git`, clone.outside]) mkdirSync(join(folder, 'info'), { recursive: true });
				return clone;
			},
			findLook: async () => (existsSync(path) ? clone : null),
			removeLook: async () => rmSync(path, { recursive: true }),
		},
		looks: new SessionBook(await store, project, 'look'),
		spent: new SpentBook(await store, project),
		runtime: () => ({ name: 'claude-code', credentials: [], login: 'claude', start }),
		...{
			secrets: noSecrets,
			author: { name: 'Ada', email: 'ada@example.org' },
			person: { own: {}, given: {} },
			copyFrom: null,
		},
		...{ hidden: [], readOnly: [], tmpRoot: tmp, newSessionId: () => 'fresh', pause: async () => {} },
	} as unknown as AttemptParts;
	const input = {
		...{ task: { ...task, token }, config, portBase: 21_000, signal: new AbortController().signal },
		runLog: { write: () => {}, lastLine: () => null, close: () => {} },
		...{ onPid: () => {}, onAsk: () => {}, onSteering: () => {}, onStep: () => {} },
	} as AttemptInput;
	const [settings] = config.agent;
	if (settings === undefined) throw new Error('quinn is configured');
	const end = await runQaAttempt({ parts, input, settings, login: programLogin, runId: 'work-q', tmp });
	return { ...end, told };
}

it('[I11] counts a crash as the first again where a session has begun meanwhile', async () => {
	const finished = { kind: 'finished' } as const;
	const ends = [crashed, crashed, finished, crashed, finished].map((outcome) => ({ outcome }));
	const { report } = await judged(ends);
	expect(report).toMatchObject({ kind: 'failed', reason: 'QA gave no verdict: no verdict was written' });
	expect(ends).toEqual([]);
});

it('[I5] begins no second session beside what lives of the first', async () => {
	const tree = { kind: 'survivors', pids: [77] } as const;
	const ends: Partial<SessionEnd>[] = [{ outcome: { kind: 'finished' }, tree }, { outcome: { kind: 'finished' } }];
	const { report, survivors } = await judged(ends);
	expect(report).toMatchObject({ kind: 'blocked', reason: expect.stringContaining('77') });
	expect([ends.length, survivors]).toEqual([1, [77]]);
});

it('[I5] looks whether anything else of the item lives, and ends it first', async () => {
	const machine = new SimMachine(new SimClock(), {
		sleep: async (run) => {
			while (!run.term.aborted) await run.pause(1_000);
			return 143;
		},
	});
	const left = new SimProcesses(machine);
	left.start({
		...{ id: `work-${key.toLowerCase()}-1-1-1`, argv: ['sleep'], cwd: '/', env: {}, onOutput: () => {} },
		confinement: { hidden: [], readOnly: [], writable: [] },
	});
	expect(await left.living()).toHaveLength(1);
	await judged([{ outcome: { kind: 'finished' } }, { outcome: { kind: 'finished' } }], machine);
	expect(await left.living()).toEqual([]);
});

const pass = JSON.stringify({ verdict: 'pass', summary: 'good' });
const stopped = { outcome: { kind: 'stopped', reason: 'the node stops' } } as const;

it('[I12] goes on with a session that was broken off, in its clone, and its one verdict counts', async () => {
	const [store, left] = [openSimStore(), mkdtempSync(join(tmpdir(), 'gangline-look-'))];
	const first = await judged([{ ...stopped, writes: pass }], undefined, { store, left });
	expect(first.report).toMatchObject({ kind: 'stopped' });
	const second = await judged([{ outcome: { kind: 'finished' }, writes: pass }], undefined, {
		...{ store, left, token: [1, 5] },
	});
	expect(second.report).toMatchObject({ kind: 'verdict', verdict: 'pass' });
	const [again] = second.told;
	expect(again?.session).toMatchObject({ kind: 'resume', id: 's1' });
	expect(again?.prompt).toContain('You were interrupted while you looked');
	expect(again?.cwd).toBe(first.told[0]?.cwd);
	// Its limits are those of one session, and what it wrote before is no answer of this run.
	expect(again?.agent.max_turns).toBe((first.told[0]?.agent.max_turns ?? 0) - 1);
	expect(existsSync(again?.cwd ?? '')).toBe(false);
});

it('[I11] begins afresh where it cannot be resumed, and has two sessions for a verdict over restarts too', async () => {
	const [store, left] = [openSimStore(), mkdtempSync(join(tmpdir(), 'gangline-look-'))];
	const finished = { outcome: { kind: 'finished' } } as const;
	await judged([finished, stopped], undefined, { store, left });
	const ends = [{ outcome: crashed }, finished, finished];
	const { told, report } = await judged(ends, undefined, { store, left, token: [1, 5] });
	expect(told.map(({ session }) => session.kind)).toEqual(['resume', 'new']);
	expect(told[1]?.prompt).not.toContain('You were interrupted');
	expect(report).toMatchObject({ kind: 'failed', reason: 'QA gave no verdict: no verdict was written' });
});

it('takes nothing for an answer that a session before it wrote', async () => {
	const finished = { outcome: { kind: 'finished' } } as const;
	const { report } = await judged([{ ...finished, writes: 'no verdict' }, finished]);
	expect(report).toMatchObject({ kind: 'failed', reason: 'QA gave no verdict: no verdict was written' });
});
