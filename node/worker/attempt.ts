/**
 * One attempt at a task, from its clone to its report: set-up, sessions with recovery, gates. What the agent says of
 * its work counts for nothing; commits, the tree and the gates do. Whatever happens, it ends in exactly one report,
 * after every process of it is gone.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
	type CommitId,
	type Confinement,
	GanglineError,
	type Log,
	type Secrets,
	type StopReport,
} from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { GateVerdict, Task, TreeVerdict, WorkReport } from '../../shared/protocol/work.ts';
import {
	type AgentIdentity,
	type AgentSettings,
	agentEnvironment,
	commitOnlyPrompt,
	gateEnvironment,
	nextAfterSession,
	promptPlace,
	type SessionEnd,
	taskPrompt,
} from '../agents/index.ts';
import { AttemptSessions, type SessionsParts, type Steering } from './attempt-sessions.ts';
import {
	addUsage,
	attemptRef,
	gaveUpReason,
	loginReason,
	mainOf,
	missingSecrets,
	noUsage,
	noWorkReason,
	parkedReason,
	reasonOf,
	scriptFailure,
	settingsFor,
	withinAllowance,
} from './attempt-words.ts';
import type { GateRunner } from './gate-runner.ts';
import { runQaAttempt } from './qa-attempt.ts';
import { research } from './research.ts';
import type { RunLog } from './run-log.ts';
import { neededKey, runSetup } from './setup.ts';
import { exclude, freshFolder } from './workspace-files.ts';
import type { WorkspaceGit } from './workspace-git.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

export interface AttemptParts extends SessionsParts {
	readonly git: WorkspaceGit;
	readonly workspaces: Workspaces;
	readonly gates: GateRunner;
	readonly log: Log;
	readonly copyFrom: string | null;
	readonly person: Readonly<Record<string, string>>;
	readonly secrets: Secrets;
	readonly author: AgentIdentity;
	readonly hidden: readonly string[];
	readonly readOnly: readonly string[];
	readonly tmpRoot: string;
}

export interface AttemptInput {
	readonly task: Task;
	/** As the landed main has it. */
	readonly config: ProjectConfig;
	readonly portBase: number;
	readonly signal: AbortSignal;
	readonly runLog: RunLog;
	/** Which process works now, null between two. */
	readonly onPid: (pid: number | null) => void;
	/** A question of the agent was opened or closed. */
	readonly onAsk: () => void;
	/** How a person reaches the session that runs now, null between two. */
	readonly onSteering: (steering: Steering | null) => void;
	/** What is being done, for people. */
	readonly onStep: (what: string) => void;
}

export interface AttemptEnd {
	readonly report: WorkReport;
	/** Pids that could not be ended; the slot must not be used again. */
	readonly survivors: readonly number[];
}

const detailCharsMax = 16 * 1024;

export async function runAttempt(parts: AttemptParts, input: AttemptInput): Promise<AttemptEnd> {
	return await new Attempt(parts, input).run();
}

class Attempt {
	readonly #parts: AttemptParts;
	readonly #input: AttemptInput;
	readonly #survivors: number[] = [];
	#usage = noUsage;

	constructor(parts: AttemptParts, input: AttemptInput) {
		this.#parts = parts;
		this.#input = input;
	}

