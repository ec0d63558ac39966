/**
 * What a worker's agents do in a simulation, behind the worker's own interface. A clone is a head of commits on the
 * machine and outlives the process; how an attempt goes is the item's fate, drawn by the world.
 */
import { nextAfterSession, type RecoveryState, recoveryCaps } from '../../../node/agents/index.ts';
import type { Attempts } from '../../../node/worker/index.ts';
import type { Token } from '../../../shared/pipeline/index.ts';
import { type Clock, type CommitId, parseCommitId } from '../../../shared/ports/index.ts';
import type { SimObjects, SimRandom } from '../../../shared/ports/sim/index.ts';
import { projectConfigPath } from '../../../shared/project/index.ts';
import type { GateVerdict, Task, Usage, WorkReport } from '../../../shared/protocol/work.ts';
import { copyCommit, type Point, type SimSession } from './repositories.ts';
import type { AgentBehaviour, EventOf, SeenAttempt } from './types.ts';

/** The work of one item on one machine, as its disk has it. */
export interface SimClone {
	readonly project: string;
	readonly item: string;
	token: Token;
	base: CommitId;
	head: CommitId | null;
	/** Where its commits are: a repository's that may be none of the project any more when its node has become the home. */
	readonly objects: SimObjects;
}

/** What of a machine its agents use. */
export interface AgentGround {
	readonly node: string;
	readonly clones: Map<string, SimClone>;
	readonly made: {
		project: string;
		item: string;
		token: Token;
		commit: CommitId;
		base: CommitId;
	}[];
	readonly attempts: Set<SeenAttempt>;
	/** What each run has cost so far, USD, by its grant: on the machine's disk. */
	readonly spent: Map<string, number>;
	/** How far the recoveries of items have come: on the machine's disk. */
	readonly recoveries: Map<string, RecoveryState>;
	/** Items of which something lives on this machine that could not be ended. */
	readonly survivors: Set<string>;
	/** Enough slots that one may be lost. */
	readonly hasRoom: boolean;
	emit(event: EventOf): void;
}

export interface AgentOptions {
	readonly ground: AgentGround;
	readonly session: SimSession;
	readonly clock: Clock;
	readonly random: SimRandom;
	readonly point: Point;
	/** How this attempt goes. */
	readonly fate: (task: Task) => AgentBehaviour;
}

/** What an attempt would cost if nobody bound it, in cents. */
const centsMax = 400;
const person = { name: 'Agent', email: 'agent@example.org' };
export const passedGate: GateVerdict = {
	...{ gate: 'check', kind: 'other', outcome: 'passed', why: '', tail: '', seconds: 1, tests: null, runs: 1 },
};
/** A tree with this file fails the gate. */
export const redPath = 'red.txt';
/** What two items write at the same lines. */
export const sharedPath = 'shared.txt';

const workMs: Readonly<Record<AgentBehaviour, readonly [number, number]>> = {
	finishes: [1_000, 15_000],
	conflicts: [4_000, 12_000],
	fails: [1_000, 8_000],
	lies: [500, 5_000],
	liesAboutCommit: [500, 5_000],
	hangs: [60_000, 100_000],
	dies: [500, 4_000],
	late: [40_000, 120_000],
	blocks: [500, 3_000],
	limited: [500, 2_000],
	stacks: [1_000, 8_000],
	meddles: [1_000, 8_000],
	parks: [500, 3_000],
	respawns: [500, 3_000],
	survives: [1_000, 8_000],
};

export const cloneName = (project: string, item: string): string => `${project}/${item}`;

