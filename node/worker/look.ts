/**
 * A session that only looks: QA and research. It gets a clone of its own at exactly the commit it is to look at, beside
 * nobody's work, and answers in a file. Whatever it did to the tree or to refs is found afterwards and makes its answer
 * worthless. One that is broken off is gone on with in its clone, or begun afresh there when that fails at once; after
 * any other end the clone is thrown away, so nothing that it changed can go anywhere.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkClone } from '../../shared/git/index.ts';
import type { CommitId, Confinement } from '../../shared/ports/index.ts';
import type { Task, Usage } from '../../shared/protocol/work.ts';
import {
	type AgentLogin,
	type AgentSettings,
	gateEnvironment,
	portsPerClone,
	type SessionEnd,
	type SessionPlan,
} from '../agents/index.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import { addUsage, mainOf, noUsage, withinAllowance, withLeft } from './attempt-words.ts';
import { nobodyElse } from './nobody-else.ts';
import { startProduct } from './product.ts';
import { runSession } from './run-session.ts';
import { toldNames, untold } from './said-words.ts';
import type { LookRecord, SessionEntry } from './session-book.ts';
import { countedIn, goesOn, goesOnWith, SessionKeeper, type Successor } from './session-keeper.ts';
import { runSetup } from './setup.ts';
import { exclude } from './workspace-files.ts';

export interface LookInput extends AttemptInput {
	/** Unique on this node. */
	readonly runId: string;
	/** The folder of this attempt alone. */
	readonly tmp: string;
	/** What to look at; null: main as the task has it. */
	readonly commit: CommitId | null;
	readonly role: 'qa' | 'research';
	/** Sessions that were begun for this answer before. */
	readonly before: number;
	/** What the attempt has used before. */
	readonly spent: Usage;
	/** The configured agent and how it is run. */
	readonly agent: { readonly name: string; readonly settings: AgentSettings; readonly login: AgentLogin };
	/** Whether the project's program is to run beside it. */
	readonly withProduct: boolean;
	/** `goesOn`: what a session that knows the rest is to hear; null for one that begins. */
	readonly prompt: (place: LookPlace, goesOn: NewWords | null) => string;
}

export function newWords({ item, notes }: Pick<Task, 'item' | 'notes'>, entry: SessionEntry): NewWords {
	return { words: item.words.slice(entry.words), notes: [...untold(notes ?? [], entry.told ?? [])] };
}

/** What people said since a session was told everything. */
export interface NewWords {
	readonly words: readonly string[];
	readonly notes: string[];
}

export interface LookPlace {
	/** The running product, or why it does not run; null where nobody asked for it. */
	readonly product: string | null;
	/** Where the answer is to be written. */
	readonly answerFile: string;
}

export type LookEnd =
	/** `changed`: what it did although it was only to look; null where nothing. */
	| {
			readonly kind: 'looked';
			readonly end: SessionEnd;
			readonly answer: string | null;
			readonly changed: string | null;
			/** Sessions that were begun for the same answer before this one, also by an earlier process. */
			readonly before: number;
	  }
	/** The clone could not be made ready. */
	| { readonly kind: 'notReady'; readonly why: string }
	| { readonly kind: 'stopped' };

const answerBytesMax = 64 * 1024;

