/**
 * What a node must be for a task, as sets of nodes made in one pass over the nodes. A task then costs a few look-ups,
 * however different from all others it is. The order of the conditions is the order of the explanations.
 */
import { NodeSet, nodesByName } from './node-set.ts';
import type { PlacementNode, PlacementTask } from './shapes.ts';

/** A condition of a task, and how to say that nodes fail it. */
export interface Condition {
	readonly nodes: NodeSet;
	readonly fails: string;
}

/** The conditions of a task over one list of nodes at one time; the free slots are not among them. */
export function conditionsFor(
	nodes: readonly PlacementNode[],
	now: number,
): (task: PlacementTask) => readonly Condition[] {
	const none = new NodeSet(nodes.length);
	const all = where(nodes, () => true);
	const anyProject = where(nodes, ({ projects }) => projects === 'any');
	const projects = nodesByName(nodes, (node) => (node.projects === 'any' ? [] : node.projects));
	const runtimes = nodesByName(nodes, (node) => node.runtimes);
	const agents = nodesByName(nodes, (node) => node.agents);
	const labels = nodesByName(nodes, (node) => node.labels);
	const limited = nodesByName(nodes, (node) => limitedAccounts(node, now));
	const ids = nodesByName(nodes, ({ id }) => [id]);

	const general = [
		{ nodes: where(nodes, ({ duties }) => duties.includes('work')), fails: 'do no work' },
		{ nodes: where(nodes, ({ qualified }) => qualified), fails: 'did not pass their own checks' },
		{ nodes: where(nodes, ({ draining }) => !draining), fails: 'are draining' },
		{ nodes: where(nodes, hasRoom), fails: 'are below their floor of memory or disk' },
	];
	const pinned = perName((id) => ({ nodes: ids.get(id) ?? none, fails: `are not ${id}, where it is pinned` }));
	const ofProject = perName((project) => {
		const own = projects.get(project);
		return { nodes: own ? anyProject.or(own) : anyProject, fails: `are not for project ${project}` };
	});
	const running = perName((runtime) => ({ nodes: runtimes.get(runtime) ?? none, fails: `cannot run ${runtime}` }));
	const having = perName((agent) => ({ nodes: agents.get(agent) ?? none, fails: `do not have agent ${agent}` }));
	const labelled = perName((label) => ({ nodes: labels.get(label) ?? none, fails: `lack label ${label}` }));
	const unlimited = perName((account) => ({
		nodes: all.without(limited.get(account) ?? none),
		fails: `wait for the limit of ${account}`,
	}));
	const willing = perName((id) => ({ nodes: all.without(ids.get(id) ?? none), fails: `declined (${id})` }));

	return (task) => {
		const needed: Condition[] = task.pin === null ? [...general] : [pinned(task.pin), ...general];
		needed.push(ofProject(task.project), running(task.runtime));
		if (task.agent !== null) needed.push(having(task.agent));
		for (const label of task.labels) needed.push(labelled(label));
		if (task.account !== null) needed.push(unlimited(task.account));
		for (const id of task.declinedBy ?? []) needed.push(willing(id));
		return needed;
	};
}

/** Two thousand tasks of ten projects ask ten questions. */
function perName(make: (name: string) => Condition): (name: string) => Condition {
	const known = new Map<string, Condition>();
	return (name) => {
		const made = known.get(name);
		if (made) return made;
		const fresh = make(name);
		known.set(name, fresh);
		return fresh;
	};
}

function where(nodes: readonly PlacementNode[], holds: (node: PlacementNode) => boolean): NodeSet {
	return NodeSet.where(nodes.length, (at) => {
		const node = nodes[at];
		return node !== undefined && holds(node);
	});
}

function hasRoom({ free, floor }: PlacementNode): boolean {
	return free.memoryMb >= floor.memoryMb && free.diskMb >= floor.diskMb;
}

function limitedAccounts({ limitedUntil }: PlacementNode, now: number): readonly string[] {
	return Object.entries(limitedUntil).flatMap(([account, until]) => (until > now ? [account] : []));
}
