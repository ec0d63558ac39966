/**
 * The nodes of one placement as columns: what the inner loop reads lies side by side. Slots are taken here as the
 * placement goes on, so no node is given more than it has.
 */
import type { Condition } from './conditions.ts';
import { NodeSet } from './node-set.ts';
import { hashOf, nodeScore, rendezvous, scores } from './scores.ts';
import type { PlacementNode, PlacementTask } from './shapes.ts';

export interface Found {
	readonly at: number;
	readonly node: PlacementNode;
	/** How many other nodes were as good, so that the hash decided. */
	readonly equals: number;
}

export class NodeTable {
	/** Pairs of task and node that were scored so far. */
	considered = 0;
	readonly #nodes: readonly PlacementNode[];
	readonly #hashes: Int32Array;
	/** What does not depend on the task, kept up as slots are taken; during `best` also what does. */
	readonly #scores: Int32Array;
	readonly #used: Int32Array;
	readonly #loads: readonly string[];
	readonly #all: NodeSet;
	readonly #withSlots: NodeSet;
	/** Scratch, overwritten by every question. */
	readonly #candidates: NodeSet;
	readonly #repositories: Positions;
	readonly #clones: Positions;
	readonly #sessions: Positions;

	constructor(nodes: readonly PlacementNode[]) {
		this.#nodes = nodes;
		this.#hashes = Int32Array.from(nodes, ({ id }) => hashOf(id));
		this.#scores = Int32Array.from(nodes, (node) => nodeScore(node, node.used));
		this.#used = Int32Array.from(nodes, ({ used }) => used);
		this.#loads = nodes.map(({ slots, load }) => `of ${slots} slots in use, load ${load.toFixed(2)}`);
		this.#all = NodeSet.where(nodes.length, () => true);
		this.#withSlots = NodeSet.where(nodes.length, (at) => (nodes[at]?.used ?? 0) < (nodes[at]?.slots ?? 0));
		this.#candidates = new NodeSet(nodes.length);
		this.#repositories = positions(nodes, ({ repositories }) => repositories);
		this.#clones = positions(nodes, ({ clones }) => clones);
		this.#sessions = positions(nodes, ({ sessions }) => sessions);
	}

	/** The best node that meets all conditions and has a slot. */
	best(task: PlacementTask, conditions: readonly Condition[]): Found | null {
		this.#candidates.copyFrom(this.#withSlots);
		for (const { nodes } of conditions) this.#candidates.keep(nodes);
		this.#addLocality(task, 1);
		const found = this.#scan(hashOf(task.id));
		this.#addLocality(task, -1);
		return found;
	}

	take(at: number): void {
		const node = this.#nodes[at];
		if (!node) return;
		const used = (this.#used[at] ?? 0) + 1;
		this.#used[at] = used;
		this.#scores[at] = nodeScore(node, used);
		if (used >= node.slots) this.#withSlots.delete(at);
	}

	/** Why this node: the slots are as they were before the task took one. */
	whyThis({ project, workspace }: PlacementTask, { at, equals }: Found): readonly string[] {
		const reasons: string[] = [];
		if (this.#sessions.get(workspace)?.includes(at)) reasons.push('its session can be resumed there');
		if (this.#clones.get(workspace)?.includes(at)) reasons.push('its clone is there');
		if (this.#repositories.get(project)?.includes(at)) reasons.push('the repository is there');
		reasons.push(`${this.#used[at]} ${this.#loads[at]}`);
		if (equals > 0) reasons.push(`one of ${equals + 1} equal nodes, chosen by hash`);
		return reasons;
	}

	/** How many nodes fail which condition first; the slots last, because a full node is the right one to wait for. */
	whyNone(conditions: readonly Condition[]): string {
		const total = this.#nodes.length;
		if (total === 0) return 'there is no node';
		const left = this.#candidates;
		left.copyFrom(this.#all);
		const parts: string[] = [];
		let before = total;
		for (const { nodes, fails } of [...conditions, { nodes: this.#withSlots, fails: 'have no free slot' }]) {
			left.keep(nodes);
			const now = left.size();
			if (now < before) parts.push(`${before - now} ${fails}`);
			before = now;
		}
		return `of ${total} nodes ${parts.join(', ')}`;
	}

	/** The inner loop. Ties by rendezvous weight, and equal weights by the order of the ids. */
	#scan(taskHash: number): Found | null {
		const { words } = this.#candidates;
		const nodeScores = this.#scores;
		const hashes = this.#hashes;
		let best = -1;
		let bestScore = Number.NEGATIVE_INFINITY;
		let bestWeight = 0;
		let equals = 0;
		let considered = 0;
		for (let word = 0; word < words.length; word += 1) {
			for (let bits = words[word] ?? 0; bits !== 0; bits &= bits - 1) {
				const at = (word << 5) + 31 - Math.clz32(bits & -bits);
				const score = nodeScores[at] ?? 0;
				considered += 1;
				if (score < bestScore) continue;
				const weight = rendezvous(taskHash, hashes[at] ?? 0);
				equals = score > bestScore ? 0 : equals + 1;
				if (score === bestScore && weight <= bestWeight) continue;
				best = at;
				bestScore = score;
				bestWeight = weight;
			}
		}
		this.considered += considered;
		const node = this.#nodes[best];
		return node ? { at: best, node, equals } : null;
	}

	#addLocality({ project, workspace }: PlacementTask, sign: 1 | -1): void {
		addTo(this.#scores, this.#repositories.get(project), sign * scores.repository);
		addTo(this.#scores, this.#clones.get(workspace), sign * scores.clone);
		addTo(this.#scores, this.#sessions.get(workspace), sign * scores.session);
	}
}

type Positions = ReadonlyMap<string, readonly number[]>;

function addTo(column: Int32Array, at: readonly number[] = [], amount: number): void {
	for (const node of at) column[node] = (column[node] ?? 0) + amount;
}

/** Name → positions of the nodes that have it. */
function positions(nodes: readonly PlacementNode[], named: (node: PlacementNode) => readonly string[]): Positions {
	const found = new Map<string, number[]>();
	nodes.forEach((node, at) => {
		for (const name of new Set(named(node))) {
			const known = found.get(name);
			if (known) known.push(at);
			else found.set(name, [at]);
		}
	});
	return found;
}
