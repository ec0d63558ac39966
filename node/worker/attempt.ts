/**
 * One attempt at a task, from its clone to its report: set-up, sessions with recovery, gates. What the agent says of
 * its work counts for nothing; commits, the tree and the gates do. Whatever happens, it ends in exactly one report,
 * after every process of it is gone.
 */
import { type CommitId, GanglineError, type Log, type Secrets, type StopReport } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import {
	type AccountLogins,
	type AgentIdentity,
	type AgentLogin,
	type AgentSettings,
	nextAfterSession,
	type PersonEnvironment,
	type SessionEnd,
} from '../agents/index.ts';
import { afterCrash, type Pause } from './after-crash.ts';
import { judgeCommit, keepCommits } from './attempt-commits.ts';
import { AttemptPlace } from './attempt-place.ts';
import { AttemptReports } from './attempt-reports.ts';
import { AttemptSessions, type SessionsParts, type Steering } from './attempt-sessions.ts';
import {
	gaveUpReason,
	loginReason,
	missingLogin,
	missingSecrets,
	noWorkReason,
	overLimitReason,
	parkedReason,
	reasonOf,
	scriptFailure,
	settingsFor,
	unseenReason,
	withGiven,
	withinAllowance,
} from './attempt-words.ts';
import type { GateRunner } from './gate-runner.ts';
import { hookGates } from './pre-commit-hook.ts';
import { runQaAttempt } from './qa-attempt.ts';
import { research } from './research.ts';
import type { RunLog } from './run-log.ts';
import { SaidWords } from './said-words.ts';
import type { SessionBook } from './session-book.ts';
import { sessionsIn } from './session-place.ts';
import { findIn, firstPrompt } from './told.ts';
import type { WorkspaceGit } from './workspace-git.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

export interface AttemptParts extends SessionsParts {
	readonly git: WorkspaceGit;
	/** Sessions that only look. */
	readonly looks: SessionBook;
	readonly workspaces: Workspaces;
	readonly gates: GateRunner;
	readonly log: Log;
	readonly copyFrom: string | null;
	readonly person: PersonEnvironment;
	readonly secrets: Secrets;
	readonly logins: Pick<AccountLogins, 'for'>;
	readonly author: AgentIdentity;
	readonly hidden: readonly string[];
	readonly readOnly: readonly string[];
	readonly tmpRoot: string;
	/** Before a program that began no session is started again. */
	readonly pause: Pause;
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

export async function runAttempt(parts: AttemptParts, input: AttemptInput): Promise<AttemptEnd> {
	return await new Attempt(parts, input).run();
}

class Attempt {
	readonly #parts: AttemptParts;
	readonly #input: AttemptInput;
	readonly #place: AttemptPlace;
	readonly #reports = new AttemptReports();
	readonly #survivors: number[] = [];
	readonly #said = new SaidWords();

	constructor(parts: AttemptParts, input: AttemptInput) {
		this.#parts = parts;
		this.#input = input;
		this.#place = new AttemptPlace(parts, input);
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
			return { report: this.#reports.blocked(`${reason}${hint}`, null), survivors: this.#survivors };
		}
	}

	async #work(): Promise<WorkReport> {
		const { workspaces } = this.#parts;
		const { task, config, onStep, signal } = this.#input;
		const settings = settingsFor(task, config);
		if (!settings) return this.#reports.blocked(`no agent named ${task.agent} is in .gangline/project.toml`, null);
		const { missing } = this.#parts.secrets.valuesOf(settings.secrets ?? []);
		if (missing.length > 0) return this.#reports.blocked(missingSecrets(missing), null);
		const login = this.#parts.logins.for(settings, task.account);
		if (login === null) return this.#reports.blocked(missingLogin(settings, task.account), null);
		await this.#place.clear();
		if (task.role === 'qa') return await this.#judgeOthers(settings, login);
		onStep('clone');
		const isScript = settings.runtime === 'shell';
		// What is said from now on is part of the first session's prompt.
		if (!isScript)
			this.#input.onSteering({ say: (said) => this.#said.add(said), answer: () => false, asks: () => null });
		const hasHooks = !isScript && hookGates(config).length > 0;
		const opened = await workspaces.open(task, { fresh: isScript, hasHooks });
		signal.throwIfAborted();
		const ready = await this.#place.setUp(opened, (tree) => this.#noteTree(tree));
		if (ready.kind === 'stopped') return this.#stopped(null);
		if (ready.kind === 'failed') return this.#reports.blocked(ready.why, null);
		if (hasHooks) await this.#place.writeHook(ready.workspace);
		return await this.#sessionsIn(ready.workspace, settings, login);
	}

