/** Programs of a QA agent that begin no session, counted in a row, over sessions that do begin. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type AgentSession, programLogin, type SessionEnd } from '../../../node/agents/index.ts';
import type { AttemptInput, AttemptParts } from '../../../node/worker/attempt.ts';
import { RecoveryBook } from '../../../node/worker/index.ts';
import { runQaAttempt } from '../../../node/worker/qa-attempt.ts';
import { noSecrets } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimMachine, SimProcesses } from '../../../shared/ports/sim/index.ts';
import { parseProjectConfig } from '../../../shared/project/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

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
async function judged(ends: Partial<SessionEnd>[], machine = new SimMachine(new SimClock(), {})) {
	const tmp = mkdtempSync(join(tmpdir(), 'gangline-qa-'));
	onTestFinished(() => rmSync(tmp, { recursive: true, force: true }));
	const start = (): Partial<AgentSession> => ({
		pid: null,
		ended: Promise.resolve({
			...{ outcome: crashed, sessionId: null, filesRead: [], lastText: '', garbageLines: 0 },
			...{ usage: { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 }, tree: { kind: 'empty', killed: 0 } },
			...ends.shift(),
		}),
	});
	const clock = new SimClock();
	const parts = {
		git: {
			objects: [],
			isKnown: async () => true,
			clone: async ({ path }: { path: string }) => {
				for (const folder of [`${path}/.git`, `${path}.outside`]) mkdirSync(join(folder, 'info'), { recursive: true });
				return { path, outside: `${path}.outside` };
			},
			removeClone: async ({ path }: { path: string }) => rmSync(path, { recursive: true }),
			refsFingerprint: async () => '',
			state: async () => ({ head: commit, diff: '' }),
		},
		ports: { processes: new SimProcesses(machine), clock, shellPath: '/bin/sh' },
		workspaces: { recoveries: new RecoveryBook({ store: await openSimStore(), project }) },
		runtime: () => ({ name: 'claude-code', credentials: [], login: 'claude', start }),
		...{ secrets: noSecrets, author: { name: 'Ada', email: 'ada@example.org' }, person: {}, copyFrom: null },
		...{ hidden: [], readOnly: [], tmpRoot: tmp, newSessionId: () => 'fresh', pause: async () => {} },
	} as unknown as AttemptParts;
	const input = {
		...{ task, config, portBase: 21_000, signal: new AbortController().signal },
		runLog: { write: () => {}, lastLine: () => null, close: () => {} },
		...{ onPid: () => {}, onAsk: () => {}, onSteering: () => {}, onStep: () => {} },
	} as AttemptInput;
	const [settings] = config.agent;
	if (settings === undefined) throw new Error('quinn is configured');
	return await runQaAttempt({ parts, input, settings, login: programLogin, runId: 'work-q', tmp });
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
