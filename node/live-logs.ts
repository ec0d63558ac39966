/**
 * Logs of items as they are written, over the mesh: given to members who follow an item of a project that is at home
 * here, and brought here for those who follow one that runs elsewhere. Who may read is asked again with every piece [I13].
 */
import type { FollowedLog } from '../shared/http/index.ts';
import type { Mesh } from '../shared/mesh/index.ts';
import { refuseWithoutAccess } from '../shared/operations/index.ts';
import { type Clock, ganglineError, type NodeId } from '../shared/ports/index.ts';
import { itemLines } from '../shared/protocol/work-methods.ts';
import { callerFor } from '../shared/registry/index.ts';
import {
	type FollowedItem,
	followedAtHome,
	LiveLogs,
	type PresentPeople,
	type ReplicaSeat,
	viewOf,
} from '../shared/replica/index.ts';
import type { NodeParts } from './compose.ts';
import type { Project } from './home/project.ts';

interface Served {
	readonly mesh: Pick<Mesh, 'rpc' | 'facts'>;
	readonly clock: Clock;
	/** Those whose home is here. */
	readonly projects: () => readonly Pick<Project, 'id' | 'name' | 'views' | 'worker'>[];
}

/** Answers `item.lines`. */
export function serveItemLines({ mesh, clock, projects }: Served): void {
	mesh.rpc.serveStream(itemLines, async function* ({ project: id, key, after, person }, peer, signal) {
		const mustRead = (): void => refuseWithoutAccess(callerFor(mesh.facts(), peer, person), 'item.logs');
		mustRead();
		const project = projects().find((one) => one.id === id);
		if (project === undefined) throw ganglineError('UNKNOWN_PROJECT', `project ${id} is not at home here`);
		for await (const { lines } of project.worker.followLog({ key, after }, clock, signal)) {
			mustRead();
			if (!project.views().has(key)) return;
			yield { lines: lines.map((line) => ({ ...line, at: Math.floor(line.at) })) };
		}
	});
}

export interface BroughtLogs extends Served {
	readonly parts: Pick<NodeParts, 'hub' | 'clock' | 'log' | 'identity'>;
	readonly seat: (project: string) => ReplicaSeat | undefined;
	/** Who follows an item has it open. */
	readonly present: Pick<PresentPeople, 'enter'>;
	/** The person who sits here, by the registry. */
	readonly speaker: () => string | null;
}

/** From now on what is followed here comes here; stop it with the mesh. */
export function bringLogs(options: BroughtLogs): LiveLogs {
	const { hub, clock, log } = options.parts;
	const live = new LiveLogs({ clock, log, publish: (event) => hub.publish(event) });
	hub.bringLogs((followed) => {
		const item = ownItem(options, followed) ?? itemElsewhere(options, followed);
		if (item === null) return () => undefined;
		const person = options.speaker();
		const leave = person === null ? null : options.present.enter({ person, project: item.project, item: item.key });
		const end = live.follow(item);
		return () => {
			end();
			leave?.();
		};
	});
	return live;
}

/** What runs here is told as it is written; only what other workers write must come. */
function ownItem({ projects, clock, parts }: BroughtLogs, followed: FollowedLog): FollowedItem | null {
	const project = projects().find(({ id }) => id === followed.project);
	const view = project && viewOf(project, followed.item);
	if (!project || !view) return null;
	return {
		...{ project: project.id, key: view.key, name: view.name, alias: view.alias },
		async *lines(after, signal) {
			const all = project.worker.followLog({ key: view.key, after }, clock, signal);
			for await (const { node, lines } of all) if (node !== parts.identity.nodeId) yield lines;
		},
	};
}

function itemElsewhere({ mesh, seat, speaker }: BroughtLogs, { project, item }: FollowedLog): FollowedItem | null {
	const found = seat(project);
	const person = speaker();
	if (found === undefined || person === null) return null;
	const home = (): NodeId | null => mesh.facts().projects[project]?.home ?? null;
	return followedAtHome(mesh.rpc, { replica: found.replica, home, item, person });
}
