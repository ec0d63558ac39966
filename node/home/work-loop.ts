/**
 * Keeps the work going: asks the plan what is due, does it, and turns workers' reports into intents. A grant is a fact
 * before the worker begins; a report is acknowledged only after its intents were settled, so a crash anywhere repeats
 * a step and never loses or doubles one [I5], [I6].
 */
import { countAttempt, type Item, type ItemRole, mayRun, sameToken, type Token } from '../../shared/pipeline/index.ts';
import {
	type Clock,
	type CommitId,
	GanglineError,
	type Git,
	ganglineError,
	type Log,
	type NodeId,
	nodeOf,
	parseAuthorId,
	parseCommitId,
} from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { lostAfterMsDefault } from '../../shared/protocol/worker-state.ts';
import { agentFor, type LimitedUntil, loginOf, loginsOf } from './agent-for.ts';
import { Allowances } from './allowances.ts';
import { type GrantOptions, Grants, type Placement } from './grants.ts';
import type { Home } from './home.ts';
import { MissingResults } from './missing-results.ts';
import { draftOf } from './plan-drafts.ts';
import { planWork, type WorkAction } from './plan-work.ts';
import { givesBack, type ReportSurroundings, reportIntents } from './report-intents.ts';
import { type RunBook, runName } from './run-book.ts';
import type { Talks } from './talks.ts';
import type { WorkerPool } from './worker-pool.ts';

/** What of a task names its attempt's ref. */
export interface AttemptName {
	readonly key: string;
	readonly token: Token;
}

export interface WorkLoopOptions
	extends ReportSurroundings,
		Pick<GrantOptions, 'project' | 'placer' | 'texts' | 'brief' | 'isPaused'> {
	readonly home: Home;
	readonly git: Git;
	readonly pool: WorkerPool;
	/** The author under which the worker of this process works. */
	readonly workAuthor: string;
	readonly runs: RunBook;
	readonly talks: Talks;
	readonly log: Log;
	readonly clock: Clock;
	/** Takes a result's commits from where they were made into a ref that can only be created. */
	readonly fetchAttempt: (from: NodeId, attempt: AttemptName, commit: CommitId, base: CommitId) => Promise<void>;
	readonly onSettled: () => void;
}

export class WorkLoop {
	readonly #options: WorkLoopOptions;
	readonly #grants: Grants;
	readonly #allowances: Allowances;
	readonly #missing: MissingResults;
	/** By item: until when every account that could be used for it is limited, wall ms. As of the last pass. */
	#notBefore: ReadonlyMap<string, number> = new Map();
	#saidLimit = 0;
	readonly #settling = new Map<string, Promise<void>>();

	constructor(options: WorkLoopOptions) {
		this.#options = options;
		this.#grants = new Grants(options);
		this.#allowances = new Allowances(options);
		this.#missing = new MissingResults(options.git);
	}

	/** Until when an item must not be begun because all accounts that could be used for it are limited, wall ms. */
	notBefore(key: string): number | null {
		return this.#notBefore.get(key) ?? null;
	}

	/** Why the item runs where it does, or why no worker takes it now; null where nobody was asked. */
	placement(key: string): Placement | null {
		return this.#grants.placement(key);
	}

	/** What whoever does this role of the item would be given now: with the try that a grant would count. */
	async task(seen: Item, role: ItemRole | 'research', config: ProjectConfig, main: CommitId): Promise<Task> {
		const { term, revision } = this.#options.home.facts;
		const item = seen.role === null ? { ...seen, tries: countAttempt(seen.tries) } : seen;
		const wanted = role === 'research' ? { item, role: 'coder' as const, withResearch: true } : { item, role };
		return await this.#grants.tasks.task(wanted, item.token ?? [term, revision + 1], config, main);
	}

	/** When the next limit ends, wall ms; null where none is waited for. */
	nextLimitEnd(): number | null {
		return this.#options.pool.nextLimitEnd();
	}

