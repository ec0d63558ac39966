/** What each report of a worker becomes: the rows are what the home writes in its name. */
import { describe, expect, it } from 'vitest';
import { givesBack, type ReportSurroundings, reportIntents } from '../../../node/home/report-intents.ts';
import type { Item } from '../../../shared/pipeline/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import type { Task, WorkReport } from '../../../shared/protocol/work.ts';
import { makeItem, projectOne } from '../../support/facts.ts';
import { SimDiskOfProject } from '../../support/sim-home.ts';
import { passedGate } from '../../support/sim-worker.ts';

const key = '01K0000000000000000000000A';
const holder = 'n0123456789abcdef.00000001.work';
const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
const gates = [{ name: 'check', command: 'true' }];

interface Change {
	readonly disk: SimDiskOfProject;
	readonly base: CommitId;
	readonly commit: CommitId;
}

async function made(files: Readonly<Record<string, string>> = { 'a.txt': 'two\n' }): Promise<Change> {
	const disk = new SimDiskOfProject();
	const base = await disk.begin({ 'a.txt': 'one\n' });
	return { disk, base, commit: await disk.commit(files, base) };
}

interface Asked {
	readonly change: Change;
	readonly report: WorkReport;
	readonly item?: Partial<Item>;
	readonly role?: Task['role'];
	readonly review?: 'human' | 'server' | 'agent';
	readonly agents?: readonly object[];
	readonly judged?: string | null;
	readonly holder?: string | null;
}

function intents({ change, report, item: changes = {}, role = 'coder', review = 'server', ...more }: Asked) {
	const token = [1, 7] as const;
	const { number, title, type, words } = makeItem(key);
	const task: Task = {
		...{ project: projectOne as Task['project'], role, agent: 'shell', token, main: change.base, startFrom: null },
		item: { key, number, title, type, description: '', words, lastFailure: null },
	};
	const config = projectConfigSchema.parse({
		...{ id: projectOne, name: 'app', branch: 'main' },
		...{ review: { mode: review }, gate: gates, agent: more.agents ?? [] },
	});
	const around: ReportSurroundings = {
		git: change.disk.git,
		config: async () => config,
		verdictOnMain: async () => null,
		judged: async () => more.judged ?? null,
	};
	const item = makeItem(key, { stage: { kind: 'coding' }, token, holder, role, ...changes });
	return reportIntents({ item, task, report, holder: more.holder === undefined ? holder : more.holder }, around);
}

const result = ({ commit, base }: Change): WorkReport => ({
	...{ kind: 'result', commit, base, usage },
	verdict: { tree: 'tree', gateSet: 'set', passed: true, gates: [passedGate] },
});

describe('a report of a result', () => {
	it('is submitted for its holder, under its token, where the server may say yes', async () => {
		const change = await made();
		const { commit, base } = change;
		expect(await intents({ change, report: result(change) })).toEqual([
			{
				...{ by: 'gates', who: 'shell', item: key, event: 'submit', token: [1, 7], onBehalfOf: holder },
				args: { commit, base },
			},
		]);
	});

	it('of the home itself is on behalf of nobody else', async () => {
		const change = await made();
		const [draft] = await intents({ change, report: result(change), holder: null });
		expect(draft).not.toHaveProperty('onBehalfOf');
	});

	it.each([
		['the project says so', { review: 'human' as const }, /a person approves each change/],
		['the item says so', { item: { review: 'human' as const } }, /a person approves each change/],
		['something else asks for one', { judged: 'it touches the licence' }, /it touches the licence/],
	])('waits for a person where %s', async (_, more, reason) => {
		const change = await made();
		const [draft] = await intents({ change, report: result(change), ...more });
		expect(draft).toMatchObject({ event: 'submitForReview', args: { reason: expect.stringMatching(reason) } });
	});

	it('waits for a person where it changes what judges it, whatever the mode', async () => {
		const change = await made({ 'a.txt': 'one\n', '.gangline/project.toml': 'x' });
		const [draft] = await intents({ change, report: result(change), item: { review: 'server' } });
		expect(draft).toMatchObject({ event: 'submitForReview', args: { reason: expect.stringContaining('.gangline') } });
	});
});

describe('a report of a result where an agent reviews', () => {
	const qa = { name: 'quinn', role: 'qa', runtime: 'claude-code' };

	it('goes to QA, and to a person where no agent of that role is configured', async () => {
		const change = await made();
		const report = result(change);
		const [toAgent] = await intents({ change, report, review: 'agent', agents: [qa] });
		expect(toAgent).toMatchObject({ event: 'submitForQa', args: { commit: change.commit } });
		const [toPerson] = await intents({ change, report, review: 'agent' });
		expect(toPerson).toMatchObject({ event: 'submitForReview', args: { reason: expect.stringContaining('role qa') } });
	});

	it('[I13] goes to a person where something else asks for one', async () => {
		const change = await made();
		const asked = { change, report: result(change), review: 'agent', agents: [qa], judged: 'it touches the licence' };
		expect(await intents({ ...asked, review: 'agent' })).toMatchObject([{ event: 'submitForReview' }]);
	});

	it('and resolves a conflict goes on to landing, where the gates judge it', async () => {
		const change = await made();
		const item = { stage: { kind: 'mergeFailure', failure: 'conflict' } } as const;
		const drafts = await intents({ change, report: result(change), review: 'agent', role: 'mergemaster', item });
		expect(drafts.map(({ event }) => event)).toEqual(['result', 'retryMerge']);
	});

	it.each([
		['pass', 'qaPassed', 'seen'],
		['fail', 'qaFailed', 'QA: seen'],
		['person', 'submitForReview', 'QA asks for a person: seen'],
	] as const)('of a verdict %s is %s', async (verdict, event, reason) => {
		const change = await made();
		const report: WorkReport = { kind: 'verdict', verdict, reason: 'seen', detail: 'more', usage };
		const [draft] = await intents({ change, report, role: 'qa', item: { stage: { kind: 'qa' } } });
		expect(draft).toMatchObject({ by: 'agent', event, args: { reason } });
	});
});