export async function look(parts: AttemptParts, input: LookInput): Promise<LookEnd> {
	const { git, author, workspaces } = parts;
	const { task, agent, role, runLog } = input;
	const { key, number } = task.item;
	await nobodyElse(parts.ports.processes, key);
	const keeper = new SessionKeeper({
		...{ book: parts.looks, spent: parts.spent, clock: parts.ports.clock, task, role },
		...{ agent: agent.name, account: agent.login.account },
		note: (text) => runLog.write(agent.name, 'note', `${text}\n`),
	});
	const commit = input.commit ?? mainOf(task);
	const { settings, login } = agent;
	const by = { role, agent: agent.name, runtime: settings.runtime, account: login.account };
	const left = await brokenOff(parts, { key, by, commit });
	if (left === null) await keeper.over();
	else keeper.goOnWith(left.entry);
	const clone = left?.clone ?? (await workspaces.openLook(key, { commit, branch: `gangline/${number}`, user: author }));
	let isLeft = left !== null;
	try {
		const ready = left === null ? await setUp(parts, input, clone) : null;
		if (ready !== null) return ready;
		await using product = await run(parts, input, clone);
		if (input.signal.aborted) return { kind: 'stopped' };
		const seen = async (): Promise<Seen> => {
			const { head, diff } = await git.state(clone, commit);
			return { head, diff, refs: await git.refsFingerprint(clone) };
		};
		const record: LookRecord = left?.record ?? { commit, before: input.before, ...(await seen()) };
		const answerFile = join(input.tmp, 'answer');
		const end = await session(parts, input, { keeper, record, clone, answerFile, product: product.words });
		await product.stop();
		isLeft = goesOn(end) && keeper.entry?.isThere === true;
		const changed = whatChanged(record, await seen());
		return { kind: 'looked', end, answer: await readAnswer(answerFile), changed, before: record.before };
	} finally {
		if (!isLeft) {
			await keeper.over();
			await workspaces.removeLook(key);
		}
	}
}

export interface BrokenOff {
	readonly entry: SessionEntry;
	readonly record: LookRecord;
	readonly clone: WorkClone;
}

/** The look that was broken off, where all of it is still there; null: it begins anew. Changes nothing. */
export async function brokenOff(
	{ workspaces, looks }: Pick<AttemptParts, 'workspaces' | 'looks'>,
	{ key, by, commit }: { readonly key: string; readonly by: Successor; readonly commit: CommitId },
): Promise<BrokenOff | null> {
	const entry = goesOnWith(await looks.get(key), by);
	const clone = await workspaces.findLook(key);
	if (entry?.look?.commit !== commit || clone === null) return null;
	return { entry, record: entry.look, clone };
}

type Seen = Pick<LookRecord, 'head' | 'refs' | 'diff'>;

function whatChanged(before: Seen, after: Seen): string | null {
	if (after.head !== before.head) return 'it moved HEAD';
	if (after.refs !== before.refs) return 'it changed refs';
	return after.diff === before.diff ? null : 'it changed files';
}

async function setUp(parts: AttemptParts, input: LookInput, clone: WorkClone): Promise<LookEnd | null> {
	const { ports, copyFrom, person } = parts;
	const { config, signal, runLog, portBase, onStep, tmp, runId } = input;
	onStep('set-up');
	const end = await runSetup(ports, {
		...{ folder: clone.path, copyFrom, signal },
		config: config.setup,
		env: gateEnvironment({ person, tmp, portBase }),
		confinement: confinement(parts, tmp, clone),
		runId: `${runId}-setup`,
		onLog: runLog.write,
	});
	if (end.kind === 'stopped' || signal.aborted) return { kind: 'stopped' };
	if (end.kind === 'failed') return { kind: 'notReady', why: `${end.why}\n${end.tail}`.trim() };
	await exclude([join(clone.path, '.git'), clone.outside], end.record.made);
	return null;
}

/** The project's program beside the session: what the agent is told of it, and its end. */
interface Beside extends AsyncDisposable {
	readonly words: string | null;
	stop(): Promise<unknown>;
}

function beside(words: string | null, stop: Beside['stop'] = async () => {}): Beside {
	return {
		words,
		stop,
		[Symbol.asyncDispose]: async () => {
			await stop();
		},
	};
}

/** The last port of the range: the agent may use the first ones for itself. */
async function run(parts: AttemptParts, input: LookInput, clone: WorkClone): Promise<Beside> {
	const { config, portBase, tmp, runId, runLog, onStep, signal } = input;
	if (!input.withProduct || config.run.command === undefined) return beside(null);
	onStep('run');
	const port = portBase + portsPerClone - 1;
	const env = { ...gateEnvironment({ person: parts.person, tmp, portBase }), PORT: String(port) };
	const started = await startProduct(parts.ports, {
		...{ run: config.run, folder: clone.path, port, env, signal },
		confinement: confinement(parts, tmp, clone),
		runId: `${runId}-run`,
		onLog: (stream, text) => runLog.write('run', stream, text),
	});
	if (started.kind === 'ready') return beside(runningWords(started.url), started.stop);
	return beside(`The product could not be started with this change: ${started.why}\n${started.tail.slice(-2_000)}`);
}

