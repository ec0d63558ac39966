/**
 * Keeps the work going: asks the plan what is due, does it, and turns workers' reports into intents. A grant is a fact
 * before the worker begins; a report is acknowledged only after its intents were settled, so a crash anywhere repeats
 * a step and never loses or doubles one [I5], [I6].
 */
import { type Item, type ItemRole, mayRun, sameToken, type Token } from '../../shared/pipeline/index.ts';
import { type CommitId, type Git, type Log, nodeOf, parseAuthorId, parseCommitId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { OfferAnswer, Task, TreeVerdict, WorkReport } from '../../shared/protocol/work.ts';
import { scriptOf } from '../agents/index.ts';
import type { Draft, Home } from './home.ts';
import { planWork, type WorkAction } from './plan-work.ts';
import { reasonForPerson } from './review.ts';
import type { RunBook } from './run-book.ts';

/** The worker as the home sees it: by messages, although it may be in the same process. */
export interface WorkerLink {
	readonly freeSlots: () => number;
	readonly busy: () => readonly { readonly key: string; readonly role: ItemRole; readonly token: Token }[];
	readonly reporting: () => ReadonlySet<string>;
	offer(task: Task): OfferAnswer;
	begin(task: Task): boolean;
	/** Kills, verifies, keeps the work, then resolves. */
	cancel(key: string, reason: string): Promise<void>;
	/** The report was settled: it may be forgotten. */
	acknowledge(task: Task): Promise<void>;
}

export interface WorkLoopOptions {
	readonly project: string;
	readonly home: Home;
	readonly git: Git;
	readonly worker: WorkerLink;
	/** The author under which the worker of this process writes. */
	readonly workAuthor: string;
	readonly runs: RunBook;
	readonly log: Log;
	readonly now: () => number;
	readonly config: () => Promise<ProjectConfig>;
	/** Takes a result's commits out of the clone into a ref that can only be created. */
	readonly fetchAttempt: (task: Task, commit: CommitId, base: CommitId) => Promise<void>;
	/** What main's gates said about main as the work began from it; null when they never ran there. */
	readonly verdictOnMain: (base: CommitId) => Promise<TreeVerdict | null>;
	/** Another reason than those of the review module why a person must look. */
	readonly judged: (base: CommitId, commit: CommitId, config: ProjectConfig) => Promise<string | null>;
	readonly onSettled: () => void;
}

export class WorkLoop {
	readonly #options: WorkLoopOptions;
	readonly #notBefore = new Map<string, number>();

	constructor(options: WorkLoopOptions) {
		this.#options = options;
	}

	/** Until when an item must not be begun because an account is limited, wall ms. */
	notBefore(key: string): number | null {
		return this.#notBefore.get(key) ?? null;
	}

	/** When the next limit ends, wall ms; null where none is waited for. */
	nextLimitEnd(): number | null {
		const now = this.#options.now();
		const ends = [...this.#notBefore.values()].filter((until) => until > now);
		return ends.length === 0 ? null : Math.min(...ends);
	}

	/** One pass of the reconciler. `begin`: the main that new work begins on, or why none may begin. */
	async pass(begin: { readonly main: CommitId } | string, config: ProjectConfig): Promise<void> {
		const { home, worker, workAuthor, now } = this.#options;
		const actions = planWork(
			home.facts,
			{
				author: workAuthor,
				// Only this process's worker can come back: authors are new at each start, and there is one node.
				mayReturn: (author) => author === workAuthor || !this.#sameNode(author),
				busy: worker.busy(),
				reporting: worker.reporting(),
				freeSlots: worker.freeSlots(),
				notBefore: this.#notBefore,
			},
			{
				mayBegin: typeof begin !== 'string',
				autoStart: config.work.auto_start,
				agentFor: (item, role) => agentFor(item, role, config),
				now: now(),
			},
		);
		for (const action of actions) await this.#apply(action, config, typeof begin === 'string' ? null : begin.main);
	}

	/** What the worker hands over; called again after a crash until it is acknowledged. */
	async report(task: Task, report: WorkReport): Promise<void> {
		const { worker, home, log } = this.#options;
		await this.#options.runs.ended(task, report);
		const current = await this.#adopt(task, report);
		const item = home.item(task.item.key);
		const drafts = item ? await this.#draftsFor(item, current, report) : [];
		const settled = await home.submit('work', drafts);
		for (const { intent, outcome } of settled) {
			if (outcome !== 'applied') log.warn('report.refused', { item: task.item.key, event: intent.event, outcome });
		}
		if (item && report.kind === 'failed') await this.#stopRepeating(item, task);
		if (report.kind === 'rateLimited') this.#notBefore.set(task.item.key, report.until);
		await worker.acknowledge(task);
		this.#options.onSettled();
	}

	/**
	 * A result from before this process: its author cannot speak any more. Where nothing else has happened to the item
	 * the same worker gets a new grant for it, so that finished work is not done again.
	 */
	async #adopt(task: Task, report: WorkReport): Promise<Task> {
		const { home, workAuthor } = this.#options;
		const item = home.item(task.item.key);
		if (report.kind !== 'result' || item?.role !== task.role || !sameToken(item.token, task.token)) return task;
		if (item.holder === null || item.holder === workAuthor || !this.#sameNode(item.holder)) return task;
		await home.submit('home', [
			draft('system', item, 'release', { reason: 'its worker began anew' }),
			draft('system', item, 'grant', { holder: workAuthor, role: task.role }),
		]);
		const granted = home.item(item.key);
		return granted?.holder === workAuthor && granted.token !== null ? { ...task, token: granted.token } : task;
	}

	/** A script does the same again; when it failed in the same way twice, only a person can change anything. */
	async #stopRepeating(before: Item, task: Task): Promise<void> {
		const { home } = this.#options;
		const now = home.item(before.key);
		if (task.agent !== 'shell' || !now || !isSameFailure(before.lastFailure, now.lastFailure)) return;
		const reason = `its script failed twice in the same way: ${now.lastFailure?.reason ?? ''}`;
		await home.submit('home', [draft('system', now, 'block', { reason })]);
	}

	#sameNode(author: string): boolean {
		return nodeOf(parseAuthorId(author)) === nodeOf(parseAuthorId(this.#options.workAuthor));
	}

	async #apply(action: WorkAction, config: ProjectConfig, main: CommitId | null): Promise<void> {
		const { home, worker } = this.#options;
		switch (action.kind) {
			case 'cancel':
				return worker.cancel(action.key, action.reason);
			case 'start':
				await home.submit('home', [draft('scheduler', action.item, 'start')]);
				return;
			case 'release':
			case 'block':
				await home.submit('home', [draft('system', action.item, action.kind, { reason: action.reason })]);
				return;
			case 'fixup': {
				const { stage } = action.item;
				const detail = stage.kind === 'mergeFailure' ? (stage.detail ?? 'a gate failed') : 'a gate failed';
				await home.submit('home', [draft('system', action.item, 'fixup', { detail })]);
				return;
			}
			case 'complete':
				await home.submit('home', [draft('system', action.item, 'complete')]);
				return;
			case 'grant':
				if (main !== null) await this.#grant(action.item, action.role, config, main);
				return;
			case 'resume':
				if (main !== null && action.item.token !== null) {
					worker.begin(this.#task(action.item, action.role, action.item.token, config, main));
				}
				return;
		}
	}

	async #grant(item: Item, role: ItemRole, config: ProjectConfig, main: CommitId): Promise<void> {
		const { home, worker, workAuthor, log } = this.#options;
		const unminted: Token = [home.facts.term, home.facts.revision + 1];
		const answer = worker.offer(this.#task(item, role, unminted, config, main));
		if (answer.kind === 'declined') {
			log.info('offer.declined', { item: item.key, reason: answer.reason });
			return;
		}
		await home.submit('home', [draft('system', item, 'grant', { holder: workAuthor, role })]);
		const granted = home.item(item.key);
		if (granted?.holder !== workAuthor || granted.token === null || mayRun(granted.stage) !== role) {
			await worker.cancel(item.key, 'the grant was refused');
			return;
		}
		const task = this.#task(granted, role, granted.token, config, main);
		await this.#options.runs.started(task);
		worker.begin(task);
	}

	#task(item: Item, role: ItemRole, token: Token, config: ProjectConfig, main: CommitId): Task {
		return {
			project: this.#options.project,
			item: {
				key: item.key,
				number: item.number,
				title: item.title,
				type: item.type,
				description: item.description,
				words: item.words,
				lastFailure: failureText(item),
			},
			role,
			agent: agentFor(item, role, config) ?? 'shell',
			token,
			main,
			startFrom: item.result?.commit ?? null,
		};
	}

	async #draftsFor(item: Item, task: Task, report: WorkReport): Promise<readonly Draft[]> {
		const commit = 'commit' in report && report.commit !== null ? parseCommitId(report.commit) : null;
		// Kept first: whatever becomes of the report, the work is reachable [I7].
		const base = parseCommitId(report.kind === 'result' ? report.base : task.main);
		if (commit !== null) await this.#options.fetchAttempt(task, commit, base);
		if (!sameToken(item.token, task.token)) {
			this.#options.log.info('report.late', { item: item.key, kind: report.kind });
		}
		const say = (by: Draft['by'], event: string, args: Draft['args'] = {}): Draft => ({
			by,
			who: task.agent,
			item: item.key,
			event,
			args,
			token: task.token,
		});
		switch (report.kind) {
			case 'result':
				return this.#resultDrafts(item, task, report, say);
			case 'failed':
				if (task.role === 'mergemaster') return [say('agent', 'giveUpMerge')];
				return [
					say('gates', 'attemptFailed', {
						reason: report.reason,
						detail: report.detail,
						...(report.gate === null ? {} : { gate: report.gate }),
						...(report.gateKind === null ? {} : { gateKind: report.gateKind }),
					}),
				];
			case 'blocked':
				return [say('agent', 'block', { reason: report.reason })];
			case 'rateLimited':
				return this.#release(
					item,
					task,
					`the agent's account is limited until ${new Date(report.until).toISOString()}`,
				);
			case 'stopped':
				return this.#release(item, task, `the session was stopped: ${report.reason}`);
		}
	}

	/** A frozen or blocked item keeps its token for when it goes on; any other is free for the next grant. */
	async #release(item: Item, task: Task, reason: string): Promise<readonly Draft[]> {
		if (!sameToken(item.token, task.token) || mayRun(item.stage) === null) return [];
		await this.#options.home.submit('home', [draft('system', item, 'release', { reason })]);
		return [];
	}

	async #resultDrafts(
		item: Item,
		task: Task,
		report: Extract<WorkReport, { kind: 'result' }>,
		say: (by: Draft['by'], event: string, args?: Draft['args']) => Draft,
	): Promise<readonly Draft[]> {
		const { git, config: readConfig, verdictOnMain, judged } = this.#options;
		const config = await readConfig();
		const commit = parseCommitId(report.commit);
		const base = parseCommitId(report.base);
		const result = { commit, base };
		// What names a file says more than a count of tests that went down because of it.
		const asked =
			(await judged(base, commit, config)) ??
			reasonForPerson({
				changes: await git.changes(base, commit),
				main: await verdictOnMain(base),
				candidate: report.verdict,
				gates: config.gate.length,
			});
		const mode = item.review ?? config.review.mode;
		const reason = asked ?? (mode === 'server' ? null : 'a person approves each change of this project');
		if (task.role !== 'mergemaster') {
			return [
				reason === null ? say('gates', 'submit', result) : say('gates', 'submitForReview', { ...result, reason }),
			];
		}
		const recorded = say('gates', 'result', result);
		const approved = await this.#approvedAlready(item, base, commit);
		if (reason === null || approved) return [recorded, say('agent', 'retryMerge')];
		const words = `the conflict was resolved and is another change than the approved one: gangline diff ${item.number}, then gangline approve ${item.number}`;
		return [recorded, say('agent', 'block', { reason: words })];
	}

	/** Whether a person has approved exactly this change, though on another main. */
	async #approvedAlready(item: Item, base: CommitId, commit: CommitId): Promise<boolean> {
		if (item.approval === null) return false;
		const { git } = this.#options;
		const shown = await git.patchId(parseCommitId(item.approval.mergeBase), parseCommitId(item.approval.branch));
		return shown === (await git.patchId(base, commit));
	}
}

