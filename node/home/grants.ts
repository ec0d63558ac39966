/**
 * Gives workers the right to work: where, the placer says; the worker may decline, which costs the item nothing; then
 * the grant is made a fact, and only then the worker begins [I5]. Why an item went where it did is remembered for
 * people, and lost with the process.
 */
import { type Item, type ItemRole, mayRun, type Right, type Token, tries } from '../../shared/pipeline/index.ts';
import type { PlacementTask } from '../../shared/placement/index.ts';
import type { Clock, CommitId, Git, Log, NodeId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import {
	type Brief,
	sayingCharactersMax,
	type Task,
	taskDescriptionCharactersMax,
} from '../../shared/protocol/work.ts';
import { agentFor, loginOf, loginsOf, ofRole, runtimeOf } from './agent-for.ts';
import { Allowances } from './allowances.ts';
import type { BriefFor } from './brief.ts';
import type { Home } from './home.ts';
import { neededLabels } from './needed-labels.ts';
import type { Considered, Placed, Placer } from './placer.ts';
import { draftOf } from './plan-drafts.ts';
import { isHeard } from './plan-work.ts';
import { type RunBook, runName } from './run-book.ts';
import type { Talks } from './talks.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface GrantOptions {
	readonly project: string;
	readonly home: Home;
	readonly git: Pick<Git, 'refs'>;
	readonly pool: WorkerPool;
	readonly placer: Pick<Placer, 'place'>;
	readonly runs: RunBook;
	readonly talks: Pick<Talks, 'forTask'>;
	readonly texts: Texts;
	/** What an agent is told besides the item. */
	readonly brief: (about: BriefFor) => Promise<Brief>;
	/** Nothing is begun then, also by a pass that was on its way. */
	readonly isPaused: () => boolean;
	readonly clock: Clock;
	readonly log: Log;
	/** Asks for another pass: what waits for a node may find one. */
	readonly onSettled: () => void;
}

/** What people and agents have written at items. */
export interface Texts {
	/** The item with its text as it is now. */
	described(item: Item): Item;
	/** The state of that text; null where nobody has written. */
	stateOf(key: string): string | null;
}

/** The last decision about an item: where it was placed and why, or why nowhere. */
export interface Placement {
	readonly by: 'gateway' | 'home';
	/** Wall ms. */
	readonly at: number;
	/** Null: nobody takes it now. */
	readonly node: NodeId | null;
	/** Why there, or why nowhere; most important first. */
	readonly reasons: readonly string[];
	readonly nodes: readonly Considered[];
}

export interface Wanted {
	readonly item: Item;
	readonly role: ItemRole;
}

interface Decided extends Pick<Placement, 'by' | 'at' | 'nodes'> {
	readonly config: ProjectConfig;
	readonly main: CommitId;
}

/** A task that everyone declines is asked about again by the next pass. */
const roundsMax = 8;
const askAgainMs = 1_000;
/** So long a holder may have no room to go on before another gets its item. */
const noRoomMsMax = 60_000;
const pausedWords = 'the project was paused';
const limitedWords = 'its account is limited there by now';
/** Explanations kept; they are for items that wait or run now. */
const explainedMax = 2_000;

export class Grants {
	readonly #options: GrantOptions;
	readonly #placements = new Map<string, Placement>();
	readonly #allowances: Allowances;
	#again: (() => void) | undefined;
	/** Since when a holder could not go on with an item, monotonic ms. */
	readonly #stuck = new Map<string, number>();

	constructor(options: GrantOptions) {
		this.#options = options;
		this.#allowances = new Allowances(options);
	}

	placement(key: string): Placement | null {
		return this.#placements.get(key) ?? null;
	}