	/** One pass of the reconciler. `begin`: the main that new work begins on, or why none may begin. */
	async pass(begin: { readonly main: CommitId } | string, config: ProjectConfig): Promise<void> {
		const { home, pool, clock, texts } = this.#options;
		await this.#allowances.giveUp((node) => pool.isBarred(node));
		const items = Object.values(home.facts.items);
		this.#notBefore = this.#limitedItems(items, config);
		const actions = planWork(home.facts, pool.seen(items.flatMap(({ holder }) => holder ?? [])), {
			mayBegin: typeof begin !== 'string',
			autoStart: config.work.auto_start,
			agentFor: (item, role) => agentFor(texts.described(item), role, config),
			notBefore: this.#notBefore,
			lostAfterMs: (item) => lostAfter(item, config),
			wasGranted: (node, { key, token }) => this.#granted(node, key, token) === true,
			missing: await this.#missing.among(items),
			now: clock.now(),
		});
		for (const action of actions) await this.#apply(action, config, typeof begin === 'string' ? null : begin.main);
		const wanted = actions.flatMap((action) => (action.kind === 'grant' ? [action] : []));
		if (typeof begin !== 'string') await this.#grants.give(wanted, config, begin.main);
	}

	/** Says once that no account is left, with the time at which that ends. */
	#limitedItems(items: readonly Item[], config: ProjectConfig): ReadonlyMap<string, number> {
		const { texts, pool, log, clock } = this.#options;
		const limitedUntil: LimitedUntil = (agent) => pool.limitedUntil(loginsOf(agent, config));
		const limited = new Map<string, number>();
		if (pool.nextLimitEnd() === null) return limited;
		for (const item of items) {
			const role = mayRun(item.stage);
			const agent = role && agentFor(texts.described(item), role, config, limitedUntil);
			const until = agent ? limitedUntil(agent) : null;
			if (until !== null) limited.set(item.key, until);
		}
		const first = Math.min(...limited.values());
		if (limited.size > 0 && first !== this.#saidLimit && this.#saidLimit <= clock.now()) {
			this.#saidLimit = first;
			log.warn('accounts.limited', { items: limited.size, until: new Date(first).toISOString() });
		}
		return limited;
	}

	/** Asks for no more passes. */
	stop(): void {
		this.#grants.stop();
	}

	/** Ends an item's run, wherever it is. Resolves when it has ended here, and when it was asked for elsewhere. */
	async cancel(key: string, reason: string): Promise<void> {
		const { pool } = this.#options;
		const runs = pool.running().filter((run) => run.key === key);
		await Promise.all(runs.map(({ node }) => pool.link(node).cancel(key, reason)));
	}

	/** What a worker hands over; called again after a crash or a lost answer until it is acknowledged. */
	async report(from: NodeId, task: Task, report: WorkReport): Promise<void> {
		// Of each node by itself: what another says of the same grant is no answer to whoever holds it [I13].
		const name = `${from}/${task.item.key}/${task.token.join('.')}`;
		const before = this.#settling.get(name);
		if (before) return before;
		const settling = this.#settle(from, task, report).finally(() => this.#settling.delete(name));
		this.#settling.set(name, settling);
		return settling;
	}

	async #settle(from: NodeId, said: Task, report: WorkReport): Promise<void> {
		const { pool, home, log, runs, talks } = this.#options;
		const item = home.item(said.item.key);
		const isLast = sameToken(item?.token, said.token);
		const holder = isLast && item && item.holder !== null ? nodeOf(parseAuthorId(item.holder)) : null;
		if (item && holder !== null && holder !== from) {
			throw ganglineError('FORBIDDEN', `${from} reports about #${item.number}, which ${item.holder} holds`);
		}
		// Whom an earlier home had given what nobody holds any more is not known here: it is kept, and decides nothing.
		const isCurrent = isLast && (holder === from || said.token[0] === home.facts.term);
		// What decides is the grant, not what the report says of it.
		const task = isCurrent && item?.role ? { ...said, role: item.role } : said;
		if (holder === null && !this.#wasGranted(from, said)) {
			if (this.#allowances.owes(said, from)) await this.#allowances.settle(said, report, from);
			await this.#noteLimits(from, said, report);
			log.warn('report.ofNoGrant', { item: said.item.key, node: from, token: said.token });
			return pool.link(from).acknowledge(said);
		}
		await this.#allowances.settle(task, report, from);
		await runs.ended(task, report, from);
		if (report.kind === 'blocked' && report.asks) await talks.park(task.item.key, report.asks);
		if (item) await this.#settleItem(item, { from, task, report, isCurrent });
		// The facts may have lost the item with a disk; what was made for it is kept all the same [I7].
		else await this.#keepCommits(from, task, report);
		if (item && report.kind === 'failed') await this.#stopRepeating(item, task);
		await this.#noteLimits(from, said, report);
		if (!isCurrent) log.info('report.late', { item: task.item.key, node: from, kind: report.kind });
		await pool.link(from).acknowledge(task);
		this.#options.onSettled();
	}

	/** What its accounts cannot do now it knows best, whatever its work was for. */
	async #noteLimits(from: NodeId, said: Task, report: WorkReport): Promise<void> {
		const { pool, config } = this.#options;
		if (report.kind === 'rateLimited') {
			// What others would need of the same account there waits as well, and costs them no try.
			await pool.limited(from, loginOf(said, await config()).account, report.until);
		}
		for (const met of report.limits ?? []) {
			await pool.limited(from, loginOf(met, await config()).account, met.until);
		}
	}

	/**
	 * Whether the node once had this grant: what it brings is kept then, however late [I7]. Nobody fills our disk with
	 * others: grants of a home before this one are in its books alone, so of those each item has room for a few.
	 */
	#wasGranted(from: NodeId, { item: { key }, token }: Task): boolean {
		const { runs, home } = this.#options;
		const granted = this.#granted(from, key, token);
		if (granted !== null) return granted;
		const isOfEarlierHome = token[0] !== home.facts.term && home.item(key) !== undefined;
		return isOfEarlierHome && runs.runs(key).length < runsOfEarlierHomesMax;
	}

	/** Whether our books have this grant as the node's; null where they do not have it. */
	#granted(node: NodeId, key: string, token: Token): boolean | null {
		const { runs, workAuthor } = this.#options;
		const run = runs.runs(key).find((one) => one.run === runName({ token }));
		return run === undefined ? null : (run.node ?? nodeOf(parseAuthorId(workAuthor))) === node;
	}

	async #settleItem(
		item: Item,
		{ from, task, report, isCurrent }: { from: NodeId; task: Task; report: WorkReport; isCurrent: boolean },
	): Promise<void> {
		const { home, log, workAuthor } = this.#options;
		const kept = await this.#keepCommits(from, task, report);
		const holder = isCurrent ? item.holder : null;
		const spokenFor = holder === workAuthor ? null : holder;
		const drafts = await reportIntents({ item, task, report: kept, holder: spokenFor }, this.#options);
		const settled = await home.submit('work', drafts);
		for (const { intent, outcome } of settled) {
			if (outcome !== 'applied') log.warn('report.refused', { item: item.key, event: intent.event, outcome });
		}
		const reason = givesBack(kept);
		// A frozen or blocked item keeps its token for when it goes on; any other is free for the next grant.
		if (reason === null || !isCurrent || mayRun(item.stage) === null) return;
		await home.submit('home', [draftOf('system', item, 'release', { reason })]);
	}

	/** Kept first: whatever becomes of the report, the work is reachable [I7]. What cannot be taken has failed. */
	async #keepCommits(from: NodeId, task: Task, report: WorkReport): Promise<WorkReport> {
		if (!('commit' in report) || report.commit === null) return report;
		const { fetchAttempt, git } = this.#options;
		const base = parseCommitId(report.kind === 'result' ? report.base : task.main);
		try {
			if (report.kind === 'result') await requireOnMain(git, base);
			await fetchAttempt(from, { key: task.item.key, token: task.token }, parseCommitId(report.commit), base);
			return report;
		} catch (error) {
			if (!(error instanceof GanglineError) || !untakeable.has(error.code)) throw error;
			const reason = `its commits could not be taken: ${error.message}`;
			if (report.kind !== 'result') return { ...report, commit: null, reason: `${report.reason}; ${reason}` };
			return { kind: 'failed', reason, gate: null, gateKind: null, detail: '', commit: null, usage: report.usage };
		}
	}

	/** A script does the same again; when it failed in the same way twice, only a person can change anything. */
	async #stopRepeating(before: Item, task: Task): Promise<void> {
		const { home } = this.#options;
		const now = home.item(before.key);
		if (task.agent !== 'shell' || !now || !isSameFailure(before.lastFailure, now.lastFailure)) return;
		const reason = `its script failed twice in the same way: ${now.lastFailure?.reason ?? ''}`;
		await home.submit('home', [draftOf('system', now, 'block', { reason })]);
	}

	async #apply(action: WorkAction, config: ProjectConfig, main: CommitId | null): Promise<void> {
		const { home, pool } = this.#options;
		switch (action.kind) {
			case 'cancel':
				return pool.link(action.node).cancel(action.key, action.reason);
			case 'start':
				await home.submit('home', [draftOf('scheduler', action.item, 'start')]);
				return;
			case 'release':
			case 'block':
				await home.submit('home', [draftOf('system', action.item, action.kind, { reason: action.reason })]);
				return;
			case 'fixup': {
				const { stage } = action.item;
				const detail = stage.kind === 'mergeFailure' ? (stage.detail ?? 'a gate failed') : 'a gate failed';
				await home.submit('home', [draftOf('system', action.item, 'fixup', { detail })]);
				return;
			}
			case 'complete':
			case 'resultLost':
				await home.submit('home', [draftOf('system', action.item, action.kind)]);
				return;
			case 'fetch':
				return this.#fetch(action.node, action.item);
			case 'resume':
				// What it has just brought is settled first.
				if (this.#settling.has(`${action.node}/${action.item.key}/${action.item.token?.join('.')}`)) return;
				if (main !== null) await this.#grants.resume(action.node, action, config, main);
				return;
			case 'grant':
				// All of a pass are placed together, after everything else.
				return;
		}
	}

	/** The commits of an accepted result that this repository does not have, from who made them. */
	async #fetch(from: NodeId, item: Item): Promise<void> {
		const { fetchAttempt, home, log } = this.#options;
		const { token, result } = item;
		if (token === null || result === null) return;
		try {
			await fetchAttempt(from, { key: item.key, token }, parseCommitId(result.commit), parseCommitId(result.base));
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			log.warn('result.notFetched', { item: item.key, node: from, code: error.code, why: error.message });
			if (untakeable.has(error.code)) await home.submit('home', [draftOf('system', item, 'resultLost')]);
		}
	}
}

