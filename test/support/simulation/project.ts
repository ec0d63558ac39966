/**
 * One project of a simulated node, put together as node/compose-project.ts does it: the real home, exchange, landing
 * queue, pool, work loop and reconcilers. Git, gates, agents and the person's checkout are twins.
 */

import type { NodeParts } from '../../../node/compose.ts';
import { localState, memberFor } from '../../../node/compose-work.ts';
import { localLink } from '../../../node/compose-worker.ts';
import { speaksFor } from '../../../node/home/author-rights.ts';
import type { BranchSync } from '../../../node/home/branch-sync.ts';
import { ConfigAtMain } from '../../../node/home/config-at-main.ts';
import { HomeExchange } from '../../../node/home/exchange.ts';
import { historyWrites } from '../../../node/home/history.ts';
import { Home } from '../../../node/home/home.ts';
import { LandingJournal } from '../../../node/home/landing-journal.ts';
import { LandingQueue } from '../../../node/home/landing-queue.ts';
import { LimitBook } from '../../../node/home/limit-book.ts';
import { MainReader } from '../../../node/home/main-reader.ts';
import { openFacts } from '../../../node/home/open-facts.ts';
import { Placer } from '../../../node/home/placer.ts';
import { Project } from '../../../node/home/project.ts';
import type { ProjectRecord } from '../../../node/home/project-parts.ts';
import { ProjectWorkers } from '../../../node/home/project-worker.ts';
import { Qualification, redMain } from '../../../node/home/qualification.ts';
import { rulesContext } from '../../../node/home/rules-context.ts';
import { RunBook } from '../../../node/home/run-book.ts';
import { Segments } from '../../../node/home/segments.ts';
import { Talks } from '../../../node/home/talks.ts';
import { WorkLoop } from '../../../node/home/work-loop.ts';
import type { WorkerDesk } from '../../../node/home/worker-desk.ts';
import { remoteWorker } from '../../../node/home/worker-link.ts';
import { WorkerPool } from '../../../node/home/worker-pool.ts';
import { Worker } from '../../../node/worker/index.ts';
import { type CommitId, ganglineError, type NodeId, pause } from '../../../shared/ports/index.ts';
import type { TreeVerdict } from '../../../shared/protocol/work.ts';
import { passedGate, redPath, simAttempts } from './agents.ts';
import type { Process } from './machine.ts';
import { copyCommit, hasCommit, type SimSession } from './repositories.ts';
import type { WiredParts } from './types.ts';

export interface SimProjectOpening {
	readonly record: ProjectRecord;
	readonly saveRecord: (record: ProjectRecord) => Promise<void>;
	readonly session: SimSession;
}

const author = { name: 'Ada', email: 'ada@example.org' };
/** A generation of the index lasts for a hundred publications or so, that each seed sees several. */
const turnBounds = { structuresMin: 200, structuresPerRecordMax: 2 };
const silentLog = { write: () => {}, lastLine: () => null, close: () => {} };

