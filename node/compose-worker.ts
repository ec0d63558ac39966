/** Puts the worker of one project together, its own node's or another's, and the link by which a home here speaks to it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SourceRepository } from '../shared/git/index.ts';
import type { Log, Person } from '../shared/ports/index.ts';
import type { ProjectConfig } from '../shared/project/index.ts';
import { createRuntime, nativeProgram, newSessionId, notingLimits, runtimePrograms } from './agents/index.ts';
import type { NodeParts } from './compose.ts';
import type { LogQuery, LogTail, WorkerLink } from './home/worker-link.ts';
import {
	followRun,
	type GateRunner,
	pauseOn,
	RunLogs,
	realAttempts,
	SessionBook,
	SpentBook,
	Worker,
	type WorkerOptions,
	Workspaces,
	workspaceGit,
} from './worker/index.ts';

export interface WorkerOpening extends Pick<WorkerOptions, 'prepare' | 'report'> {
	/** The project's id. */
	readonly project: string;
	readonly repository: SourceRepository;
	readonly gates: GateRunner;
	/** Where untracked files that a clone needs come from: the person's checkout, or a folder of this node. */
	readonly copyFrom: string;
	/** What nothing that is run here may change: the person's checkout. */
	readonly readOnly: readonly string[];
	/** In whose name agents commit. */
	readonly author: Person;
	readonly log: Log;
	/** What people call an item, for the event stream. */
	readonly nameOf: (key: string) => { readonly name: string; readonly alias: string | null } | undefined;
}

export interface OpenedWorker {
	readonly worker: Worker;
	readonly logs: RunLogs;
	clonePath(key: string): string;
}

export function openWorker(parts: NodeParts, opening: WorkerOpening): OpenedWorker {
	const { config, store, secrets, logins, accountLimits, clock, random, room, processes, hub, station, desk } = parts;
	const { project, repository, gates, copyFrom, readOnly, author, log, nameOf, prepare, report } = opening;
	const folder = config.state.project(project);
	const clones = join(folder, 'clones');
	const git = workspaceGit(repository);
	const logs = new RunLogs({
		folder: join(folder, 'runs'),
		clock,
		redact: (line) => secrets.redact(line),
		onLost: (item, run, error) => log.warn('runLog.notWritten', { item, run, error }),
		onLine: (key, line) => {
			const { name = key, alias = null } = nameOf(key) ?? {};
			hub.publish({ kind: 'log', at: line.at, project, key, name, alias, line });
		},
	});
	const shellPath = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
	const isRoot = process.getuid?.() === 0;
	const worker = new Worker({
		...{ project, store, clock, log, room, logs, report },
		prepare: async (task, signal) => forThisMachine(await prepare(task, signal), config.provisioned !== null),
		redact: (text) => secrets.redact(text),
		onChange: () => station.changed(),
		attempts: realAttempts({
			git,
			workspaces: new Workspaces({ project, git, store, clock, log, folder: clones, author }),
			gates,
			ports: { processes, clock, shellPath },
			book: new SessionBook(store, project),
			looks: new SessionBook(store, project, 'look'),
			spent: new SpentBook(store, project),
			newSessionId: () => newSessionId(random),
			tools: desk,
			runtime: (name) =>
				notingLimits(
					createRuntime(runtimePrograms[name], { processes, clock, isRoot, shellPath, programFor: nativeProgram }),
					accountLimits,
				),
			log,
			copyFrom,
			person: { own: config.personEnvironment, given: config.given },
			...{ secrets, logins },
			author,
			hidden: hiddenFrom(parts),
			readOnly: [...readOnly, ...readOnlyInside(config)],
			tmpRoot: join(config.state.root, 'tmp'),
			pause: pauseOn(clock),
		}),
	});
	return { worker, logs, clonePath: (key) => join(clones, key) };
}

/** What nothing that is run here may see: all that nodes of this person keep, and what lets somebody into a container. */
export function hiddenFrom({
	config,
	accountLimits: { folder },
}: Pick<NodeParts, 'config' | 'accountLimits'>): readonly string[] {
	const shared = folder === null ? [] : [folder];
	return [config.state.root, ...shared, ...inContainer(config, ['ssh', 'hooks', 'apart'])];
}

/** What runs in a container reads and never changes: by which settings git pushes. They are also the node's own. */
export function readOnlyInside(config: NodeParts['config']): readonly string[] {
	return inContainer(config, ['git']).filter((folder) => existsSync(folder));
}

/** Folders beside the node's own in what a container keeps, as the gateway names them. */
function inContainer({ provisioned, state }: NodeParts['config'], names: readonly string[]): readonly string[] {
	return provisioned === null ? [] : names.map((name) => join(dirname(state.root), name));
}

/** Where a container encloses the project, agents are asked nothing, unless the settings say so. */
export function forThisMachine(settings: ProjectConfig, isContained: boolean): ProjectConfig {
	if (!isContained) return settings;
	return { ...settings, agent: settings.agent.map((agent) => ({ ...agent, permissions: agent.permissions ?? 'all' })) };
}

/** The worker of this process, spoken to like any other. */
export function localLink({ worker, logs, clonePath }: OpenedWorker): WorkerLink {
	return {
		say: async (key, words, person) => worker.say(key, words, person),
		answer: async (key, id, decision) => worker.answer(key, id, decision),
		folder: async (key) => (existsSync(clonePath(key)) ? clonePath(key) : null),
		told: (task, forResearch) => worker.told(task, forResearch),
		offer: async (task) => worker.offer(task),
		begin: async (task) => worker.begin(task),
		cancel: (key, reason) => worker.cancel(key, reason),
		acknowledge: (task) => worker.acknowledge(task, true),
		log: async (key, query) => readLog(logs, key, query),
		follow: (place, signal) => followRun(logs, place, signal),
	};
}

/** The newest run where none is named; what no log is left of is an empty one. */
export function readLog(logs: RunLogs, key: string, { run, lines: limit, contains }: LogQuery): LogTail {
	const id = run ?? logs.runs(key).at(-1) ?? null;
	if (id === null) return { run: null, lines: [], dropped: 0 };
	const { lines, dropped } = logs.read(key, id, limit, contains);
	return { run: id, lines, dropped };
}