/** What an agent is told of the product beside it. */
export function runningWords(url: string): string {
	return `The product runs with this change: ${url}`;
}

interface SessionPlace extends LookPlace {
	readonly keeper: SessionKeeper;
	readonly record: LookRecord;
	readonly clone: WorkClone;
}

async function session(parts: AttemptParts, input: LookInput, at: SessionPlace): Promise<SessionEnd> {
	const { task, agent, onStep, signal } = input;
	onStep(`agent ${agent.name}`);
	const { keeper } = at;
	const known = keeper.entry;
	let plan: SessionPlan =
		known?.isThere === true
			? { kind: 'resume', id: known.id, ...countedIn(known) }
			: { kind: 'new', id: parts.newSessionId() };
	let usage = noUsage;
	for (let run = 1; ; run++) {
		// What was said before the node ended is no new allowance [I11].
		const left = withLeft(agent.settings, keeper.used);
		const allowed =
			typeof left === 'string' ? left : (withinAllowance(left, task, addUsage(input.spent, usage)) ?? 'cost');
		if (typeof allowed === 'string') return notBegun(allowed, usage);
		const end = await once(parts, input, { ...at, plan, run, settings: allowed });
		usage = addUsage(usage, end.usage);
		const isAfresh = plan.kind === 'resume' && end.outcome.kind === 'crashed' && end.tree.kind === 'empty';
		if (!isAfresh || signal.aborted) return { ...end, usage };
		input.runLog.write(agent.name, 'note', 'the session could not be resumed: begins afresh\n');
		plan = { kind: 'new', id: parts.newSessionId() };
	}
}

/** One start of the program. */
async function once(
	parts: AttemptParts,
	input: LookInput,
	at: SessionPlace & { readonly plan: SessionPlan; readonly run: number; readonly settings: AgentSettings },
): Promise<SessionEnd> {
	const { tmp, runId, agent, task } = input;
	const { keeper, plan, clone, answerFile, record } = at;
	const { words } = task.item;
	const notes = task.notes ?? [];
	const news = plan.kind === 'new' || keeper.entry === null ? null : newWords(task, keeper.entry);
	const told = toldNames([], notes);
	await keeper.begin(at.settings, plan, { words: words.length, told, look: record });
	// What another session wrote is not its answer.
	await rm(answerFile, { recursive: true, force: true });
	const inClone = confinement(parts, tmp, clone);
	let isKilled = false;
	const end = await runSession(parts, input, {
		...{ tmp, plan, settings: at.settings, login: agent.login, source: agent.name },
		runId: at.run === 1 ? runId : `${runId}-${at.run}`,
		cwd: clone.path,
		prompt: input.prompt({ product: at.product, answerFile }, news),
		env: { GANGLINE_ANSWER: answerFile },
		confinement: { ...inClone, writable: [...inClone.writable, ...agent.login.folders] },
		onSession: (id) => keeper.established(id),
		onEvent: (event) => {
			keeper.take(event);
			if (event.kind === 'started') keeper.tell(words.length, told);
			if (event.kind === 'exited') isKilled = event.status.kind === 'signal' && event.status.signal === 'SIGKILL';
		},
	});
	await keeper.ended(isKilled);
	return end;
}

/** Nothing is left of a limit. */
function notBegun(which: 'cost' | 'turns' | 'time', usage: Usage): SessionEnd {
	return {
		...{ outcome: { kind: 'overBudget', which }, usage, sessionId: null, filesRead: [], lastText: '' },
		...{ garbageLines: 0, tree: { kind: 'empty', killed: 0 } },
	};
}

function confinement(
	{ git, hidden, readOnly, tmpRoot }: AttemptParts,
	tmp: string,
	{ path, outside }: WorkClone,
): Confinement {
	return {
		hidden: [...hidden, tmpRoot],
		readOnly: [...readOnly, ...git.objects, join(outside, 'objects')],
		writable: [tmp, path],
	};
}

/** Null where there is none, or far more than anyone would read. */
async function readAnswer(file: string): Promise<string | null> {
	const found = await stat(file).catch(() => null);
	if (!found?.isFile() || found.size === 0 || found.size > answerBytesMax) return null;
	return await readFile(file, 'utf8');
}
