/** Puts the work of one project together: its workers here and elsewhere, the loop that keeps them busy, and its messages. */
import { type CanonicalRepository, fetchAttempt, workCloneAt } from '../shared/git/index.ts';
import type { CommitId, Log, NodeId, Person } from '../shared/ports/index.ts';
import type { TreeVerdict } from '../shared/protocol/work.ts';
import type { WorkerStanding, WorkerState } from '../shared/protocol/worker-state.ts';
import { findNode, isConfined, mayWorkFor, memberOf } from '../shared/registry/index.ts';
import { canRun } from './agents/index.ts';
import type { NodeParts } from './compose.ts';
import { localLink, type OpenedWorker, openWorker } from './compose-worker.ts';
import { gatherBrief } from './home/brief.ts';
import type { ConfigAtMain } from './home/config-at-main.ts';
import type { HomeExchange } from './home/exchange.ts';
import type { Home } from './home/home.ts';
import { touchesJudge } from './home/judge-files.ts';
import { LimitBook } from './home/limit-book.ts';
import type { MainReader } from './home/main-reader.ts';
import { Placer } from './home/placer.ts';
import type { Project } from './home/project.ts';
import type { ProjectRecord } from './home/project-parts.ts';
import { ProjectWorkers } from './home/project-worker.ts';
import type { RunBook } from './home/run-book.ts';
import type { Talks } from './home/talks.ts';
import { type AttemptName, WorkLoop } from './home/work-loop.ts';
import type { WorkerDesk } from './home/worker-desk.ts';
import { remoteWorker } from './home/worker-link.ts';
import { type WorkerMember, WorkerPool } from './home/worker-pool.ts';
import { limitsHere } from './limits-here.ts';
import type { GateRunner } from './worker/index.ts';

/** What the work of a project stands on. */
export interface WorkGround {
	readonly parts: NodeParts;
	readonly record: ProjectRecord;
	readonly log: Log;
	readonly repository: CanonicalRepository;
	readonly main: MainReader;
	readonly settings: ConfigAtMain;
	readonly home: Home;
	readonly exchange: Pick<HomeExchange, 'openTexts'>;
	/** Under which this process's worker works. */
	readonly workAuthor: string;
	readonly runs: RunBook;
	readonly talks: Talks;
	readonly gates: GateRunner;
	readonly author: () => Promise<Person>;
	/** The project, once it is there. */
	readonly opened: () => Project | undefined;
	readonly poke: () => void;
}

export interface MadeWork {
	readonly work: WorkLoop;
	readonly worker: ProjectWorkers;
	readonly desk: WorkerDesk;
}

const textBytesMax = 1024 * 1024;

export async function makeWork(ground: WorkGround): Promise<MadeWork> {
	const { parts, record, log, repository, settings, home, workAuthor, runs, talks, gates, opened, poke } = ground;
	const { clock, doors, identity } = parts;
	const own = await openOwn(ground, (task, report) => work.report(identity.nodeId, task, report));
	const pool = makePool(ground, own, await LimitBook.open(parts.store, record.id, () => clock.now()));
	const work: WorkLoop = new WorkLoop({
		project: record.id,
		...{ home, pool, workAuthor, runs, talks, log, clock },
		texts: ground.exchange.openTexts,
		brief: (about) => gatherBrief({ project: record.id, repository, store: parts.store, log }, about),
		git: repository,
		placer: new Placer({
			rpc: doors.rpc,
			gateway: () => doors.gateway(),
			now: () => clock.now(),
			nameOf: (node) => pool.nameOf(node),
			log,
		}),
		config: () => settings.read(),
		fetchAttempt: keepAttempt(ground, own),
		verdictOnMain: async (base): Promise<TreeVerdict | null> =>
			gates.remembered(await repository.treeOf(base), await settings.at(base)),
		judged: async (base, commit, at) =>
			touchesJudge({
				gates: at.gate,
				changes: await repository.changes(base, commit),
				before: (path) => textAt(repository, base, path),
				after: (path) => textAt(repository, commit, path),
			}),
		isPaused: () => opened()?.record.paused ?? false,
		onSettled: poke,
	});
	let stopLooking = (): void => {};
	const worker = new ProjectWorkers({
		...{ pool, runs, log },
		node: identity.nodeId,
		cancel: (key, reason) => work.cancel(key, reason),
		own: {
			start: async () => {
				parts.station.add({ project: record.id, worker: own.worker, standing: () => standing(ground, opened()) });
				stopLooking = parts.station.subscribe(() => opened()?.lookAtQuestions());
				await own.worker.start();
			},
			stop: async () => {
				stopLooking();
				work.stop();
				await own.worker.stop();
				parts.station.remove(record.id);
			},
			salvage: (key) => own.worker.salvage(key),
			snapshot: (key) => own.worker.snapshot(key),
			tidy: (keep) => own.worker.tidy(keep),
			keepLogsOf: (isThere) => own.logs.keepOnly(isThere),
			living: () => parts.processes.living(),
			shortage: () => localState(parts, record.id, workAuthor).shortage,
		},
	});
	const desk: WorkerDesk = {
		mayWork: (node) =>
			!parts.registry.isAwaited && ['member', 'draining'].includes(memberFor(parts, record.id, node).standing),
		main: () => repository.main(),
		heard: (node, state) => {
			pool.heard(node, state);
			opened()?.lookAtQuestions();
			return worker.forgettable(node);
		},
		report: (node, task, report) => work.report(node, task, report),
	};
	return { work, worker, desk };
}