/** Opens it on a process of a machine; `Projects` starts it. */
export async function openSimProject(process: Process, opening: SimProjectOpening): Promise<Project> {
	const { parts } = process;
	const { record, saveRecord, session } = opening;
	const { store, clock, random, identity, registry, doors } = parts;
	const { id } = record;
	const log = parts.log.child({ project: record.name });
	const wire = <Part extends keyof WiredParts>(part: Part, made: WiredParts[Part]): WiredParts[Part] =>
		process.wire(part, made, id);
	const slot: { project?: Project } = {};
	const poke = (): void => slot.project?.poke();
	const repository = session.asCanonical();
	const settings = new ConfigAtMain(repository, id);
	const main = new MainReader(repository);

	const stands = { store, clock, random, identity, log, project: id };
	const { index, logs, own, pending } = await openFacts({ ...stands, turnBounds });
	const rights = registry.rights(id);
	const home = new Home(
		wire('home', {
			document: index,
			logs: own,
			pending,
			context: async (intents) => ({
				...(await rulesContext(repository, index.facts, intents)),
				speaksFor: speaksFor(rights, identity.nodeId),
			}),
			historyWrites: (entries) => historyWrites(id, entries),
			log,
		}),
	);
	const exchange = await HomeExchange.open(
		wire('exchange', {
			...{ project: id, node: identity.nodeId, home, index, logs, rights, store, clock, random, log },
			own: new Set<string>(Object.values(own).map((one) => one.author)),
			others: () => registry.others(id),
		}),
	);
	const judge = gatesOf(process, session);
	const runs = await RunBook.open(store, id, () => clock.now());
	const talks = await Talks.open(store, id);
	const worker: Worker = new Worker(
		wire('worker', {
			...{ project: id, store, clock, log, room: parts.room },
			logs: { open: () => silentLog },
			attempts: simAttempts(process.agents(session)),
			prepare: () => settings.read(),
			report: (task, report) => process.reported(task, report, () => work.report(identity.nodeId, task, report)),
			onChange: () => parts.station.changed(),
		}),
	);
	process.tellsGivenBack(worker, id);
	const pool = new WorkerPool({
		...{ project: id, clock, onChange: poke },
		local: {
			node: identity.nodeId,
			link: localLink({ worker, logs: noLogs, clonePath: () => '/nowhere' }),
			state: () => localState(parts, id, own.work.author),
		},
		member: (node) => memberFor(parts, id, node),
		linkTo: (node) => remoteWorker(node, { rpc: doors.rpc, project: id, log }),
		limits: await LimitBook.open(store, id, () => clock.now()),
	});
	const work: WorkLoop = new WorkLoop(
		wire('work', {
			...{ project: id, home, pool, workAuthor: own.work.author, runs, talks, log, clock },
			texts: exchange.openTexts,
			git: repository,
			placer: new Placer({
				...{ rpc: doors.rpc, log, nameOf: (node) => pool.nameOf(node) },
				gateway: () => doors.gateway(),
				now: () => clock.now(),
			}),
			config: () => settings.read(),
			fetchAttempt: (from, attempt, commit, base) =>
				keepAttempt({ process, session, id }, { from, attempt, commit, base }),
			verdictOnMain: async (base) => verdictOf(session.kept.objects.treeId(base), true),
			judged: async () => null,
			brief: async () => ({ role: null, guides: [], history: [], commits: [] }),
			isPaused: () => slot.project?.record.paused ?? false,
			onSettled: poke,
		}),
	);
	const workers = new ProjectWorkers({
		...{ pool, runs, log, node: identity.nodeId },
		cancel: (key, reason) => work.cancel(key, reason),
		own: {
			start: async () => {
				parts.station.add({
					project: id,
					worker,
					standing: () => standing({ settings, main, project: slot.project, parts }),
				});
				await worker.start();
			},
			stop: async () => {
				work.stop();
				await worker.stop();
				parts.station.remove(id);
			},
			snapshot: (key) => worker.snapshot(key),
			salvage: (key) => worker.salvage(key),
			tidy: (keep) => worker.tidy(keep),
			keepLogsOf: async () => {},
			living: async () => [],
			shortage: () => localState(parts, id, own.work.author).shortage,
		},
	});
	const desk: WorkerDesk = wire('desk', {
		mayWork: (node) => ['member', 'draining'].includes(memberFor(parts, id, node).standing),
		main: () => repository.main(),
		heard: (node, state) => {
			pool.heard(node, state);
			return workers.forgettable(node);
		},
		report: (node, task, report) => work.report(node, task, report),
	});
	const queue = new LandingQueue(
		wire('landing', {
			...{ git: repository, main, home, clock, log },
			author: async () => author,
			config: (tip) => settings.at(tip),
			described: (item) => exchange.openTexts.described(item),
			verdictOnMain: async (base) => verdictOf(session.kept.objects.treeId(base), true),
			verdict: async (item, candidate, { gate }) => {
				if (gate.length === 0) return { tree: candidate.tree, gateSet: 'none', passed: true, gates: [] };
				const verdict = await judge(candidate.commit);
				const { tree, passed } = verdict;
				process.emit({ kind: 'gated', node: process.name, project: id, item: item.key, tree, passed });
				return verdict;
			},
			redMain: async (tip) => {
				const seen = await judge(tip);
				return seen.passed ? null : redMain(seen.gates);
			},
			bringIn: async () => null,
			isPaused: () => slot.project?.record.paused ?? false,
			propose: async () => false,
			merged: async () => null,
			afterLanding: async () => poke(),
			check: async () => null,
			journal: new LandingJournal(store, id),
		}),
	);
	orderStart(wire, { queue, home, exchange });
	const project = new Project({
		...{ record, saveRecord, home, exchange, repository, queue, work, desk, runs, talks, clock, log },
		nodeName: process.name,
		segments: new Segments({ project: id, store, home, log, described: (item) => exchange.openTexts.described(item) }),
		nameOf: (node) => registry.nodeName(node),
		worker: workers,
		previews: noPreviews,
		endGates: async () => {},
		config: settings,
		qualification: new Qualification({ clock, log, verdict: (commit) => judge(commit), onChange: poke }),
		branches: noCheckout,
		proposal: () => null,
		onChange: () => {},
	});
	slot.project = project;
	process.opened(project, session);
	return project;
}

