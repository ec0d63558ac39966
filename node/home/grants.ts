/**
 * Gives workers the right to work: where, the placer says; the worker may decline, which costs the item nothing; then
 * the grant is made a fact, and only then the worker begins [I5]. Why an item went where it did is remembered for
 * people, and lost with the process.
 */
import { mayRun, type Right, type Token } from '../../shared/pipeline/index.ts';
import type { Clock, CommitId, Log, NodeId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { runtimeOf } from './agent-for.ts';
import { Allowances } from './allowances.ts';
import type { Home } from './home.ts';
import type { Considered, Placed, Placer } from './placer.ts';
import { draftOf } from './plan-drafts.ts';
import { isHeard } from './plan-work.ts';
import { type RunBook, runName } from './run-book.ts';
import { TaskMaker, type TaskMakerOptions, type Wanted } from './task-maker.ts';

export interface GrantOptions extends TaskMakerOptions {
	readonly home: Home;
	readonly placer: Pick<Placer, 'place'>;
	readonly runs: RunBook;
	/** Nothing is begun then, also by a pass that was on its way. */
	readonly isPaused: () => boolean;
	readonly clock: Clock;
	readonly log: Log;
	/** Asks for another pass: what waits for a node may find one. */
	readonly onSettled: () => void;
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
	readonly tasks: TaskMaker;
	readonly #placements = new Map<string, Placement>();
	readonly #allowances: Allowances;
	#again: (() => void) | undefined;
	/** Since when a holder could not go on with an item, monotonic ms. */
	readonly #stuck = new Map<string, number>();

	constructor(options: GrantOptions) {
		this.#options = options;
		this.tasks = new TaskMaker(options);
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
			const tasks = left.map((want) => this.tasks.placement(want, config, declined.get(want.item.key) ?? []));
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
		const { home, runs, clock } = this.#options;
		const working = new Map<string, number>();
		const count = (agent: string): number => working.get(agent) ?? 0;
		for (const { key, role } of Object.values(home.facts.items)) {
			const agent = role === null ? undefined : runs.runs(key).at(-1)?.agent;
			if (agent !== undefined) working.set(agent, count(agent) + 1);
		}
		return wanted.filter(({ item, role }) => {
			const agent = this.tasks.agentFor(item, role, config);
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
		const { home, clock } = this.#options;
		const agent = this.tasks.agentFor(item, role, config);
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
		// One grant is one run: a late message can begin none twice, and a run's commits have one name for ever [I7]. What was
		// kept at an earlier home, this one may not have.
		const run = runName({ token: item.token });
		const known = runs.runs(item.key).find((one) => one.run === run);
		const kept = await git.refs(`refs/gangline/attempts/${item.key}`);
		const isOver = (known?.endedAt ?? null) !== null || kept.some(({ ref }) => ref.endsWith(`/${run}`));
		if (isOver || item.token[0] !== home.facts.term) {
			const reason = isOver ? 'its last run has ended' : 'its last run was for an earlier home';
			await home.submit('home', [draftOf('system', item, 'release', { reason })]);
			return;
		}
		const asked = await this.tasks.taskAt(node, { item, role }, item.token, { config, main });
		const task = await this.#allowances.promise(asked, node, config);
		if (task === null) {
			await this.#refuse({ item, role }, config);
			return;
		}
		// A home that died between the fact and its books would not know the run again, and keep nothing of it [I7].
		if (known === undefined) await runs.started(task, { node, runtime: runtimeOf(task.agent, config) });
		if (isPaused()) return;
		if (await pool.link(node).begin(task)) {
			this.#stuck.delete(item.key);
			pool.begun(node, task);
			return;
		}
		const now = clock.monotonic();
		const before = this.#stuck.get(item.key);
		// Much older ones are of another time when it could not go on.
		const since = before === undefined || now - before > 10 * noRoomMsMax ? now : before;
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
		const answer = await link.offer(await this.tasks.taskAt(node, { item, role }, unminted, { config, main }));
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
		if (this.tasks.isLimitedAt(node, { item, role }, config)) {
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
		const asked = await this.tasks.taskAt(node, { item: granted, role }, granted.token, { config, main });
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

	#explain(key: string, placement: Placement): void {
		this.#placements.delete(key);
		this.#placements.set(key, placement);
		const [oldest] = this.#placements.keys();
		if (this.#placements.size > explainedMax && oldest !== undefined) this.#placements.delete(oldest);
	}
}

function keyOf(task: string): string {
	return task.slice(task.indexOf('/') + 1);
}
