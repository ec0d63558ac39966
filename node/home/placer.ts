/**
 * Asks where tasks should run: the gateway first, which sees all projects, for at most two seconds; otherwise the same
 * pure function over the workers that this home can reach. With one worker there is nothing to ask [I12].
 */
import type { Rpc } from '../../shared/mesh/rpc.ts';
import { type PlacementNode, type PlacementTask, place } from '../../shared/placement/index.ts';
import { GanglineError, type Log, type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import { placementMethod } from '../../shared/protocol/mesh.ts';

export interface Placed {
	readonly task: string;
	readonly node: NodeId;
	/** Most important first, each a phrase for people. */
	readonly reasons: readonly string[];
}

export interface Placing {
	readonly assignments: readonly Placed[];
	readonly waiting: readonly { readonly task: string; readonly reason: string }[];
	readonly by: 'gateway' | 'home';
	/** By task: what was thought of each node, for people. */
	readonly considered: ReadonlyMap<string, readonly Considered[]>;
}

export interface Considered {
	readonly name: string;
	readonly takes: boolean;
	/** Why not; empty where it could. */
	readonly reasons: readonly string[];
}

export interface PlacerOptions {
	readonly rpc: Pick<Rpc, 'ask'>;
	/** Null where there is no gateway, or it is away. */
	readonly gateway: () => NodeId | null;
	/** What people call a node. */
	readonly nameOf: (node: NodeId) => string;
	/** Wall ms. */
	readonly now: () => number;
	readonly log: Log;
}

const gatewayMsMax = 2_000;

export class Placer {
	readonly #options: PlacerOptions;

	constructor(options: PlacerOptions) {
		this.#options = options;
	}

	/** Never throws: a gateway that does not answer is a reason to decide here. */
	async place(tasks: readonly PlacementTask[], nodes: readonly PlacementNode[]): Promise<Placing> {
		const answer = nodes.length < 2 ? null : await this.#ask(tasks, nodes);
		if (answer === null) return this.#alone(tasks, nodes);
		const reachable = new Set(nodes.map(({ id }) => id));
		const assignments = answer.assignments.filter(({ node }) => reachable.has(node));
		const answered = new Set([...assignments, ...answer.waiting].map(({ task }) => task));
		// What it gave to a node that only it can reach, or left out, is placed among those that we can.
		const rest = this.#alone(
			tasks.filter(({ id }) => !answered.has(id)),
			nodes,
		);
		const considered = tasks.filter(({ id }) => answered.has(id)).map(({ id }) => [id, answer.nodes] as const);
		return {
			assignments: [...assignments, ...rest.assignments],
			waiting: [...answer.waiting, ...rest.waiting],
			by: 'gateway',
			considered: new Map([...rest.considered, ...considered]),
		};
	}

	async #ask(tasks: readonly PlacementTask[], nodes: readonly PlacementNode[]): Promise<GatewayPlacing | null> {
		const { rpc, gateway, log, now } = this.#options;
		const node = gateway();
		if (node === null) return null;
		try {
			const asked = { tasks: tasks.map((task) => asAsked(task, nodes, now())) };
			const answer = await rpc.ask(node, placementMethod, asked, { timeoutMs: gatewayMsMax });
			return {
				assignments: answer.assignments.map((one) => ({ ...one, node: parseNodeId(one.node) })),
				waiting: answer.waiting,
				nodes: answer.nodes,
			};
		} catch (error) {
			if (!(error instanceof GanglineError)) throw error;
			log.info('placement.alone', { code: error.code, why: error.message });
			return null;
		}
	}

	#alone(tasks: readonly PlacementTask[], nodes: readonly PlacementNode[]): Placing {
		const { now, nameOf } = this.#options;
		const { assignments, waiting } = place(tasks, nodes, now());
		const explained = tasks.slice(0, explainedMax);
		return {
			assignments: assignments.map((one) => ({ ...one, node: parseNodeId(one.node) })),
			waiting,
			by: 'home',
			considered: new Map(
				explained.map((task) => [task.id, nodes.map((node) => considered(task, node, { now: now(), nameOf }))]),
			),
		};
	}
}

/** Each node by itself: what it would be asked if there were no other. */
function considered(
	task: PlacementTask,
	node: PlacementNode,
	{ now, nameOf }: { readonly now: number; readonly nameOf: (node: NodeId) => string },
): Considered {
	const { waiting } = place([task], [node], now);
	const reasons = waiting.map(({ reason }) => reason.replace(/^of 1 nodes 1 /, ''));
	return { name: nameOf(parseNodeId(node.id)), takes: reasons.length === 0, reasons };
}

interface GatewayPlacing extends Pick<Placing, 'assignments' | 'waiting'> {
	readonly nodes: readonly Considered[];
}

/** Tasks of one pass that are explained node by node; the others wait for the same reasons. */
const explainedMax = 50;

/** Limits of accounts are known here alone: a node whose account is limited has declined already. */
function asAsked({ declinedBy = [], labels, ...task }: PlacementTask, nodes: readonly PlacementNode[], now: number) {
	const { account } = task;
	const limited = nodes.filter(({ limitedUntil }) => account !== null && (limitedUntil[account] ?? 0) > now);
	const declined = new Set([...declinedBy, ...limited.map(({ id }) => id)]);
	return { ...task, labels: [...labels], declinedBy: [...declined].map(parseNodeId) };
}