	/** What another has made; nothing here touches that one's clone. */
	async #judgeOthers(settings: AgentSettings, login: AgentLogin): Promise<WorkReport> {
		const { report, survivors } = await runQaAttempt({
			...{ parts: this.#parts, input: this.#input, settings, login },
			...{ runId: this.#place.runId, tmp: this.#place.tmp },
		});
		this.#survivors.push(...survivors);
		return report;
	}

	async #sessionsIn(workspace: Workspace, settings: AgentSettings, login: AgentLogin): Promise<WorkReport> {
		const { task, config } = this.#input;
		const { branch } = workspace;
		const analysis = await this.#research(workspace);
		if (this.#input.signal.aborted) return this.#stopped(await this.#keepCommits(workspace));
		// A recovery that was cut off goes on; whatever else is there is another try.
		const { given, isLeft } = await findIn(this.#parts, workspace);
		const sessions = this.#sessionsOf(workspace, { given, login });
		let prompt = firstPrompt(task, config, { branch, isLeft, analysis });
		const { recoveries } = this.#parts.workspaces;
		let state = await recoveries.read(task.item.key);
		for (;;) {
			if (withinAllowance(settings, task, this.#reports.usage) === null)
				return this.#reports.failed('what this try may cost is used up', '', null);
			this.#input.onStep(settings.runtime === 'shell' ? 'script' : `agent ${task.agent}`);
			const end = await sessions.run(settings, prompt, this.#reports.usage);
			this.#noteTree(end.tree);
			this.#reports.used(end.usage);
			this.#reports.edited(end.edits && [...end.edits]);
			const { account } = login;
			if (end.outcome.kind === 'rateLimited') {
				this.#reports.limited({ agent: task.agent, account, until: end.outcome.until });
			}
			if (sessions.parked !== null && end.outcome.kind === 'stopped' && !this.#input.signal.aborted) {
				return {
					...this.#reports.blocked(parkedReason(sessions.parked.question, task), await this.#keepCommits(workspace)),
					asks: sessions.parked,
				};
			}
			const unseen = unseenReason(task, end);
			if (unseen !== null) return this.#reports.blocked(unseen, await this.#keepCommits(workspace));
			const early = await this.#endsAttempt(workspace, { runtime: settings.runtime, login }, end);
			if (early === 'again') continue;
			if (early) return early;
			if (settings.runtime === 'shell') return await this.#afterScript(workspace, end);
			const seen = await this.#parts.git.state(workspace.clone, workspace.judged);
			const limit = overLimitReason(end, seen);
			if (limit !== null) return this.#reports.failed(limit, end.lastText, null);
			const next = nextAfterSession(state, { exit: end.outcome.kind, ...seen, filesRead: end.filesRead });
			state = next.state;
			// What was given up goes to a person, who begins it anew.
			await recoveries.keep(task.item.key, next.decision.startsWith('block') ? undefined : state);
			switch (next.decision) {
				case 'gates':
					if (seen.head !== null) return await this.#judge(workspace, seen.head);
					return this.#reports.failed('the clone has no readable HEAD any more', end.lastText, null);
				case 'wait':
					return this.#reports.rateLimited(end, this.#parts.ports.clock.now());
				case 'noWork':
					return this.#reports.failed(noWorkReason(end), end.lastText, null);
				case 'block(noProgress)':
				case 'block(total)':
					return this.#reports.blocked(gaveUpReason(next.decision, sessions.count), null);
				case 'respawn':
					prompt = firstPrompt(task, config, { branch, isLeft: true, analysis });
			}
		}
	}

	/** Null where nobody is to look first, or nothing came of it. */
	async #research(workspace: Workspace): Promise<string | null> {
		const { git } = this.#parts;
		const agent = this.#input.task.research;
		// Whoever goes on knows what was found out before.
		if (agent === undefined || (await this.#isBrokenOff(workspace))) return null;
		const { head } = await git.state(workspace.clone, workspace.judged);
		const commit = head !== null && (await git.isKnown(head)) ? head : null;
		const place = { commit, runId: `${this.#place.runId}-0`, tmp: this.#place.tmp };
		const { analysis, usage, survivors, limit } = await research(this.#parts, { ...this.#input, ...place });
		this.#reports.usedBy(agent, usage);
		if (limit !== undefined) this.#reports.limited({ agent, ...limit });
		this.#survivors.push(...survivors);
		return analysis;
	}

	async #isBrokenOff({ isNew }: Workspace): Promise<boolean> {
		const { item, role, agent } = this.#input.task;
		const known = isNew ? null : await this.#parts.book.get(item.key);
		return known?.isThere === true && known.role === role && known.agent === agent;
	}

	/** `given`: what a person has committed in the clone since the last session. */
	#sessionsOf(
		workspace: Workspace,
		{ given, login }: { readonly given: readonly string[]; readonly login: AgentLogin },
	): AttemptSessions {
		const { tmp, runId, lastFailure } = this.#place;
		const place = {
			...{ cwd: workspace.clone.path, tmp, runId, lastFailure, login, isNewClone: workspace.isNew, said: this.#said },
			confinement: this.#place.confinement(workspace),
			onSurvivors: (pids: readonly number[]) => this.#survivors.push(...pids),
		};
		const input = { ...this.#input, task: withGiven(this.#input.task, given) };
		return new AttemptSessions(this.#parts, sessionsIn(this.#parts, input, place));
	}

	/** Endings that no look at the clone can change; `again`: a program that began no session is started once more. */
	async #endsAttempt(
		workspace: Workspace,
		{ runtime, login }: Pick<AgentSettings, 'runtime'> & { readonly login: AgentLogin },
		{ outcome, tree, lastText }: SessionEnd,
	): Promise<WorkReport | 'again' | null> {
		const { task, signal, runLog } = this.#input;
		const { recoveries } = this.#parts.workspaces;
		if (tree.kind === 'survivors') {
			return this.#reports.blocked(`processes ${tree.pids.join(', ')} of the agent could not be ended`, null);
		}
		if (outcome.kind === 'crashed') {
			const { pause } = this.#parts;
			const { key } = task.item;
			const gaveUp = await afterCrash({ recoveries, pause, key, reason: outcome.reason, signal, runLog });
			return gaveUp === null ? 'again' : this.#reports.blocked(gaveUp, null);
		}
		if (outcome.kind !== 'stopped') await recoveries.forgetCrashes(task.item.key);
		switch (outcome.kind) {
			case 'stopped':
				return this.#stopped(await this.#keepCommits(workspace));
			case 'forced':
				if (outcome.cause !== 'login') return null;
				return this.#reports.blocked(
					loginReason(outcome.reason || lastText, this.#parts.runtime(runtime).login, login.account),
					null,
				);
			default:
				return null;
		}
	}

	async #afterScript(workspace: Workspace, end: SessionEnd): Promise<WorkReport> {
		const { git, author, ports } = this.#parts;
		const { task } = this.#input;
		const { outcome, lastText } = end;
		if (outcome.kind !== 'finished') return this.#reports.failed(scriptFailure(end), lastText, null);
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
			? this.#reports.failed('the script changed nothing', lastText, null)
			: await this.#judge(workspace, commit);
	}

	#noteTree(tree: StopReport): void {
		if (tree.kind === 'survivors') this.#survivors.push(...tree.pids);
	}

	async #judge(workspace: Workspace, commit: CommitId): Promise<WorkReport> {
		return await judgeCommit(this.#parts, this.#input, { workspace, commit, reports: this.#reports });
	}

	async #keepCommits(workspace: Workspace): Promise<CommitId | null> {
		return await keepCommits(this.#parts, this.#input, workspace);
	}

	#stopped(commit: CommitId | null): WorkReport {
		return this.#reports.stopped(reasonOf(this.#input.signal), commit);
	}
}