/** An item was tried so often at most before a home moved, or somebody makes tries up. */
const runsOfEarlierHomesMax = 20;

/** How long a holder may be silent, ms: an item labelled `impatient` waits for nobody, the others as the project says. */
export function lostAfter({ labels }: Pick<Item, 'labels'>, config: ProjectConfig | null): number {
	if (labels.includes('impatient')) return 0;
	return config === null ? lostAfterMsDefault : config.work.lost_after_seconds * 1_000;
}

/** What another try does not change: the commits are not there, or are none that may come in. */
const untakeable: ReadonlySet<string> = new Set(['REFUSED', 'TOO_LARGE', 'MALFORMED', 'NOTHING_TO_SHOW', 'FORBIDDEN']);

/** A base that main does not have would hide from review what came in with it [I9]. */
async function requireOnMain(git: Git, base: CommitId): Promise<void> {
	const main = await git.main();
	const isThere = await git.treeOf(base).then(
		() => true,
		() => false,
	);
	if (main !== null && isThere && (await git.isAncestor(base, main))) return;
	throw ganglineError('REFUSED', `its base ${base} is no commit of main`);
}

/** Durations, ports and process numbers differ between two runs of one failure. */
function isSameFailure(before: Item['lastFailure'], now: Item['lastFailure']): boolean {
	if (before === null || now === null || before.reason !== now.reason) return false;
	const withoutNumbers = (text: string | undefined): string => (text ?? '').replace(/\d+/g, '0');
	return withoutNumbers(before.detail) === withoutNumbers(now.detail);
}
