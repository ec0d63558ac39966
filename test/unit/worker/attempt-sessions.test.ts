/** What sessions of an attempt are told of all that people say, over resumes, restarts and fresh beginnings. */
import { expect, it } from 'vitest';
import type { AgentEvent, AgentRuntime, AgentSettings, SessionEnd } from '../../../node/agents/index.ts';
import { AttemptSessions, type SessionsInput, type SessionsParts } from '../../../node/worker/attempt-sessions.ts';
import { noUsage } from '../../../node/worker/attempt-words.ts';
import { SessionBook, SpentBook } from '../../../node/worker/index.ts';
import { ReportBox } from '../../../node/worker/report-box.ts';
import { SaidWords } from '../../../node/worker/said-words.ts';
import { noSecrets } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimMachine, SimProcesses } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const settings: AgentSettings = {
	...{ runtime: 'codex', permissions: 'all', allow: [], max_turns: 9, timeout_seconds: 9, silence_seconds: 9, env: [] },
};
const task: Task = {
	...{ project: '01ARZ3NDEKTSV4RRFFQ69G5FAV', role: 'coder', agent: 'ada', token: [1, 1] },
	...{ main: 'a'.repeat(40), startFrom: null },
	item: {
		...{ key: '01BX5ZZKBKACTAV9WEVGEMMVRZ', number: 1, title: 'x', type: 'story', description: '' },
		...{ words: [], lastFailure: null },
	},
};
const end = (outcome: SessionEnd['outcome'], costUsd = 0): SessionEnd => ({
	...{ outcome, sessionId: 's1', filesRead: [], lastText: '', garbageLines: 0, tree: { kind: 'empty', killed: 0 } },
	usage: { costUsd, inputTokens: 0, outputTokens: 0, seconds: 0 },
});
const finished = end({ kind: 'finished' });

/** How a session goes: what is done while it runs, and its end. */
type Play = (session: {
	readonly see: (event: AgentEvent) => void;
	readonly say: (words: string) => boolean;
	readonly stopped: Promise<void>;
}) => Promise<SessionEnd>;

async function desk(plays: Play[], store = openSimStore()) {
	const clock = new SimClock();
	const spent = new SpentBook(await store, 'app');
	const told: Parameters<AgentRuntime['start']>[0][] = [];
	const said = new SaidWords();
	const steering: { say: (words: string) => boolean } = { say: () => false };
	const parts: SessionsParts = {
		...{ book: new SessionBook(await store, 'app'), spent },
		ports: { processes: new SimProcesses(new SimMachine(clock, {})), clock, shellPath: '/bin/sh' },
		...{ secrets: noSecrets, newSessionId: () => `new${told.length}` },
		runtime: () => ({
			...{ name: 'codex', credentials: [], login: 'codex' },
			start: (given) => {
				told.push(given);
				const stopped = Promise.withResolvers<void>();
				const play = plays.shift();
				if (play === undefined) throw new Error('one session too many');
				const begun = Promise.resolve().then(() => given.onEvent?.({ kind: 'started', sessionId: 's1' }));
				return {
					...{ pid: null, say: () => false, answer: () => false },
					ended: begun.then(async () => {
						await given.onSession?.('s1');
						return await play({
							see: (event) => given.onEvent?.(event),
							say: (words) => steering.say(words),
							stopped: stopped.promise,
						});
					}),
					stop: () => {
						stopped.resolve();
						return Promise.resolve(finished);
					},
				};
			},
		}),
	};
	const input = (of: Task): SessionsInput => ({
		...{ task: of, cwd: '/c', tmp: '/t', env: () => ({}), account: null, runId: 'work-x', isNewClone: false, said },
		...{ confinement: { hidden: [], readOnly: [], writable: [] }, signal: new AbortController().signal },
		...{ commands: [], gates: async () => '', onPid: () => {}, onAsk: () => {} },
		runLog: { write: () => {}, lastLine: () => null, close: () => {} } as unknown as SessionsInput['runLog'],
		onSteering: (now) => {
			steering.say = (words) => now?.say({ who: 'ann', words }) ?? false;
		},
	});
	const run = (of: Partial<Task> = {}, more: Partial<AgentSettings> = {}) =>
		new AttemptSessions(parts, input({ ...task, ...of })).run({ ...settings, ...more }, 'Do it.');
	return { run, said, told, clock, spent };
}

it('begins with everything that was said, also in this attempt before the session, once', async () => {
	const { run, said, told } = await desk([async () => finished]);
	said.add({ who: 'ann', words: 'use tabs' });
	said.add({ who: 'ann', words: 'be quick' });
	await run({ notes: ['bob: mind the gap', 'ann: use tabs'] });
	const prompt = told[0]?.prompt ?? '';
	expect(prompt).toMatch(/^Do it\.[\s\S]*bob: mind the gap\n- ann: use tabs\n- ann: be quick$/);
});

it('is told by stopping and resuming; a later attempt that goes on is told what is new, and only that', async () => {
	const store = openSimStore();
	const { run, told } = await desk(
		[
			async ({ say, stopped }) => {
				expect(say('use tabs')).toBe(true);
				await stopped;
				return end({ kind: 'stopped', reason: 'a person says something' });
			},
			async () => end({ kind: 'stopped', reason: 'the node stops' }),
			async () => finished,
		],
		store,
	);
	await run({ notes: ['bob: mind the gap'] });
	expect(told.map(({ prompt }) => prompt)[1]).toBe('ann says: use tabs');
	// The home keeps what was heard, too.
	await run({ notes: ['bob: mind the gap', 'ann: use tabs', 'bob: stop at noon'] });
	expect(told.map(({ session }) => session.kind)).toEqual(['new', 'resume', 'resume']);
	expect(told[2]?.prompt).toContain('- bob: stop at noon');
	expect(told[2]?.prompt).not.toMatch(/use tabs|mind the gap/);
});