type Wire = <Part extends keyof WiredParts>(part: Part, made: WiredParts[Part]) => WiredParts[Part];

/** A broken rule may start a home in another order. */
function orderStart(
	wire: Wire,
	{ queue, home, exchange }: { queue: LandingQueue; home: Home; exchange: HomeExchange },
): void {
	const [recover, settle] = [queue.recover.bind(queue), home.settlePending.bind(home)];
	const start = exchange.start.bind(exchange);
	const steps: WiredParts['start'] = [
		{ name: 'recover', run: recover },
		{ name: 'settlePending', run: settle },
		{ name: 'exchange', run: async () => start() },
	];
	const wired = wire('start', steps);
	if (wired === steps) return;
	let isStarted = false;
	queue.recover = async () => {
		if (isStarted) return recover();
		isStarted = true;
		for (const step of wired) await step.run();
	};
	home.settlePending = async () => {};
	exchange.start = () => {};
}

/** The project's gates: green unless the tree has the red file; they take a while. */
function gatesOf({ parts, random }: Process, session: SimSession): (commit: CommitId) => Promise<TreeVerdict> {
	const kept = new Map<string, TreeVerdict>();
	return async (commit) => {
		const tree = session.kept.objects.treeId(commit);
		const known = kept.get(tree);
		if (known) return known;
		await pause(parts.clock, 200 + random.below(1_800));
		const verdict = verdictOf(tree, !session.kept.objects.files(tree).has(redPath));
		kept.set(tree, verdict);
		return verdict;
	};
}

export function verdictOf(tree: string, passed: boolean): TreeVerdict {
	const gate = passed ? passedGate : { ...passedGate, outcome: 'failed' as const, why: 'a test fails' };
	return { tree, gateSet: 'set', passed, gates: [gate] };
}

interface Kept {
	readonly from: NodeId;
	readonly attempt: { readonly key: string; readonly token: readonly [number, number] };
	readonly commit: CommitId;
	readonly base: CommitId;
}

async function keepAttempt(
	{ process, session, id }: { process: Process; session: SimSession; id: string },
	{ from, attempt, commit, base }: Kept,
): Promise<void> {
	const { parts, machine } = process;
	const ref = `refs/gangline/attempts/${attempt.key}/${attempt.token.join('.')}`;
	const isHere = await session.git.treeOf(commit).then(
		() => true,
		() => false,
	);
	if (isHere) {
		await session.git.keep(ref, commit);
		return;
	}
	if (from === parts.identity.nodeId) {
		// As from a clone here, which a worker for the home of before may have made from the mirror.
		const made = machine.repositories.find(machine.mirrorPath(id))?.objects;
		if (!made || !hasCommit(made, commit) || !made.ancestry(commit).has(base)) {
			throw ganglineError('REFUSED', `no clone of this machine has ${commit}, grown on ${base}`);
		}
		copyCommit(made, session.kept.objects, commit);
		await session.git.keep(ref, commit);
		return;
	}
	await parts.doors.packs.pullAttempt({
		...{ node: from, project: id, want: { ref, commit }, have: [base], as: ref, base },
		into: session.asMirror(),
	});
}

interface Standing {
	readonly settings: ConfigAtMain;
	readonly main: MainReader;
	readonly project: Project | undefined;
	readonly parts: NodeParts;
}

function standing({ settings, main, project, parts }: Standing) {
	const { ready, reason, saw } = project?.qualification() ?? { ready: false, reason: null, saw: null };
	const runtimes = parts.station.runtimes();
	const agents = (settings.last?.agent ?? []).filter(({ runtime }) => runtimes.includes(runtime));
	return { qualified: ready, reason, saw, main: main.tip, agents: agents.map(({ name }) => name) };
}

/** People of a simulation work elsewhere: their commits come to main by themselves. */
const noCheckout = {
	pass: async () => {},
	look: async () => {},
	bringIn: async () => null,
	requireCheckout: async () => {},
	distance: async () => ({ checkout: null, origin: null }),
} as unknown as BranchSync;

const noLogs = { read: () => ({ lines: [], dropped: 0 }), runs: () => [] } as unknown as Parameters<
	typeof localLink
>[0]['logs'];

const stopped = { state: 'stopped', commit: null, url: null, why: null, lines: [] } as const;
/** Nobody tries a product in a simulation. */
const noPreviews = {
	show: () => stopped,
	start: async () => stopped,
	stop: async () => {},
	tidy: async () => {},
	stopAll: async () => {},
};
