/**
 * The work of a home in a simulation: the real pool, loop and desk over the twins, for a home of any kind. The git twin
 * has no packs, so that commits are copied from worker to home where the real one would pull them.
 */
import type { Home } from '../../node/home/home.ts';
import type { LandingQueue } from '../../node/home/landing-queue.ts';
import { LimitBook } from '../../node/home/limit-book.ts';
import { Placer } from '../../node/home/placer.ts';
import { RunBook } from '../../node/home/run-book.ts';
import { Talks } from '../../node/home/talks.ts';
import { WorkLoop } from '../../node/home/work-loop.ts';
import { serveWorkers } from '../../node/home/worker-desk.ts';
import { remoteWorker } from '../../node/home/worker-link.ts';
import { type WorkerMember, WorkerPool } from '../../node/home/worker-pool.ts';
import { Reconciler } from '../../node/reconcile/reconciler.ts';
import type { Rpc } from '../../shared/mesh/rpc.ts';
import {
	type Clock,
	type CommitId,
	ganglineError,
	type Log,
	type NodeId,
	parseCommitId,
	type Store,
} from '../../shared/ports/index.ts';
import type { SimGit, SimObjects } from '../../shared/ports/sim/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { copyCommit, hasCommit, hasIn, passedGate } from './sim-worker.ts';

export interface HomeWorkParts {
	readonly project: string;
	readonly home: Home;
	readonly workAuthor: string;
	readonly queue: LandingQueue;
	readonly git: SimGit;
	readonly objects: SimObjects;
	readonly rpc: Rpc;
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	readonly config: ProjectConfig;
	readonly memberOf: (node: NodeId) => WorkerMember;
	readonly objectsOf: (node: NodeId) => SimObjects;
}

export interface HomeWork {
	readonly pool: WorkerPool;
	readonly work: WorkLoop;
	stop(): Promise<void>;
}

/** Begins to give out work and to land it, as a process of the home does at its start. */
export async function openHomeWork(parts: HomeWorkParts): Promise<HomeWork> {
	const { project, home, workAuthor, queue, git, rpc, clock, log, config, memberOf } = parts;
	const slot: { reconciler?: Reconciler } = {};
	const poke = (): void => slot.reconciler?.poke();
	const pool = new WorkerPool({
		project,
		clock,
		local: null,
		member: memberOf,
		linkTo: (id) => remoteWorker(id, { rpc, project, log }),
		limits: await LimitBook.open(parts.store, project, () => clock.now()),
		onChange: poke,
	});
	const work = new WorkLoop({
		...{ project, home, pool, workAuthor, clock, log, git },
		texts: { described: (item) => item, stateOf: () => null },
		runs: await RunBook.open(parts.store, project, () => clock.now()),
		talks: await Talks.open(parts.store, project),
		placer: new Placer({ rpc, gateway: () => null, nameOf: (id) => id, now: () => clock.now(), log }),
		config: async () => config,
		fetchAttempt: async (from, { key, token }, commit) => {
			await pull(parts, from, commit);
			await git.keep(`refs/gangline/attempts/${key}/${token.join('.')}`, commit);
		},
		verdictOnMain: async () => ({ tree: 'main', gateSet: 'set', passed: true, gates: [passedGate] }),
		judged: async () => null,
		brief: async () => ({ role: null, guides: [], history: [], commits: [] }),
		isPaused: () => false,
		onSettled: poke,
	});
	serveDesk(parts, { pool, work });
	await queue.recover();
	await home.settlePending();
	const reconciler = new Reconciler({
		...{ name: 'work', clock, log },
		pass: async () => {
			const main = await git.main();
			// Landing first, as it may come first in a project, where the two go apart.
			await queue.pass();
			if (main !== null) await work.pass({ main }, config);
			await queue.pass();
		},
	});
	slot.reconciler = reconciler;
	home.subscribe(poke);
	reconciler.start();
	return { pool, work, stop: () => reconciler.stop() };
}

function serveDesk(parts: HomeWorkParts, { pool, work }: Pick<HomeWork, 'pool' | 'work'>): void {
	const { project, rpc, log, git, memberOf, objects } = parts;
	serveWorkers({
		...{ rpc, log },
		desks: () =>
			new Map([
				[
					project,
					{
						mayWork: (id: NodeId) => ['member', 'draining'].includes(memberOf(id).standing),
						main: () => git.main(),
						heard: (id: NodeId, state: Parameters<WorkerPool['heard']>[1]) => {
							pool.heard(id, state);
							return [];
						},
						report: (id: NodeId, task: Task, report: WorkReport) => work.report(id, task, report),
					},
				],
			]),
	});
	rpc.serve(hasCommit, async ({ commit }) => ({ has: hasIn(objects, parseCommitId(commit)) }));
}

async function pull({ objects, rpc, objectsOf }: HomeWorkParts, from: NodeId, commit: CommitId): Promise<void> {
	if (hasIn(objects, commit)) return;
	const { has } = await rpc.ask(from, hasCommit, { commit });
	if (!has) throw ganglineError('NOTHING_TO_SHOW', `${from} has no commit ${commit}`);
	copyCommit(objectsOf(from), objects, commit);
}
