/**
 * The mesh as answers show it: what the registry says, laid together with what the one who is asked sees now. The same
 * for the gateway, which sees most, and for a node that is cut off and sees itself.
 */
import type { MeshNodeView, MeshProjectView } from '../operations/mesh-views.ts';
import type { NodeId } from '../ports/ids.ts';
import type { WorkerState } from '../protocol/worker-state.ts';
import type { MeshNode, MeshProject, RegistryFacts } from '../registry/index.ts';

/** What is seen of a node; all null where nothing is known. */
export interface NodeSight {
	readonly self: boolean;
	readonly connected: boolean;
	/** Wall ms when it was connected, or last seen. */
	readonly since: number | null;
	readonly version: string | null;
	readonly links: readonly NodeId[];
	readonly roundTrip: MeshNodeView['roundTrip'];
	readonly worker: WorkerState | null;
}

/** One node for people: names instead of ids. */
export function viewNode(facts: RegistryFacts, node: MeshNode, sight: NodeSight): MeshNodeView {
	const { worker } = sight;
	return {
		id: node.id,
		name: node.name,
		duties: [...node.duties],
		status: node.status,
		person: node.person,
		labels: [...node.labels],
		self: sight.self,
		connected: sight.connected,
		since: sight.since,
		version: sight.version,
		addresses: [...node.addresses],
		links: sight.links.map((id) => nodeNameIn(facts, id)).sort(),
		roundTrip: sight.roundTrip,
		slots: slotsOf(node, worker),
		declines: node.status === 'draining' ? 'it is being drained' : (worker?.shortage ?? null),
		worksFor: node.worksFor === 'any' ? 'any' : node.worksFor.map((id) => projectNameIn(facts, id)),
		homeOf: Object.values(facts.projects)
			.filter(({ home }) => home === node.id)
			.map(({ name }) => name)
			.sort(),
		qualified: qualifiedFor(facts, worker),
		joinedAt: node.joinedAt,
	};
}

function slotsOf(node: MeshNode, worker: WorkerState | null): MeshNodeView['slots'] {
	if (worker === null) return { used: null, total: node.slots };
	return { used: worker.slots.total - worker.slots.free, total: worker.slots.total };
}

/** Only projects of this registry: a name that nobody gave is no name. */
function qualifiedFor(facts: RegistryFacts, worker: WorkerState | null): MeshNodeView['qualified'] {
	return (worker?.projects ?? [])
		.filter(({ project }) => Object.hasOwn(facts.projects, project))
		.map(({ project, qualified, reason }) => ({ project: projectNameIn(facts, project), ready: qualified, reason }));
}

/** What is seen of a project from where one is asked. */
export interface ProjectSight {
	readonly connected: boolean;
	readonly since: number | null;
	readonly resultsWaiting: number;
	readonly changesWaiting: number;
	/** Wall ms of the one who answers. */
	readonly now: number;
}

/** One project for people, with `home laptop away since 23:10, 7 results wait` where that is so. */
export function viewProject(facts: RegistryFacts, project: MeshProject, sight: ProjectSight): MeshProjectView {
	const { connected, since, resultsWaiting, changesWaiting } = sight;
	const name = nodeNameIn(facts, project.home);
	return {
		id: project.id,
		name: project.name,
		branch: project.branch,
		home: { node: project.home, name, connected, since },
		term: project.term,
		resultsWaiting,
		changesWaiting,
		words: projectWords(name, sight),
	};
}

function projectWords(home: string, sight: ProjectSight): string | null {
	const { connected, since, resultsWaiting, changesWaiting, now } = sight;
	const away = connected ? [] : [`home ${home} away${since === null ? '' : ` since ${dayAndTime(since, now)}`}`];
	const results = resultsWaiting === 0 ? [] : [waits(resultsWaiting, 'result')];
	const changes = changesWaiting === 0 ? [] : [waits(changesWaiting, 'change')];
	const all = [...away, ...results, ...changes];
	return all.length === 0 ? null : all.join(', ');
}

function waits(number: number, what: string): string {
	return number === 1 ? `1 ${what} waits` : `${number} ${what}s wait`;
}

/** `23:10` of today, `2026-11-20 23:10` of another day; local time of the one who answers. */
function dayAndTime(at: number, now: number): string {
	const [date, today] = [new Date(at), new Date(now)];
	const two = (number: number): string => String(number).padStart(2, '0');
	const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
	if (date.toDateString() === today.toDateString()) return time;
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** What people call a node; its id where the registry does not know it. */
export function nodeNameIn(facts: RegistryFacts, id: string): string {
	return Object.hasOwn(facts.nodes, id) ? (facts.nodes[id]?.name ?? id) : id;
}

function projectNameIn(facts: RegistryFacts, id: string): string {
	return Object.hasOwn(facts.projects, id) ? (facts.projects[id]?.name ?? id) : id;
}
