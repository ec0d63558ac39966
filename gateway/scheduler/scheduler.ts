/**
 * Decides where tasks run, over all projects: what the registry allows, what workers last said, and what was given out
 * since. What it gave counts against a worker's slots until the worker says itself that it runs, or for some seconds:
 * two homes that ask at once do not fill the same slot. It may be wrong (a worker may decline); it is never waited for.
 */
import { type PlacementNode, type PlacementTask, place } from '../../shared/placement/index.ts';
import type { Clock, NodeId } from '../../shared/ports/index.ts';
import { unknownMs, type WorkerState } from '../../shared/protocol/worker-state.ts';
import { isConfined, type MeshNode, mayWorkFor, members, type RegistryFacts } from '../../shared/registry/index.ts';

export interface SchedulerOptions {
	readonly facts: () => RegistryFacts;
	readonly clock: Clock;
	/** What a worker said within the time, null where it said nothing or is not connected. */
	readonly workerOf: (node: NodeId, maxAgeMs: number) => WorkerState | null;
}

export interface Decision {
	readonly assignments: readonly {
		readonly task: string;
		readonly node: NodeId;
		readonly reasons: readonly string[];
	}[];
	readonly waiting: readonly { readonly task: string; readonly reason: string }[];
	/** Every member that takes tasks of these projects at all, and how it looked. */
	readonly nodes: readonly NodeLook[];
}

export interface NodeLook {
	readonly node: NodeId;
	readonly name: string;
	readonly takes: boolean;
	readonly reasons: readonly string[];
}

interface Reservation {
	readonly project: string;
	readonly workspace: string;
	/** Monotonic ms. */
	readonly at: number;
}

/**
 * From an answer here to the word of the worker that it runs: an offer, a grant on disk, a beginning, a state. Longer
 * would keep the slot of a task that has begun and ended between two questions; shorter costs a decline, which is free.
 */
const reservedMsMax = 2_000;

export class Scheduler {
	readonly #options: SchedulerOptions;
	readonly #reserved = new Map<NodeId, Reservation[]>();

	constructor(options: SchedulerOptions) {
		this.#options = options;
	}

	/** Places tasks, of one project after another in the order of their first task. */
	decide(tasks: readonly PlacementTask[]): Decision {
		const projects = [...new Set(tasks.map(({ project }) => project))];
		const decisions = projects.map((project) =>
			this.#decideFor(
				project,
				tasks.filter((task) => task.project === project),
			),
		);
		return {
			assignments: decisions.flatMap(({ assignments }) => assignments),
			waiting: decisions.flatMap(({ waiting }) => waiting),
			nodes: decisions.flatMap(({ nodes }) => nodes).filter(isFirst),
		};
	}

	#decideFor(project: string, tasks: readonly PlacementTask[]): Decision {
		const { facts, clock } = this.#options;
		const known = members(facts()).filter(({ duties }) => duties.includes('work'));
		const looks = known.map((node) => this.#look(node, project));
		const candidates = looks.flatMap(({ placement }) => placement ?? []);
		const { assignments, waiting } = place(tasks, candidates, clock.now());
		const byId = new Map<string, MeshNode>(known.map((node) => [node.id, node]));
		const given = assignments.flatMap(({ task, node, reasons }) => {
			const id = byId.get(node)?.id;
			const found = tasks.find((one) => one.id === task);
			if (id === undefined || found === undefined) return [];
			this.#reserve(id, found);
			return [{ task, node: id, reasons }];
		});
		return { assignments: given, waiting, nodes: looks.map(({ look }) => look) };
	}

	#look(node: MeshNode, project: string): { readonly look: NodeLook; readonly placement?: PlacementNode } {
		const state = this.#options.workerOf(node.id, unknownMs);
		const look = (takes: boolean, ...reasons: string[]): NodeLook => ({
			node: node.id,
			name: node.name,
			takes,
			reasons,
		});
		if (!mayWorkFor(this.#options.facts(), node.id, project))
			return { look: look(false, 'it does not work for the project') };
		if (state === null) return { look: look(false, 'nothing was heard of it lately') };
		const reserved = this.#reservedAt(node.id, state).length;
		const placement = placementNode(node, state, { project, reserved });
		const obstacles = obstaclesOf(placement, state, project);
		const free = `${placement.slots - placement.used} of ${placement.slots} slots free`;
		return { look: obstacles.length > 0 ? look(false, ...obstacles) : look(true, free), placement };
	}

	#reserve(node: NodeId, { project, workspace }: PlacementTask): void {
		const at = this.#options.clock.monotonic();
		const others = (this.#reserved.get(node) ?? []).filter(
			(one) => one.project !== project || one.workspace !== workspace,
		);
		this.#reserved.set(node, [...others, { project, workspace, at }]);
	}

	/** What was given to it and does not run yet, as far as is known. */
	#reservedAt(node: NodeId, { busy }: WorkerState): readonly Reservation[] {
		const since = this.#options.clock.monotonic() - reservedMsMax;
		const left = (this.#reserved.get(node) ?? []).filter(
			({ project, workspace, at }) =>
				at > since && !busy.some((run) => run.project === project && run.key === workspace),
		);
		if (left.length > 0) this.#reserved.set(node, left);
		else this.#reserved.delete(node);
		return left;
	}
}

interface About {
	readonly project: string;
	readonly reserved: number;
}

/** A node for the question of one project. */
function placementNode(node: MeshNode, state: WorkerState, { project, reserved }: About): PlacementNode {
	const standing = state.projects.find((one) => one.project === project);
	const { total, free } = state.slots;
	return {
		id: node.id,
		duties: node.duties,
		projects: isConfined(node) ? [project] : node.worksFor,
		qualified: (standing?.qualified ?? false) && state.shortage === null,
		draining: node.status === 'draining',
		labels: [...node.labels, node.name],
		runtimes: state.runtimes,
		agents: [...(standing?.agents ?? []), ...(state.logins ?? [])],
		slots: total,
		used: Math.min(total, total - free + reserved),
		load: state.load,
		free: state.free,
		floor: state.floor,
		limitedUntil: {},
		repositories: standing?.main ? [project] : [],
		clones: standing?.clones ?? [],
		sessions: [],
	};
}

function obstaclesOf(node: PlacementNode, state: WorkerState, project: string): readonly string[] {
	const standing = state.projects.find((one) => one.project === project);
	return [
		...(node.draining ? ['it is being drained'] : []),
		...(state.shortage === null ? [] : [state.shortage]),
		...(standing?.qualified ? [] : [`not qualified: ${standing?.reason ?? 'set-up and gates have not run there yet'}`]),
		...(node.used < node.slots ? [] : [`all of its ${node.slots} slots are taken`]),
	];
}

function isFirst(look: NodeLook, at: number, all: readonly NodeLook[]): boolean {
	return all.findIndex(({ node }) => node === look.node) === at;
}