describe('a report of a resolved conflict', () => {
	const role = 'mergemaster' as const;
	const stage = { kind: 'mergeFailure', failure: 'conflict' } as const;

	it('is recorded and goes back to landing where nobody has to look', async () => {
		const change = await made();
		const drafts = await intents({ change, report: result(change), role, item: { stage } });
		expect(drafts.map(({ event }) => event)).toEqual(['result', 'retryMerge']);
	});

	it('goes back to landing where exactly this change was approved, though on another main', async () => {
		const change = await made();
		const { disk, base, commit } = change;
		const approval = { who: 'ada', branch: commit, main: base, mergeBase: base };
		const other = await disk.commit({ 'a.txt': 'one\n', 'b.txt': 'b\n' }, base);
		const again = await disk.commit({ 'a.txt': 'two\n', 'b.txt': 'b\n' }, other);
		const report = result({ disk, base: other, commit: again });
		const drafts = await intents({ change, report, role, review: 'human', item: { stage, approval } });
		expect(drafts.map(({ event }) => event)).toEqual(['result', 'retryMerge']);
	});

	it('[I12] waits for a person where the commit that was approved was lost with a home', async () => {
		const change = await made();
		const { base } = change;
		const approval = { who: 'ada', branch: 'c'.repeat(40), main: base, mergeBase: base };
		const drafts = await intents({ change, report: result(change), role, review: 'human', item: { stage, approval } });
		expect(drafts.map(({ event }) => event)).toEqual(['result', 'block']);
	});

	it('[I9] waits for a person where QA had asked for one, who approved another change', async () => {
		const change = await made();
		const { disk, base, commit } = change;
		const approval = { who: 'ada', branch: commit, main: base, mergeBase: base };
		const other = await disk.commit({ 'a.txt': 'three\n' }, base);
		const report = result({ disk, base, commit: other });
		const drafts = await intents({ change, report, role, review: 'agent', item: { stage, approval } });
		expect(drafts.map(({ event }) => event)).toEqual(['result', 'block']);
	});

	it('[I9] waits for a person where it is another change than the approved one, or none was', async () => {
		const change = await made();
		const { disk, base, commit } = change;
		const approval = { who: 'ada', branch: commit, main: base, mergeBase: base };
		const other = await disk.commit({ 'a.txt': 'three\n' }, base);
		for (const approved of [approval, null]) {
			const item = { stage, approval: approved };
			const report = result({ disk, base, commit: other });
			const drafts = await intents({ change, report, role, review: 'human', item });
			expect(drafts.map(({ event }) => event)).toEqual(['result', 'block']);
			expect(drafts[1]?.args?.reason).toContain('gangline approve 1');
		}
	});

	it('that was not resolved gives it up', async () => {
		const change = await made();
		const report: WorkReport = {
			...{ kind: 'failed', reason: 'no', gate: null, gateKind: null, detail: '', commit: null, usage },
		};
		expect((await intents({ change, report, role, item: { stage } })).map(({ event }) => event)).toEqual([
			'giveUpMerge',
		]);
	});
});

describe('a report of something else', () => {
	it('says what failed, with the gate where it was one', async () => {
		const change = await made();
		const failed = { kind: 'failed', reason: 'red', detail: 'three', commit: null, usage } as const;
		const [gate] = await intents({ change, report: { ...failed, gate: 'test', gateKind: 'other' } });
		expect(gate).toMatchObject({
			event: 'attemptFailed',
			args: { reason: 'red', detail: 'three', gate: 'test', gateKind: 'other' },
		});
		const [other] = await intents({ change, report: { ...failed, gate: null, gateKind: null } });
		expect(other?.args).toEqual({ reason: 'red', detail: 'three' });
	});

	it('blocks with the question of the agent', async () => {
		const change = await made();
		const report: WorkReport = { kind: 'blocked', reason: 'which one?', commit: null, usage };
		expect(await intents({ change, report })).toMatchObject([{ event: 'block', args: { reason: 'which one?' } }]);
		expect(givesBack(report)).toBeNull();
	});

	it('that only gives the item back is no intent, and says why', async () => {
		const change = await made();
		const limited: WorkReport = { kind: 'rateLimited', until: 0, usage };
		const stopped: WorkReport = { kind: 'stopped', reason: 'told to', commit: null, usage };
		expect(await intents({ change, report: limited })).toEqual([]);
		expect(await intents({ change, report: stopped })).toEqual([]);
		expect(givesBack(limited)).toContain('limited until 1970-01-01');
		expect(givesBack(stopped)).toContain('told to');
	});
});
