/** A project for which a simulated node only works: node/compose-foreign.ts over twins of git, gates and agents. */
import type { OpenedForeign } from '../../../node/compose-foreign.ts';
import { ForeignMirror, ForeignProject, ReportSender } from '../../../node/foreign/index.ts';
import { configAt } from '../../../node/home/config-at-main.ts';
import { Qualification } from '../../../node/home/qualification.ts';
import { Worker } from '../../../node/worker/index.ts';
import { type CommitId, ganglineError, type NodeId, pause } from '../../../shared/ports/index.ts';
import { findProject, type MeshProject } from '../../../shared/registry/index.ts';
import { redPath, simAttempts } from './agents.ts';
import type { Process } from './machine.ts';
import { verdictOf } from './project.ts';
import { SimSession } from './repositories.ts';

export async function openSimForeign(
	process: Process,
	id: string,
	like: CommitId | null,
): Promise<OpenedForeign | null> {
	const { machine, parts, point } = process;
	const { store, clock, room, station, doors } = parts;
	const { name, branch } = entryOf(process, id);
	const log = parts.log.child({ project: name });
	const path = machine.mirrorPath(id);
	if (like === null && machine.repositories.find(path) === undefined) return null;
	const session = new SimSession({ path, branch, kept: machine.repositories.at(path), point });
	const repository = session.asMirror();
	const home = (): NodeId => entryOf(process, id).home;
	const mirror = new ForeignMirror({ project: id, packs: doors.packs, home, repository });
	const sender = new ReportSender({ rpc: doors.rpc, clock, home });
	const worker: Worker = new Worker(
		process.wire(
			'worker',
			{
				...{ project: id, store, clock, log, room },
				logs: { open: () => ({ write: () => {}, lastLine: () => null, close: () => {} }) },
				attempts: simAttempts(process.agents(session)),
				prepare: (task, signal) => project.prepare(task, signal),
				report: (task, report) => process.reported(task, report, () => sender.send(task, report)),
				onChange: () => station.changed(),
			},
			id,
		),
	);
	process.tellsGivenBack(worker, id);
	const judge = async (commit: CommitId) => {
		await pause(clock, 100 + process.random.below(900));
		const { objects } = session.kept;
		return verdictOf(objects.treeId(commit), !objects.files(commit).has(redPath));
	};
	const project: ForeignProject = new ForeignProject(
		process.wire(
			'foreign',
			{
				...{ project: id, clock, log, mirror, worker, sender },
				config: (commit) => configAt(repository, commit, id),
				missingFiles: async () => null,
				qualification: new Qualification({ clock, log, verdict: judge, onChange: () => station.changed() }),
				canRun: ({ runtime }) => station.runtimes().includes(runtime),
				limits: () => ({}),
				onChange: () => station.changed(),
			},
			id,
		),
	);
	const logs = { read: () => ({ lines: [], dropped: 0 }), runs: () => [] } as unknown as OpenedForeign['logs'];
	// The twins have no clones that hold more than was committed.
	const salvage = { send: async () => undefined } as unknown as OpenedForeign['salvage'];
	return { project, logs, clonePath: () => '/nowhere', repository: path, salvage };
}

function entryOf({ parts }: Process, id: string): MeshProject {
	const { facts } = parts.registry;
	const found = facts === null ? undefined : findProject(facts, id);
	if (found !== undefined) return found;
	throw ganglineError('UNKNOWN_PROJECT', `project ${id} is in no registry that this node knows`);
}
