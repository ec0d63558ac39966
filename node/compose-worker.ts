/** Puts the worker of one project together and binds it to the home: by messages, as if it were on another machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CanonicalRepository } from '../shared/git/index.ts';
import type { Log, Person } from '../shared/ports/index.ts';
import type { ProjectConfig } from '../shared/project/index.ts';
import type { Task, WorkReport } from '../shared/protocol/work.ts';
import { createRuntime, nativeProgram, runtimePrograms } from './agents/index.ts';
import type { NodeParts } from './compose.ts';
import type { ProjectRecord, ProjectWorker } from './home/project.ts';
import type { RunBook } from './home/run-book.ts';
import type { WorkerLink } from './home/work-loop.ts';
import { type GateRunner, type MachineRoom, RunLogs, Worker, Workspaces, workspaceGit } from './worker/index.ts';

export interface WorkerOpening {
	readonly record: ProjectRecord;
	readonly repository: CanonicalRepository;
	readonly gates: GateRunner;
	readonly runs: RunBook;
	/** In whose name agents commit. */
	readonly author: Person;
	readonly config: () => Promise<ProjectConfig>;
	readonly log: Log;
	/** What people call an item, for the event stream. */
	readonly nameOf: (key: string) => { readonly name: string; readonly alias: string | null } | undefined;
	readonly report: (task: Task, report: WorkReport) => Promise<void>;
}

export interface ProjectWorkerParts {
	/** As the home speaks to it. */
	readonly link: WorkerLink;
	/** As the project starts, stops and asks it. */
	readonly worker: ProjectWorker;
	clonePath(key: string): string;
}

export function openWorker(parts: NodeParts, opening: WorkerOpening): ProjectWorkerParts {
	const { config, store, clock, room, processes, hub } = parts;
	const { record, repository, gates, author, log, nameOf } = opening;
	const folder = config.state.project(record.id);
	const clones = join(folder, 'clones');
	const git = workspaceGit(repository);
	const logs = new RunLogs({
		folder: join(folder, 'runs'),
		clock,
		onLine: (key, line) => {
			const { name = key, alias = null } = nameOf(key) ?? {};
			hub.publish({ kind: 'log', at: line.at, project: record.id, key, name, alias, line });
		},
	});
	const shellPath = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
	const isRoot = process.getuid?.() === 0;
	const worker = new Worker({
		project: record.id,
		store,
		clock,
		log,
		room,
		logs,
		config: opening.config,
		report: opening.report,
		attempt: {
			git,
			workspaces: new Workspaces({ project: record.id, git, store, clock, log, folder: clones, author }),
			gates,
			ports: { processes, clock, shellPath },
			runtime: (name) =>
				createRuntime(runtimePrograms[name], { processes, clock, isRoot, shellPath, programFor: nativeProgram }),
			log,
			copyFrom: record.path,
			person: config.personEnvironment,
			author,
			hidden: [config.state.root],
			readOnly: [record.path],
			tmpRoot: join(config.state.root, 'tmp'),
		},
	});
	return {
		link: linkTo(worker),
		worker: projectWorker(worker, { room, logs, runs: opening.runs }),
		clonePath: (key) => join(clones, key),
	};
}

function linkTo(worker: Worker): WorkerLink {
	return {
		freeSlots: () => worker.freeSlots,
		busy: () => worker.busy(),
		reporting: () => worker.reporting,
		offer: (task) => worker.offer(task),
		begin: (task) => worker.begin(task),
		cancel: (key, reason) => worker.cancel(key, reason),
		acknowledge: (task) => worker.acknowledge(task),
	};
}

type WorkerSurroundings = { readonly room: MachineRoom; readonly logs: RunLogs; readonly runs: RunBook };

function projectWorker(worker: Worker, { room, logs, runs }: WorkerSurroundings): ProjectWorker {
	return {
		freeSlots: () => worker.freeSlots,
		shortage: () => room.shortage(),
		running: () => worker.busy(),
		cancel: (key, reason) => worker.cancel(key, reason),
		start: () => worker.start(),
		stop: () => worker.stop(),
		runLog: (key, query) => readRunLog(key, query, { logs, runs }),
		salvage: (key) => worker.salvage(key),
		tidy: (keep) => worker.tidy(keep),
	};
}

/** The newest run where none is named; what no log is left of is an empty one. */
function readRunLog(
	key: string,
	{ run: wanted, lines: limit }: { readonly run?: string | undefined; readonly lines: number },
	{ logs, runs }: { readonly logs: RunLogs; readonly runs: RunBook },
): ReturnType<ProjectWorker['runLog']> {
	const id = wanted ?? logs.runs(key).at(-1);
	if (id === undefined) return { run: null, lines: [], dropped: 0 };
	const known = runs.runs(key).find(({ run }) => run === id);
	const { lines, dropped } = logs.read(key, id, limit);
	const { startedAt = lines[0]?.at ?? 0, endedAt = null, outcome = null } = known ?? {};
	return { run: { id, startedAt, endedAt, outcome }, lines: [...lines], dropped };
}
