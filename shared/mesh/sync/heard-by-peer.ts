/**
 * Which nodes a peer hears by itself, as it says. What came here from one of those is not passed on to it: that node
 * sends it, or had it from another whom the peer hears. Without this, in a mesh where everybody hears everybody, each
 * change is passed on to each node by all others, and two of three frames say what is known.
 *
 * When the peer loses one of them, whatever was left out for its sake is compared again, so nothing depends on when the
 * news of it comes; and so it is every few minutes, because one whom the peer hears may keep things from it. Who makes
 * up whom it hears keeps changes from itself alone.
 */

export class HeardByPeer {
	#nodes: ReadonlySet<string> = new Set();
	/** By node: what was left out because the peer hears that node. */
	readonly #leftOut = new Map<string, Set<string>>();

	/** Whether the peer gets a change of `thing` that came from `from` without us. Remembered then. */
	gets(thing: string, from: string | undefined): boolean {
		if (from === undefined || !this.#nodes.has(from)) return false;
		const things = this.#leftOut.get(from) ?? new Set();
		this.#leftOut.set(from, things.add(thing));
		return true;
	}

	/** What was left out since it was asked last, whoever brought it. */
	take(): ReadonlySet<string> {
		const things = new Set([...this.#leftOut.values()].flatMap((left) => [...left]));
		this.#leftOut.clear();
		return things;
	}

	/** From now on the peer hears these. Answers what was left out for the sake of those that it has lost. */
	replace(nodes: Iterable<string>): ReadonlySet<string> {
		const open = new Set<string>();
		this.#nodes = new Set(nodes);
		for (const [node, things] of [...this.#leftOut]) {
			if (this.#nodes.has(node)) continue;
			this.#leftOut.delete(node);
			for (const thing of things) open.add(thing);
		}
		return open;
	}
}