	async run(): Promise<AttemptEnd> {
		const { log } = this.#parts;
		const { task, signal } = this.#input;
		try {
			const report = await this.#work();
			return { report, survivors: this.#survivors };
		} catch (error) {
			if (signal.aborted) return { report: this.#stopped(null), survivors: this.#survivors };
			const reason = error instanceof Error ? error.message : String(error);
			const hint = error instanceof GanglineError && error.hint ? ` (${error.hint})` : '';
			log.error('attempt.failed', { item: task.item.key, error });
			return { report: this.#blocked(`${reason}${hint}`, null), survivors: this.#survivors };
		}
	}

	async #work(): Promise<WorkReport> {
		const { workspaces } = this.#parts;
		const { task, config, onStep, signal } = this.#input;
		const settings = settingsFor(task, config);
		if (!settings) return this.#blocked(`no agent named ${task.agent} is in .gangline/project.toml`, null);
		const { missing } = this.#parts.secrets.valuesOf(settings.secrets ?? []);
		if (missing.length > 0) return this.#blocked(missingSecrets(missing), null);
		await freshFolder(this.#tmp);
		await writeFile(this.#lastFailure, task.item.lastFailure ?? '');
		if (task.role === 'qa') return await this.#judgeOthers(settings);
		onStep('clone');
		const opened = await workspaces.open(task, settings.runtime === 'shell');
		signal.throwIfAborted();
		const ready = await this.#setUp(opened);
		if ('report' in ready) return ready.report;
		return await this.#sessionsIn(ready.workspace, settings);
	}

	/** What another has made; nothing here touches that one's clone. */
	async #judgeOthers(settings: AgentSettings): Promise<WorkReport> {
		const { report, survivors } = await runQaAttempt({
			...{ parts: this.#parts, input: this.#input, settings },
			...{ runId: this.#runId, tmp: this.#tmp },
		});
		this.#survivors.push(...survivors);
		return report;
	}

	async #setUp(workspace: Workspace): Promise<{ workspace: Workspace } | { report: WorkReport }> {
		const { workspaces, ports, copyFrom, person } = this.#parts;
		const { config, signal, runLog, portBase, onStep } = this.#input;
		const place = { folder: workspace.clone.path, copyFrom, config: config.setup };
		if (workspace.setup && workspace.setup.key === (await neededKey(place))) return { workspace };
		onStep('set-up');
		const forgotten = await workspaces.rememberSetup(workspace, null);
		const end = await runSetup(ports, {
			...place,
			env: gateEnvironment({ person, tmp: this.#tmp, portBase }),
			confinement: this.#confinement(workspace),
			runId: `${this.#runId}-setup`,
			signal,
			onLog: runLog.write,
		});
		if (end.kind !== 'ready') this.#noteTree(end.tree);
		signal.throwIfAborted();
		if (end.kind === 'stopped') return { report: this.#stopped(null) };
		if (end.kind === 'failed') return { report: this.#blocked(`${end.why}\n${end.tail}`.trim(), null) };
		const made = [...new Set([...(workspace.setup?.made ?? []), ...end.record.made])];
		// What set-up makes is nobody's work: it is neither committed nor taken for uncommitted changes.
		await exclude([workspace.clone.outside, ...(workspace.isNew ? [join(workspace.clone.path, '.git')] : [])], made);
		return { workspace: await workspaces.rememberSetup(forgotten, { key: end.record.key, made }) };
	}

	async #sessionsIn(workspace: Workspace, settings: AgentSettings): Promise<WorkReport> {
		const { task, config } = this.#input;
		const place = { ...promptPlace(task, config), branch: workspace.branch };
		const analysis = await this.#research(workspace);
		if (this.#input.signal.aborted) return this.#stopped(await this.#keepCommits(workspace));
		const sessions = this.#sessionsOf(workspace);
		let prompt = taskPrompt(task, analysis === null ? place : { ...place, analysis });
		const { recoveries } = this.#parts.workspaces;
		let state = await recoveries.read(task.item.key);
		// A recovery that was cut off goes on; whatever else is there is another try.
		const left = state && (await this.#parts.git.state(workspace.clone, workspace.judged)).dirty;
		if (left) prompt = commitOnlyPrompt(task, place);
		for (;;) {
			const allowed = withinAllowance(settings, task, this.#usage);
			if (allowed === null) return this.#failed('what this try may cost is used up', '', null);
			this.#input.onStep(settings.runtime === 'shell' ? 'script' : `agent ${task.agent}`);
			const end = await sessions.run(allowed, prompt);
			this.#noteTree(end.tree);
			this.#usage = addUsage(this.#usage, end.usage);
			if (sessions.parked !== null && end.outcome.kind === 'stopped' && !this.#input.signal.aborted) {
				return {
					...this.#blocked(parkedReason(sessions.parked.question, task), await this.#keepCommits(workspace)),
					asks: sessions.parked,
				};
			}
			const early = await this.#endsAttempt(workspace, settings, end);
			if (early) return early;
			if (settings.runtime === 'shell') return await this.#afterScript(workspace, end);
			const seen = await this.#parts.git.state(workspace.clone, workspace.judged);
			const next = nextAfterSession(state, { exit: end.outcome.kind, ...seen, filesRead: end.filesRead });
			state = next.state;
			// What was given up goes to a person, who begins it anew.
			await recoveries.keep(task.item.key, next.decision.startsWith('block') ? undefined : state);
			switch (next.decision) {
				case 'gates':
					if (seen.head !== null) return await this.#judge(workspace, seen.head);
					return this.#failed('the clone has no readable HEAD any more', end.lastText, null);
				case 'wait':
					return this.#rateLimited(end);
				case 'noWork':
					return this.#failed(noWorkReason(end), end.lastText, null);
				case 'block(noProgress)':
				case 'block(total)':
					return this.#blocked(gaveUpReason(next.decision, sessions.count), null);
				case 'respawn':
					prompt = commitOnlyPrompt(task, place);
			}
		}
	}

	/** Null where nobody is to look first, or nothing came of it. */
	async #research(workspace: Workspace): Promise<string | null> {
		const { git } = this.#parts;
		if (this.#input.task.research === undefined) return null;
		const { head } = await git.state(workspace.clone, workspace.judged);
		const commit = head !== null && (await git.isKnown(head)) ? head : null;
		const place = { commit, runId: `${this.#runId}-0`, tmp: this.#tmp };
		const { analysis, usage, survivors } = await research(this.#parts, { ...this.#input, ...place });
		this.#usage = addUsage(this.#usage, usage);
		this.#survivors.push(...survivors);
		return analysis;
	}

	#sessionsOf(workspace: Workspace): AttemptSessions {
		const { person, author, secrets } = this.#parts;
		const { task, config, signal, runLog, portBase, onPid, onSteering, onAsk } = this.#input;
		return new AttemptSessions(this.#parts, {
			...{ task, signal, runLog, onPid, onSteering, onAsk },
			commands: [...config.setup.commands, ...config.gate.map(({ command }) => command)],
			cwd: workspace.clone.path,
			tmp: this.#tmp,
			env: (agent, settings) => ({
				...agentEnvironment({
					person,
					tmp: this.#tmp,
					portBase,
					author,
					credentials: [...agent.credentials, ...settings.env],
				}),
				...secrets.valuesOf([...agent.credentials, ...(settings.secrets ?? [])]).values,
				GANGLINE_LAST_FAILURE: this.#lastFailure,
			}),
			confinement: this.#confinement(workspace),
			runId: this.#runId,
			isNewClone: workspace.isNew,
		});
	}

	/** Endings that no look at the clone can change. */
	async #endsAttempt(
		workspace: Workspace,
		{ runtime }: AgentSettings,
		{ outcome, tree, lastText }: SessionEnd,
	): Promise<WorkReport | null> {
		if (tree.kind === 'survivors') {
			return this.#blocked(`processes ${tree.pids.join(', ')} of the agent could not be ended`, null);
		}
		switch (outcome.kind) {
			case 'stopped':
				return this.#stopped(await this.#keepCommits(workspace));
			case 'crashed':
				return this.#blocked(`the agent could not begin: ${outcome.reason}`, null);
			case 'forced':
				if (outcome.cause !== 'login') return null;
				return this.#blocked(loginReason(outcome.reason || lastText, this.#parts.runtime(runtime).login), null);
			default:
				return null;
		}
	}

	async #afterScript(workspace: Workspace, end: SessionEnd): Promise<WorkReport> {
		const { git, author, ports } = this.#parts;
		const { task } = this.#input;
		const { outcome, lastText } = end;
		if (outcome.kind !== 'finished') return this.#failed(scriptFailure(end), lastText, null);
		const message = task.item.title;
		const own = await git.commitAll(workspace.clone, {
			message,
			author,
			atMs: ports.clock.now(),
			base: workspace.judged,
		});
		const { head, newCommits } = await git.state(workspace.clone, workspace.judged);
		const commit = own ?? (newCommits > 0 ? head : null);
		return commit === null
			? this.#failed('the script changed nothing', lastText, null)
			: await this.#judge(workspace, commit);
	}

	/** Brings the commit among ours and lets the gates judge it. */
	async #judge(workspace: Workspace, commit: CommitId): Promise<WorkReport> {
		const { git, workspaces, gates } = this.#parts;
		const { task, config, signal, runLog, onStep } = this.#input;
		onStep('gates');
		try {
			await git.take({ clone: workspace.clone, commit, base: workspace.base, ref: attemptRef(task) });
		} catch (error) {
			if (!(error instanceof GanglineError) || (error.code !== 'REFUSED' && error.code !== 'TOO_LARGE')) throw error;
			return this.#failed(error.message, '', null);
		}
		const base = (await git.mergeBase(mainOf(task), commit)) ?? workspace.base;
		if ((await git.treeOf(commit)) === (await git.treeOf(base))) {
			await workspaces.rememberJudged(workspace, commit);
			return this.#failed('its commits change nothing', '', commit);
		}
		let verdict: TreeVerdict;
		try {
			verdict = await gates.verdict({ commit, config, signal, onLog: runLog.write, onStep });
		} catch (error) {
			if (signal.aborted) return this.#stopped(commit);
			throw error;
		}
		await workspaces.rememberJudged(workspace, commit);
		if (verdict.passed) return { kind: 'result', commit, base, verdict, usage: this.#usage };
		const gate = verdict.gates.find(({ outcome }) => outcome !== 'passed');
		return gate ? this.#gateFailed(gate, commit) : this.#failed('the gates did not pass', '', commit);
	}

	/** Commits that nobody has judged yet are kept before the report says where. */
	async #keepCommits(workspace: Workspace): Promise<CommitId | null> {
		const { git, log } = this.#parts;
		const { task } = this.#input;
		try {
			const { head, newCommits } = await git.state(workspace.clone, workspace.judged);
			if (head === null || newCommits === 0) return null;
			await git.take({ clone: workspace.clone, commit: head, base: workspace.base, ref: attemptRef(task) });
			return head;
		} catch (error) {
			// They stay in the clone, which is not removed without salvage.
			log.warn('attempt.commitsNotKept', { item: task.item.key, error: String(error) });
			return null;
		}
	}

	#confinement({ clone }: Workspace): Confinement {
		const { git, hidden, readOnly, tmpRoot } = this.#parts;
		return {
			hidden: [...hidden, tmpRoot],
			readOnly: [...readOnly, ...git.objects, join(clone.outside, 'objects')],
			writable: [clone.path, this.#tmp],
		};
	}

	#noteTree(tree: StopReport): void {
		if (tree.kind === 'survivors') this.#survivors.push(...tree.pids);
	}

	get #tmp(): string {
		return join(this.#parts.tmpRoot, `p${this.#input.portBase}`);
	}

	/** What the last try failed with, empty at the first: a script can read it, an agent has it in its prompt too. */
	get #lastFailure(): string {
		return join(this.#tmp, 'last-failure.txt');
	}

	get #runId(): string {
		const { item, token } = this.#input.task;
		return `work-${item.key.toLowerCase()}-${token.join('-')}`;
	}

	#gateFailed(gate: GateVerdict, commit: CommitId): WorkReport {
		const { gate: name, kind, why, tail } = gate;
		const reason = name === 'setup' ? why : `gate ${name}: ${why}`;
		return { ...this.#failed(reason, tail, commit), gate: name, gateKind: kind };
	}

	#failed(reason: string, detail: string, commit: CommitId | null): Extract<WorkReport, { kind: 'failed' }> {
		const usage = this.#usage;
		return { kind: 'failed', reason, gate: null, gateKind: null, detail: detail.slice(-detailCharsMax), commit, usage };
	}

	#blocked(reason: string, commit: CommitId | null): Extract<WorkReport, { kind: 'blocked' }> {
		return { kind: 'blocked', reason: reason.slice(0, detailCharsMax), commit, usage: this.#usage };
	}

	#rateLimited({ outcome }: SessionEnd): WorkReport {
		const until = outcome.kind === 'rateLimited' ? outcome.until : this.#parts.ports.clock.now();
		return { kind: 'rateLimited', until, usage: this.#usage };
	}

	#stopped(commit: CommitId | null): WorkReport {
		return { kind: 'stopped', reason: reasonOf(this.#input.signal), commit, usage: this.#usage };
	}
}