/** A worker's attempts at items of one project. */
export function simAttempts(options: AgentOptions): Attempts {
	const { ground, session } = options;
	const { clones } = ground;
	const { project } = { project: projectOf(session.path) };
	const keysNow = (): string[] =>
		[...clones.values()].filter((clone) => clone.project === project).map(({ item }) => item);
	return {
		run: async ({ task, signal }) => {
			const report = await attempt(options, task, signal);
			const left = ground.survivors.has(cloneName(project, task.item.key)) && report.kind === 'blocked';
			return { report, survivors: left ? [7] : [] };
		},
		rescue: async (task) => {
			const clone = clones.get(cloneName(project, task.item.key));
			if (!clone?.head || String(clone.token) !== String(task.token)) return null;
			copyCommit(clone.objects, session.kept.objects, clone.head);
			await session.git.keep(attemptRefOf(task.item.key, task.token), clone.head);
			return clone.head;
		},
		spent: async (task) => ({ usage: usageOf(ground, task) }),
		told: async () => ({ form: 'first', prompt: '' }),
		snapshot: async () => null,
		salvage: (key) => salvage(session, clones.get(cloneName(project, key))),
		keys: async () => keysNow(),
		get known() {
			return keysNow();
		},
		remove: async (key) => {
			await salvage(session, clones.get(cloneName(project, key)));
			clones.delete(cloneName(project, key));
		},
		stop: async () => {},
	};
}

/** The folder of a repository is named after its project. */
export function projectOf(path: string): string {
	return path.split('/').at(-2) ?? '';
}

export const attemptRefOf = (item: string, token: Token): string => `refs/gangline/attempts/${item}/${token.join('.')}`;

/** Keeps a clone's head on a ref, where it is on none. */
async function salvage({ git, kept }: SimSession, clone: SimClone | undefined): Promise<string | null> {
	if (!clone?.head) return null;
	const ref = `refs/gangline/salvage/${clone.item}/${clone.token.join('.')}`;
	const known = await git.refs(`refs/gangline/attempts/${clone.item}`);
	if (known.some(({ commit }) => commit === clone.head)) return null;
	copyCommit(clone.objects, kept.objects, clone.head);
	await git.keep(ref, clone.head);
	return ref;
}

async function attempt(options: AgentOptions, task: Task, signal: AbortSignal): Promise<WorkReport> {
	const { ground, session, clock, random, fate, point } = options;
	const grant = { node: ground.node, project: task.project, item: task.item.key, token: task.token };
	const name = cloneName(task.project, task.item.key);
	if (ground.survivors.has(name)) return blocked('something of an earlier session still runs', usageOf(ground, task));
	const drawn = fate(task);
	const behaviour = drawn === 'survives' && (!ground.hasRoom || ground.survivors.size > 0) ? 'finishes' : drawn;
	const live = { project: task.project, item: task.item.key, token: task.token, role: task.role, isLive: true };
	ground.attempts.add(live);
	const costUsd = Math.min(task.allowanceUsd ?? Number.POSITIVE_INFINITY, (1 + random.below(centsMax)) / 100);
	ground.spent.set(runOf(task), costUsd);
	ground.emit({ kind: 'agentStarted', ...grant, behaviour, costUsd });
	const [least, most] = workMs[behaviour];
	const wasDone = await pauseOrAbort(clock, least + random.below(most - least), signal);
	// A tree of processes takes a while to be gone, whatever it is told.
	if (!wasDone) await new Promise<void>((gone) => clock.after(100 + random.below(1_500), gone));
	const wantsCommit = task.role !== 'qa' && !withoutCommit.has(behaviour);
	if (behaviour === 'respawns' && wasDone) {
		const end = await recover(options, task, signal);
		if (end !== null) return await over(end);
	}
	if (wantsCommit && (wasDone || random.below(2) === 0)) await commitWork(options, task, behaviour);
	const isDone = wasDone && (await pauseOrAbort(clock, 200 + random.below(800), signal));
	const clone = ground.clones.get(cloneName(task.project, task.item.key));
	const head = clone && String(clone.token) === String(task.token) ? clone.head : null;
	if (head) await session.git.keep(attemptRefOf(task.item.key, task.token), head);
	const report = reportOf({ behaviour, isDone, task, head, session, clock, usage: usageOf(ground, task) });
	return await over(
		behaviour === 'survives' && isDone ? blocked('processes 7 of the agent could not be ended', report.usage) : report,
	);

	async function over(ended: WorkReport): Promise<WorkReport> {
		await point('agent.ended');
		if (ended.kind === 'verdict') ground.emit({ kind: 'judged', ...grant, verdict: ended.verdict });
		const end = (): void => {
			ground.attempts.delete(live);
			ground.emit({ kind: 'agentEnded', ...grant, how: behaviour === 'dies' ? 'died' : ended.kind });
		};
		if (behaviour !== 'survives' || ended.kind !== 'blocked') end();
		else {
			ground.survivors.add(name);
			ground.emit({ kind: 'agentSurvives', ...grant });
			// The kernel lets go of it at some time.
			clock.after(survivesMs, () => {
				ground.survivors.delete(name);
				end();
			});
		}
		return ended;
	}
}