	/** Offers each wanted item to the worker that placement names, and to others where that one declines. */
	async give(wanted: readonly Wanted[], config: ProjectConfig, main: CommitId): Promise<void> {
		const { pool, placer, clock } = this.#options;
		const declined = new Map<string, string[]>();
		let left = this.#withinConcurrency(wanted, config);
		for (let round = 0; left.length > 0 && round < roundsMax; round++) {
			const tasks = left.map((want) => this.#placementTask(want, config, declined.get(want.item.key) ?? []));
			const { assignments, waiting, by, considered } = await placer.place(tasks, pool.placementNodes());
			const decided = (task: string) => ({ by, at: clock.now(), nodes: considered.get(task) ?? [] });
			for (const { task, reason } of waiting) {
				this.#explain(keyOf(task), { ...decided(task), node: null, reasons: [reason] });
			}
			const again: Wanted[] = [];
			for (const placed of assignments) {
				const want = left.find(({ item }) => item.key === keyOf(placed.task));
				if (!want || (await this.#offer(placed, want, { config, main, ...decided(placed.task) }))) continue;
				declined.set(want.item.key, [...(declined.get(want.item.key) ?? []), placed.node]);
				again.push(want);
			}
			left = again;
			if (by === 'gateway' && waiting.length > 0) this.#askAgain();
		}
	}

	/** An agent that works on as many items as its setting says begins no other. */
	#withinConcurrency(wanted: readonly Wanted[], config: ProjectConfig): readonly Wanted[] {
		const { home, runs, texts, clock } = this.#options;
		const working = new Map<string, number>();
		const count = (agent: string): number => working.get(agent) ?? 0;
		for (const { key, role } of Object.values(home.facts.items)) {
			const agent = role === null ? undefined : runs.runs(key).at(-1)?.agent;
			if (agent !== undefined) working.set(agent, count(agent) + 1);
		}
		return wanted.filter(({ item, role }) => {
			const agent = this.#agentFor(texts.described(item), role, config) ?? 'shell';
			const most = config.agent.find(({ name }) => name === agent)?.concurrency;
			if (most !== undefined && count(agent) >= most) {
				const reasons = [`${agent} works on ${count(agent)} items, as many as its concurrency allows`];
				this.#explain(item.key, { by: 'home', at: clock.now(), node: null, reasons, nodes: [] });
				return false;
			}
			working.set(agent, count(agent) + 1);
			return true;
		});
	}

	/** Whether a budget forbids it: an item that has used up its own waits for a person, the others for what comes back. */
	async #refuse({ item, role }: Wanted, config: ProjectConfig): Promise<boolean> {
		const { home, texts, clock } = this.#options;
		const agent = this.#agentFor(texts.described(item), role, config) ?? 'shell';
		const allowance = this.#allowances.possible(item, agent, config);
		if (allowance?.kind !== 'usedUp') return false;
		const { why, scope } = allowance;
		const mend =
			scope === 'day' ? '; it goes on tomorrow, or when you raise it' : '; raise it in .gangline/project.toml';
		this.#explain(item.key, { by: 'home', at: clock.now(), node: null, reasons: [`${why}${mend}`], nodes: [] });
		if (scope === 'item') {
			const reason = `${why}${mend}, then gangline move ${item.number} unblock`;
			await home.submit('home', [draftOf('system', item, 'block', { reason })]);
		}
		return true;
	}

	/** Asks for no more passes. */
	stop(): void {
		this.#again?.();
	}

	/** The gateway hears of a free slot when its node says so, which is after we saw it: it is asked again soon. */
	#askAgain(): void {
		const { clock, onSettled } = this.#options;
		this.#again ??= clock.after(askAgainMs, () => {
			this.#again = undefined;
			onSettled();
		});
	}

	/** Lets a holder go on under its token; one that never has room for it loses the item where others have. */
	async resume(node: NodeId, { item, role }: Wanted, config: ProjectConfig, main: CommitId): Promise<void> {
		const { pool, home, clock, git, runs, isPaused } = this.#options;
		if (item.token === null) return;
		// A run's commits have one name for ever: what comes after them needs another grant [I7]. What was kept at an
		// earlier home, this one may not have.
		const kept = await git.refs(`refs/gangline/attempts/${item.key}`);
		const leftCommits = kept.some(({ ref }) => ref.endsWith(`/${item.token?.join('.')}`));
		if (leftCommits || item.token[0] !== home.facts.term) {
			const reason = leftCommits ? 'its last run left commits' : 'its last run was for an earlier home';
			await home.submit('home', [draftOf('system', item, 'release', { reason })]);
			return;
		}
		const asked = await this.#taskAt(node, { item, role }, item.token, { config, main });
		const task = await this.#allowances.promise(asked, node, config);
		if (task === null) {
			await this.#refuse({ item, role }, config);
			return;
		}
		// A home that died between the fact and its books would not know the run again, and keep nothing of it [I7].
		if (!runs.runs(item.key).some(({ run }) => run === runName(task)))
			await runs.started(task, { node, runtime: runtimeOf(task.agent, config) });
		if (isPaused()) return;
		if (await pool.link(node).begin(task)) {
			this.#stuck.delete(item.key);
			pool.begun(node, task);
			return;
		}
		const now = clock.monotonic();
		const known = this.#stuck.get(item.key);
		// Much older ones are of another time when it could not go on.
		const since = known === undefined || now - known > 10 * noRoomMsMax ? now : known;
		this.#stuck.set(item.key, since);
		const others = pool.seen([]).some((worker) => worker.node !== node && isHeard(worker) && worker.room > 0);
		if (now - since < noRoomMsMax || !others) return;
		this.#stuck.delete(item.key);
		await home.submit('home', [draftOf('system', item, 'release', { reason: 'its worker has no room for it' })]);
	}

	/** False when the worker declined; the item is as it was. */
	async #offer(
		{ node, reasons }: Placed,
		{ item: seen, role }: Wanted,
		{ config, main, ...decided }: Decided,
	): Promise<boolean> {
		const { home, pool, log, runs, isPaused } = this.#options;
		const item = home.item(seen.key);
		if (!item || item.role !== null || mayRun(item.stage) !== role || isPaused()) return true;
		// Of several that were placed at once, each is asked for when those before it have their promise.
		if (await this.#refuse({ item, role }, config)) return true;
		const link = pool.link(node);
		const unminted: Token = [home.facts.term, home.facts.revision + 1];
		const answer = await link.offer(await this.#taskAt(node, { item, role }, unminted, { config, main }));
		if (answer.kind === 'declined') {
			log.info('offer.declined', { item: item.key, node, reason: answer.reason });
			this.#explain(item.key, { ...decided, node: null, reasons: [`${pool.nameOf(node)} declined: ${answer.reason}`] });
			return false;
		}
		if (isPaused()) {
			await link.cancel(item.key, pausedWords);
			return true;
		}
		// It was placed when nobody knew, perhaps seconds ago: others were asked before it.
		if (this.#isLimitedAt(node, { item, role }, config)) {
			await link.cancel(item.key, limitedWords);
			return false;
		}
		const holder = pool.authorOf(node);
		if (holder === null) return false;
		await this.#admit(node, holder);
		await home.submit('home', [draftOf('system', item, 'grant', { holder, role })]);
		const granted = home.item(item.key);
		if (granted?.holder !== holder || granted.token === null || mayRun(granted.stage) !== role) {
			await link.cancel(item.key, 'the grant was refused');
			return true;
		}
		this.#explain(item.key, { ...decided, node, reasons });
		const asked = await this.#taskAt(node, { item: granted, role }, granted.token, { config, main });
		const task = await this.#allowances.promise(asked, node, config);
		if (task === null || isPaused()) {
			const reason = task === null ? 'a budget is used up' : pausedWords;
			await link.cancel(item.key, reason);
			await home.submit('home', [draftOf('system', granted, 'release', { reason })]);
			return true;
		}
		await runs.started(task, { node, runtime: runtimeOf(task.agent, config) });
		if (!(await link.begin(task))) return true;
		pool.begun(node, task);
		// Who paused the project meanwhile has ended what was known to run, and this was not.
		if (isPaused()) await link.cancel(item.key, pausedWords);
		return true;
	}

	/** It may be named as a holder from now on; what its earlier processes were admitted as is forgotten [I15]. */
	async #admit(node: NodeId, holder: string): Promise<void> {
		const { home } = this.#options;
		if (Object.hasOwn(home.facts.authors, holder)) return;
		await home.revise((facts) => {
			const holders = new Set(Object.values(facts.items).map((item) => item.holder));
			const isStale = (author: string, rights: readonly Right[]): boolean =>
				rights.length === 1 && rights[0] === 'hold' && author.startsWith(`${node}.`) && !holders.has(author);
			const kept = Object.entries(facts.authors).filter(([author, rights]) => !isStale(author, rights));
			return { ...facts, authors: { ...Object.fromEntries(kept), [holder]: ['hold'] } };
		});
	}

	#placementTask({ item, role }: Wanted, config: ProjectConfig, declinedBy: readonly string[]): PlacementTask {
		const agent = this.#agentFor(this.#options.texts.described(item), role, config) ?? 'shell';
		const logins = loginsOf(agent, config);
		const login = this.#options.pool.loginFor(logins) ?? loginOf({ agent }, config);
		return {
			runtime: login.runtime,
			agent: login.agent,
			account: login.runtime === 'shell' ? null : login.account,
			id: `${this.#options.project}/${item.key}`,
			project: this.#options.project,
			workspace: item.key,
			role,
			rank: item.number,
			labels: [...neededLabels(item), ...(config.agent.find(({ name }) => name === agent)?.labels ?? [])],
			pin: null,
			declinedBy,
		};
	}

	/** The task for one worker, with the login that is to be used there. */
	async #taskAt(
		node: NodeId,
		wanted: Wanted,
		token: Token,
		{ config, main }: { readonly config: ProjectConfig; readonly main: CommitId },
	): Promise<Task> {
		const task = await this.task(wanted, token, config, main);
		const account = this.#options.pool.loginFor(loginsOf(task.agent, config), node)?.name;
		return account === undefined ? task : { ...task, account };
	}

	/** Everything that whoever does the item's role would be given now. */
	async task(
		{ item: bare, role, withResearch = false }: Wanted & { readonly withResearch?: boolean },
		token: Token,
		config: ProjectConfig,
		main: CommitId,
	): Promise<Task> {
		const { texts } = this.#options;
		const item = texts.described(bare);
		const textState = texts.stateOf(item.key);
		const startAt = await this.#startOf(item);
		const research = researchFor(item, role, config);
		return {
			project: this.#options.project,
			item: {
				key: item.key,
				number: item.number,
				title: item.title,
				type: item.type,
				description: item.description.slice(0, taskDescriptionCharactersMax),
				...(textState === null ? {} : { textState }),
				words: item.words,
				lastFailure: failureText(item),
			},
			role,
			agent: this.#agentFor(item, role, config) ?? 'shell',
			token,
			main,
			startFrom: item.result?.commit ?? null,
			...this.#options.talks.forTask(item.key),
			...(startAt && { startAt }),
			brief: await this.#options.brief({ item, role, main, withResearch: withResearch || research !== null }),
			...(research !== null && { research }),
		};
	}

	/** Under which ref the result lies that the work starts from. */
	async #startOf({ key, result }: Item): Promise<Task['startAt']> {
		if (result === null) return undefined;
		const kept = await this.#options.git.refs(`refs/gangline/attempts/${key}`);
		const ref = kept.find(({ commit }) => commit === result.commit)?.ref;
		return ref === undefined ? undefined : { ref, base: result.base };
	}

	/** Another account does the work where the first one's is limited on every node. */
	#agentFor(item: Pick<Item, 'agent' | 'description'>, role: ItemRole, config: ProjectConfig): string | null {
		return agentFor(item, role, config, (agent) => this.#options.pool.limitedUntil(loginsOf(agent, config)));
	}

	#isLimitedAt(node: NodeId, { item, role }: Wanted, config: ProjectConfig): boolean {
		const agent = this.#agentFor(this.#options.texts.described(item), role, config) ?? 'shell';
		return this.#options.pool.limitedUntil(loginsOf(agent, config), node) !== null;
	}

	#explain(key: string, placement: Placement): void {
		this.#placements.delete(key);
		this.#placements.set(key, placement);
		const [oldest] = this.#placements.keys();
		if (this.#placements.size > explainedMax && oldest !== undefined) this.#placements.delete(oldest);
	}
}

/** From the third failed try on somebody looks first, where the project has an agent for that. */
function researchFor({ tries: counted }: Item, role: ItemRole, config: ProjectConfig): string | null {
	const isDue = role === 'coder' && counted.reworks >= tries.reworks.analysisAt;
	return isDue ? ofRole('research', config) : null;
}

function keyOf(task: string): string {
	return task.slice(task.indexOf('/') + 1);
}

function failureText({ lastFailure }: Item): string | null {
	if (lastFailure === null) return null;
	const { reason, detail } = lastFailure;
	return (detail ? `${reason}\n${detail}` : reason).slice(0, sayingCharactersMax);
}
