/** Puts a project together for which this node only works: mirror, gates, worker, qualification. Its home is elsewhere. */
import { existsSync, mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MirrorRepository } from '../shared/git/index.ts';
import { type CommitId, ganglineError, type NodeId } from '../shared/ports/index.ts';
import type { ProjectConfig } from '../shared/project/index.ts';
import { findProject, type MeshProject } from '../shared/registry/index.ts';
import { canRun } from './agents/index.ts';
import type { NodeParts } from './compose.ts';
import { committer, repositoryAt } from './compose-canonical.ts';
import { makeGateRunner } from './compose-project.ts';
import { type OpenedWorker, openWorker } from './compose-worker.ts';
import { ForeignMirror, ForeignProject, ReportSender, SalvageSender } from './foreign/index.ts';
import { configAt } from './home/config-at-main.ts';
import { Qualification } from './home/qualification.ts';
import { limitsHere } from './limits-here.ts';

export interface OpenedForeign {
	readonly project: ForeignProject;
	readonly logs: OpenedWorker['logs'];
	/** Where the clone of an item lies, or would. */
	readonly clonePath: OpenedWorker['clonePath'];
	/** Of the mirror; commits that its home may fetch lie there. */
	readonly repository: string;
	readonly salvage: SalvageSender;
}

/** How long a killed node's last git child may still hold the mirror. */
const lockWaitMs = 15_000;

/** `like`: a commit of its main, once one is known. Null while neither that nor a mirror is there. */
export async function openForeign(parts: NodeParts, id: string, like: CommitId | null): Promise<OpenedForeign | null> {
	const { config, clock, doors, station } = parts;
	const { name, branch } = entryOf(parts, id);
	const log = parts.log.child({ project: name });
	const folder = config.state.project(id);
	const path = join(folder, 'mirror.git');
	if (like === null && !existsSync(path)) return null;
	const copyFrom = join(folder, 'copy');
	mkdirSync(copyFrom, { recursive: true, mode: 0o700 });
	const home = (): NodeId => entryOf(parts, id).home;
	const repository = await MirrorRepository.open({
		path,
		twin: repositoryAt(folder, 'canonical.git'),
		branch,
		objectFormat: like?.length === 64 ? 'sha256' : 'sha1',
		environment: config.personEnvironment,
		lockWaitMs,
	});
	const mirror = new ForeignMirror({ project: id, packs: doors.packs, home, repository });
	const gates = makeGateRunner(parts, {
		...{ repository, id, copyFrom },
		readOnly: [],
		slots: config.slots ?? parts.room.slots,
	});
	const sender = new ReportSender({ rpc: doors.rpc, clock, home });
	const salvage = new SalvageSender({ project: id, repository, store: parts.store, rpc: doors.rpc, home, log });
	const { worker, logs, clonePath } = openWorker(parts, {
		...{ project: id, repository, gates, copyFrom, log },
		readOnly: [],
		author: committer,
		nameOf: () => undefined,
		prepare: (task, signal) => project.prepare(task, signal),
		report: (task, report) => sender.send(task, report),
	});
	const project: ForeignProject = new ForeignProject({
		...{ project: id, clock, log, mirror, worker, sender },
		config: (commit) => configAt(repository, commit, id),
		missingFiles: (at) => missingFiles(copyFrom, at),
		qualification: new Qualification({
			clock,
			log,
			verdict: (main, at) => gates.verdict({ commit: main, config: at }),
			onChange: () => station.changed(),
		}),
		canRun: (agent) => canRun(agent, config.personEnvironment.PATH ?? ''),
		limits: (agents) => limitsHere(parts, agents),
		onChange: () => station.changed(),
	});
	return { project, logs, clonePath, repository: repository.path, salvage };
}

/** What the person's checkout has at the home and is not in git: secrets mostly, which no wire carries. */
async function missingFiles(folder: string, { setup }: ProjectConfig): Promise<string | null> {
	const missing: string[] = [];
	for (const path of setup.copy) {
		const found = await stat(join(folder, path)).catch(() => null);
		if (!found?.isFile()) missing.push(path);
	}
	if (missing.length === 0) return null;
	return `set-up copies ${missing.join(', ')}, which is never sent to another machine: put it into ${folder} on this one`;
}

function entryOf({ registry }: NodeParts, id: string): MeshProject {
	const found = registry.facts === null ? undefined : findProject(registry.facts, id);
	if (found !== undefined) return found;
	throw ganglineError('UNKNOWN_PROJECT', `project ${id} is in no registry that this node knows`);
}