/** Until what could not be ended has gone by itself. */
const survivesMs = 30_000;

function blocked(reason: string, usage: Usage): WorkReport {
	return { kind: 'blocked', reason, commit: null, usage };
}

/** Sessions that leave work uncommitted, by the product's own rule, until one commits (null) or the rule ends them. */
async function recover(
	{ ground, clock, random }: AgentOptions,
	task: Task,
	signal: AbortSignal,
): Promise<WorkReport | null> {
	const name = cloneName(task.project, task.item.key);
	for (;;) {
		const newCommits = random.below(3) === 0 ? 1 : 0;
		const trace = { exit: 'finished', dirty: 1, newCommits, diff: `${random.below(2)}`, filesRead: [] } as const;
		const before = ground.recoveries.get(name);
		const { decision, state } = nextAfterSession(before, trace);
		if (state === undefined || decision.startsWith('block')) ground.recoveries.delete(name);
		else ground.recoveries.set(name, state);
		if ((before?.total ?? 0) >= recoveryCaps.total) throw new Error(`[I11] ${name} was begun again beyond its cap`);
		if (decision === 'gates') return null;
		const usage = usageOf(ground, task);
		if (decision !== 'respawn') return blocked(`the agent changes files and does not commit: ${decision}`, usage);
		const [least, most] = workMs.respawns;
		if (await pauseOrAbort(clock, least + random.below(most - least), signal)) continue;
		return { kind: 'stopped', reason: 'it was told to', commit: null, usage };
	}
}

interface Ending {
	readonly behaviour: AgentBehaviour;
	readonly isDone: boolean;
	readonly task: Task;
	readonly head: CommitId | null;
	readonly session: SimSession;
	readonly clock: Clock;
	readonly usage: Usage;
}

const withoutCommit: ReadonlySet<AgentBehaviour> = new Set([
	...['blocks', 'limited', 'dies', 'liesAboutCommit', 'hangs', 'parks', 'survives'],
] as const);

const runOf = ({ project, item, token }: Task): string => `${project}/${item.key}/${token.join('.')}`;

