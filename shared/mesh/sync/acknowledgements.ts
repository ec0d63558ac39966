/**
 * What each node has said to have on disk: logs per author, and the revision of the facts. Said by the node itself, so
 * a node that comes back with an older store lowers its own numbers.
 */
import type { AuthorId, NodeId, Peer } from '../../ports/index.ts';

export type AcknowledgedListener = (change: { readonly project: string; readonly peer: Peer }) => void;

interface Said {
	readonly logs: Map<string, number>;
	generation: string;
	revision: number;
}

export class Acknowledgements {
	readonly #said = new Map<string, Map<NodeId, Said>>();
	readonly #listeners = new Set<AcknowledgedListener>();

	log(project: string, author: AuthorId, node: NodeId): number {
		return this.#said.get(project)?.get(node)?.logs.get(author) ?? 0;
	}

	/** 0 for what a node has of another generation. */
	revision(project: string, node: NodeId, generation: string): number {
		const said = this.#said.get(project)?.get(node);
		return said?.generation === generation ? said.revision : 0;
	}

	/** `logs`: by author; what is not named stays as it was. */
	noteLogs(project: string, peer: Peer, logs: Iterable<readonly [author: string, n: number]>): void {
		const said = this.#of(project, peer.node);
		let isNew = false;
		for (const [author, n] of logs) {
			isNew ||= said.logs.get(author) !== n;
			said.logs.set(author, n);
		}
		if (isNew) this.#tell(project, peer);
	}

	noteRevision(project: string, peer: Peer, at: { readonly generation: string; readonly revision: number }): void {
		const said = this.#of(project, peer.node);
		if (said.generation === at.generation && said.revision === at.revision) return;
		Object.assign(said, at);
		this.#tell(project, peer);
	}

	subscribe(listener: AcknowledgedListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	forget(project: string): void {
		this.#said.delete(project);
	}

	#of(project: string, node: NodeId): Said {
		const nodes = this.#said.get(project) ?? new Map<NodeId, Said>();
		this.#said.set(project, nodes);
		const said = nodes.get(node) ?? { logs: new Map<string, number>(), generation: '', revision: 0 };
		nodes.set(node, said);
		return said;
	}

	#tell(project: string, peer: Peer): void {
		for (const listener of this.#listeners) listener({ project, peer });
	}
}