/** The agent that would work as `role`: the item's own, `shell` where its description has a script, the project's first. */
export function agentFor(
	item: Pick<Item, 'agent' | 'description'>,
	role: ItemRole,
	config: ProjectConfig,
): string | null {
	const named = config.agent.find(({ name }) => name === item.agent);
	if (item.agent === 'shell' || (item.agent === null && scriptOf(item.description) !== null)) {
		return scriptOf(item.description) !== null ? 'shell' : null;
	}
	if (item.agent !== null) return named ? named.name : null;
	const agent =
		config.agent.find((candidate) => candidate.role === role) ?? config.agent.find(({ role }) => role === 'coder');
	return agent?.name ?? null;
}

/** Durations, ports and process numbers differ between two runs of one failure. */
function isSameFailure(before: Item['lastFailure'], now: Item['lastFailure']): boolean {
	if (before === null || now === null || before.reason !== now.reason) return false;
	const withoutNumbers = (text: string | undefined): string => (text ?? '').replace(/\d+/g, '0');
	return withoutNumbers(before.detail) === withoutNumbers(now.detail);
}

function failureText(item: Item): string | null {
	if (item.lastFailure === null) return null;
	const { reason, detail } = item.lastFailure;
	return detail ? `${reason}\n${detail}` : reason;
}

function draft(by: Draft['by'], item: Item, event: string, args: Draft['args'] = {}): Draft {
	return { by, who: by, item: item.key, event, args };
}