function usageOf({ spent }: AgentGround, task: Task): Usage {
	return { costUsd: spent.get(runOf(task)) ?? 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
}

/** What QA says of the change. */
function verdictReport(behaviour: AgentBehaviour, usage: Usage): WorkReport {
	const verdict = behaviour === 'fails' ? 'fail' : behaviour === 'blocks' ? 'person' : 'pass';
	return { kind: 'verdict', verdict, reason: `I looked: ${verdict}`, detail: '', usage };
}

function reportOf({ behaviour, isDone, task, head, session, clock, usage }: Ending): WorkReport {
	const base = parseCommitId(task.main);
	const failed = (reason: string): WorkReport => ({
		...{ kind: 'failed', reason, gate: null, gateKind: null, detail: reason, commit: head, usage },
	});
	if (!isDone) return { kind: 'stopped', reason: 'it was told to', commit: head, usage };
	const isEnd = behaviour === 'hangs' || behaviour === 'dies' || behaviour === 'limited';
	if (task.role === 'qa' && !isEnd) return verdictReport(behaviour, usage);
	switch (behaviour) {
		case 'fails':
			return { ...failed('a test fails'), ...{ kind: 'failed', gate: 'check', gateKind: 'other' } } as WorkReport;
		case 'hangs':
			return failed('it said nothing for a minute');
		case 'dies':
			return failed('its process died');
		case 'parks': {
			const asks = { id: 'q', question: 'Bash: make', at: Math.max(0, Math.floor(clock.now())) };
			return { kind: 'blocked', reason: 'the agent asks whether it may: make', commit: null, usage, asks };
		}
		case 'blocks':
			return { kind: 'blocked', reason: 'what is meant here?', commit: null, usage };
		case 'limited':
			return { kind: 'rateLimited', until: Math.max(0, clock.now() + 20_000), usage };
		case 'liesAboutCommit': {
			const commit = parseCommitId(task.token.join('').padStart(40, 'a').slice(-40));
			return { kind: 'result', commit, base, verdict: verdictOf(commit), usage };
		}
		default: {
			if (head === null) return failed('it made no commit');
			const tree = session.kept.objects.treeId(head);
			const grewOn = behaviour === 'stacks' ? (session.kept.objects.parsed(head).parents[0] ?? base) : base;
			return { kind: 'result', commit: head, base: grewOn, verdict: verdictOf(tree), usage };
		}
	}
}

const verdictOf = (tree: string) => ({ tree, gateSet: 'set', passed: true, gates: [passedGate] });

/** What the agent makes: a file of its item's, or lines that others write too; one that resolves takes both. */
async function commitWork({ ground, session }: AgentOptions, task: Task, behaviour: AgentBehaviour): Promise<void> {
	const { objects } = session.kept;
	const { key } = task.item;
	const main = parseCommitId(task.main);
	const base = behaviour === 'stacks' ? await unjudged(session, main) : main;
	const files = new Map(objects.files(base));
	const text = (words: string) => objects.putFile(Buffer.from(words));
	const own = `${ground.node} ${key} ${task.token.join('.')}\n`;
	if (behaviour === 'conflicts' || task.role === 'mergemaster') {
		const shared = Buffer.from(files.get(sharedPath)?.content ?? '').toString();
		files.set(sharedPath, text(task.role === 'mergemaster' ? `${shared}${own}` : `${own}${shared}`));
	}
	files.set(`items/${key}.txt`, text(own));
	if (behaviour === 'lies' || behaviour === 'meddles') files.set(redPath, text(own));
	if (behaviour === 'meddles') files.set(projectConfigPath, text(withoutGates(files.get(projectConfigPath)?.content)));
	const tree = objects.putTree(files);
	const message = task.item.title || key;
	const commit = await session.git.createCommit({
		tree,
		parents: [base],
		message,
		author: person,
		atMs: 1_750_000_000_000,
	});
	ground.clones.set(cloneName(task.project, key), {
		...{ project: task.project, item: key, token: task.token, base, head: commit, objects },
	});
	ground.made.push({ project: task.project, item: key, token: task.token, commit, base });
	const grant = { node: ground.node, project: task.project, item: key, token: task.token };
	ground.emit({ kind: 'agentCommitted', ...grant, commit, base });
}

/** The settings of a project in which nothing is judged. */
function withoutGates(settings: Uint8Array = new Uint8Array()): string {
	return Buffer.from(settings)
		.toString()
		.replace(/\[\[gate\]\]\n(?:[a-z_]+ = .*\n)+/g, '');
}

/** A commit that no gate and no person has seen, for another to stand on. */
async function unjudged({ git, kept: { objects } }: SimSession, main: CommitId): Promise<CommitId> {
	const files = new Map(objects.files(main));
	files.set('hidden.txt', objects.putFile(Buffer.from('hidden\n')));
	const tree = objects.putTree(files);
	return git.createCommit({ tree, parents: [main], message: 'Hidden', author: person, atMs: 1_750_000_000_000 });
}

/** False: it was told to stop. */
function pauseOrAbort(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
	if (signal.aborted) return Promise.resolve(false);
	return new Promise((resolve) => {
		const cancel = clock.after(ms, () => resolve(true));
		signal.addEventListener(
			'abort',
			() => {
				cancel();
				resolve(false);
			},
			{ once: true },
		);
	});
}