it('knows all of it where going on fails and it begins afresh', async () => {
	const { run, told } = await desk([
		async () => end({ kind: 'stopped', reason: 'the node stops' }),
		async () => end({ kind: 'crashed', reason: 'no such session' }),
		async () => finished,
	]);
	await run({ notes: ['bob: mind the gap'] });
	await run({ notes: ['bob: mind the gap', 'bob: stop at noon'] });
	expect(told[2]?.prompt).toMatch(/^Do it\.[\s\S]*mind the gap\n- bob: stop at noon$/);
});

const used = (costUsd: number): AgentEvent => ({
	...{ kind: 'usage', costUsd, inputTokens: 0, outputTokens: 0 },
	counted: { costUsd: 0, inputTokens: 0, outputTokens: 0 },
});

it('[I11] gets no new allowance by words that are said to it', async () => {
	const spends: Play = async ({ see, say, stopped }) => {
		see(used(0.75));
		say('go on');
		await stopped;
		return end({ kind: 'stopped', reason: 'a person says something' }, 0.75);
	};
	const { run, told } = await desk([spends, spends, async () => finished]);
	const ended = await run({}, { max_cost_usd: 1.5 });
	expect(told.map(({ agent }) => agent.max_cost_usd)).toEqual([1.5, 0.75]);
	expect(ended).toMatchObject({ outcome: { kind: 'overBudget', which: 'cost' }, usage: { costUsd: 1.5 } });
});

it('[I11] has its limits of turns, cost and time once, however often it is broken off and gone on with', async () => {
	const store = openSimStore();
	const broken: Play = async ({ see }) => {
		for (let turn = 0; turn < 3; turn++) see({ kind: 'turn' });
		see(used(0.5));
		await clock.advance(3_000);
		return end({ kind: 'stopped', reason: 'the node stops' }, 0.5);
	};
	const first = await desk([broken, broken, broken], store);
	let { clock } = first;
	await first.run({}, { max_cost_usd: 2 });
	// As after a restart of the node: nothing is there but the store, and the home grants anew.
	const second = await desk([broken, broken], store);
	clock = second.clock;
	await second.run({ token: [1, 5] }, { max_cost_usd: 2 });
	await second.run({ token: [1, 7] }, { max_cost_usd: 2 });
	const limits = [...first.told, ...second.told].map(({ agent }) => [
		agent.max_turns,
		agent.max_cost_usd,
		agent.timeout_seconds,
	]);
	expect(limits).toEqual([
		[9, 2, 9],
		[6, 1.5, 6],
		[3, 1, 3],
	]);
	// Nothing is left: no program is started, and the next try begins anew.
	const third = await desk([async () => finished], store);
	expect(await third.run({ token: [1, 9] }, { max_cost_usd: 2 })).toMatchObject({
		outcome: { kind: 'overBudget', which: 'turns' },
	});
	expect(third.told).toEqual([]);
	await third.run({ token: [1, 11] }, { max_cost_usd: 2 });
	expect(third.told.map(({ session, agent }) => [session.kind, agent.max_turns])).toEqual([['new', 9]]);
});

it('[I11] forgets at most seconds of its time where its node is killed while it computes', async () => {
	const store = openSimStore();
	const first = await desk([() => new Promise<never>(() => {})], store);
	void first.run({}, { timeout_seconds: 60 });
	await expect.poll(() => first.told.length).toBe(1);
	await first.clock.advance(40_000);
	const book = new SessionBook(await store, 'app');
	await expect.poll(async () => (await book.get(task.item.key))?.used?.seconds).toBe(30);
	const second = await desk([async () => finished], store);
	await second.run({ token: [1, 5] }, { timeout_seconds: 60 });
	expect(second.told[0]?.session.kind).toBe('resume');
	expect(second.told[0]?.agent.timeout_seconds).toBe(30);
});

it('[I6] says after a crash what its grant had used, also where the session was over, and under no other grant', async () => {
	const store = openSimStore();
	const first = await desk(
		[
			async ({ see }) => {
				see(used(0.5));
				see(used(0.25));
				return finished;
			},
		],
		store,
	);
	await first.run();
	const { spent } = await desk([], store);
	expect(await spent.of(task)).toMatchObject({ usage: { costUsd: 0.75 } });
	expect(await spent.of({ ...task, token: [1, 5] })).toMatchObject({ usage: { costUsd: 0 } });
	await spent.add(task, 'rhea', { costUsd: 1, inputTokens: 0, outputTokens: 0, seconds: 2 });
	expect(await spent.of(task)).toMatchObject({
		usage: { costUsd: 1.75 },
		shares: [{ agent: 'rhea', usage: { costUsd: 1, seconds: 2 } }],
	});
	const box = new ReportBox(await store, 'app');
	await box.put(task, { kind: 'stopped', reason: 'x', commit: null, usage: (await spent.of(task)).usage });
	expect(await spent.of(task)).toEqual({ usage: noUsage });
});