async function openOwn(ground: WorkGround, report: Parameters<typeof openWorker>[1]['report']): Promise<OpenedWorker> {
	const { parts, record, repository, gates, settings, log, author, opened } = ground;
	return openWorker(parts, {
		...{ repository, gates, log, report },
		project: record.id,
		copyFrom: record.path,
		readOnly: [record.path],
		author: await author(),
		prepare: () => settings.read(),
		nameOf: (key) => opened()?.views().get(key),
	});
}

function makePool(
	{ parts, record, log, workAuthor, poke }: WorkGround,
	own: OpenedWorker,
	limits: LimitBook,
): WorkerPool {
	const { clock, doors, identity } = parts;
	return new WorkerPool({
		project: record.id,
		clock,
		local: { node: identity.nodeId, link: localLink(own), state: () => localState(parts, record.id, workAuthor) },
		member: (node) => memberFor(parts, record.id, node),
		linkTo: (node) => remoteWorker(node, { rpc: doors.rpc, project: record.id, log }),
		limits,
		onChange: poke,
	});
}

/** As the machine is, and as the registry lets this node work: it may be a home alone, or on its way out of the pool. */
export function localState({ station, registry, identity }: NodeParts, project: string, author: string): WorkerState {
	const state = station.state(author);
	const self = registry.facts === null ? undefined : memberOf(registry.facts, identity.nodeId);
	if (self === undefined || state.shortage !== null) return state;
	const isForIt = isConfined(self) || self.worksFor === 'any' || self.worksFor.some((id) => id === project);
	if (!self.duties.includes('work') || !isForIt)
		return { ...state, shortage: `${self.name} takes no tasks of this project` };
	return self.status === 'draining' ? { ...state, shortage: `${self.name} is draining` } : state;
}

/**
 * Without a registry there is no other node that could come back. While a member has not read its registry, as between
 * the opening of a project and of the mesh, who holds an item there is only silent.
 */
export function memberFor({ registry, identity }: NodeParts, project: string, node: NodeId): WorkerMember {
	const { facts } = registry;
	const known = facts === null ? undefined : findNode(facts, node);
	const labels = known?.labels ?? [];
	const name = registry.nodeName(node);
	if (node === identity.nodeId) return { name, labels, standing: 'member' };
	if (registry.isAwaited) return { name, labels, standing: 'draining' };
	if (facts === null || known === undefined || known.status === 'revoked') return { name, labels, standing: 'gone' };
	if (known.status === 'draining') return { name, labels, standing: 'draining' };
	return { name, labels, standing: mayWorkFor(facts, node, project as never) ? 'member' : 'barred' };
}

/** How the project stands at its own home: its qualification is the project's. */
function standing(
	{ settings, parts, main }: WorkGround,
	project: Project | undefined,
): Omit<WorkerStanding, 'project' | 'clones'> {
	const { ready, reason, saw } = project?.qualification() ?? { ready: false, reason: null, saw: null };
	const path = parts.config.personEnvironment.PATH ?? '';
	const agents = (settings.last?.agent ?? []).filter((agent) => canRun(agent, path));
	const limits = limitsHere(parts, agents);
	return { qualified: ready, reason, saw, main: main.tip, agents: agents.map(({ name }) => name), limits };
}

/** Keeps a result's commits at a ref that can only be created; fetched from where they were made if they are not here. */
function keepAttempt({ parts, record, repository }: WorkGround, own: OpenedWorker) {
	return async (from: NodeId, { key, token }: AttemptName, commit: CommitId, base: CommitId): Promise<void> => {
		const ref = `refs/gangline/attempts/${key}/${token.join('.')}`;
		const isHere = await repository.treeOf(commit).then(
			() => true,
			() => false,
		);
		if (isHere) await repository.keep(ref, commit);
		else if (from === parts.identity.nodeId) {
			await fetchAttempt(repository, { clone: workCloneAt(own.clonePath(key)), commit, base, ref });
		} else {
			await parts.doors.packs.pullAttempt({
				node: from,
				project: record.id,
				want: { ref, commit },
				have: [base],
				into: repository,
				as: ref,
				base,
			});
		}
	};
}

async function textAt(repository: CanonicalRepository, commit: CommitId, path: string): Promise<string | null> {
	const bytes = await repository.file(commit, path, textBytesMax);
	return bytes === null ? null : Buffer.from(bytes).toString();
}
