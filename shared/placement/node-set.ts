/**
 * Sets of nodes as bits, by their position in the list. A condition is evaluated once per node and not once per pair;
 * what a task needs is the intersection of a few of these.
 */
export class NodeSet {
	readonly words: Int32Array;

	constructor(length: number) {
		this.words = new Int32Array((length + 31) >> 5);
	}

	static where(length: number, holds: (at: number) => boolean): NodeSet {
		const set = new NodeSet(length);
		for (let at = 0; at < length; at += 1) if (holds(at)) set.add(at);
		return set;
	}

	add(at: number): void {
		this.words[at >> 5] = (this.words[at >> 5] ?? 0) | (1 << (at & 31));
	}

	delete(at: number): void {
		this.words[at >> 5] = (this.words[at >> 5] ?? 0) & ~(1 << (at & 31));
	}

	/** Becomes what is in both. */
	keep(other: NodeSet): void {
		const { words } = this;
		for (let at = 0; at < words.length; at += 1) words[at] = (words[at] ?? 0) & (other.words[at] ?? 0);
	}

	/** A new set: of what is in either. */
	or(other: NodeSet): NodeSet {
		const made = this.#copy();
		for (let at = 0; at < made.words.length; at += 1) made.words[at] = (made.words[at] ?? 0) | (other.words[at] ?? 0);
		return made;
	}

	/** A new set: without what is in the other. */
	without(other: NodeSet): NodeSet {
		const made = this.#copy();
		for (let at = 0; at < made.words.length; at += 1) made.words[at] = (made.words[at] ?? 0) & ~(other.words[at] ?? 0);
		return made;
	}

	copyFrom(other: NodeSet): void {
		this.words.set(other.words);
	}

	/** Counts a word's bits side by side: explanations for thousands of waiting tasks ask this often. */
	size(): number {
		let count = 0;
		for (const word of this.words) {
			const pairs = word - ((word >>> 1) & 0x55555555);
			const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
			count += Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
		}
		return count;
	}

	#copy(): NodeSet {
		const made = new NodeSet(this.words.length << 5);
		made.copyFrom(this);
		return made;
	}
}

/** Name → the nodes that have it, made in one pass over the nodes. */
export function nodesByName<Node>(
	nodes: readonly Node[],
	namesOf: (node: Node) => Iterable<string>,
): Map<string, NodeSet> {
	const found = new Map<string, NodeSet>();
	nodes.forEach((node, at) => {
		for (const name of namesOf(node)) {
			const known = found.get(name) ?? new NodeSet(nodes.length);
			known.add(at);
			found.set(name, known);
		}
	});
	return found;
}
