/**
 * The registry as this node knows it: nothing until it belongs to a mesh, then what the gateway signed last, also while
 * the gateway is away. Homes, replicas and handlers read names and rights from here.
 */
import type { NodeId, ProjectId } from '../shared/ports/index.ts';
import { findNode, mayHave, maySpeakFor, type RegistryFacts, rightsOfAuthor } from '../shared/registry/index.ts';
import type { AuthorRights } from './home/author-rights.ts';

export class KnownRegistry {
	readonly #self: { readonly node: NodeId; readonly name: string };
	readonly #listeners = new Set<() => void>();
	#facts: RegistryFacts | null = null;
	#isExpected = false;

	/** `name`: what this machine calls itself as long as no registry says otherwise. */
	constructor(self: { readonly node: NodeId; readonly name: string }) {
		this.#self = self;
	}

	/** Null outside of a mesh. */
	get facts(): RegistryFacts | null {
		return this.#facts;
	}

	/**
	 * This node is a member, and what the registry says will be set. Until then nobody is refused for want of a right: it is
	 * not known who has which.
	 */
	expect(): void {
		this.#isExpected = true;
	}

	/** This node is a member and has not read what the registry says: nobody is taken for gone, or for nobody, by that. */
	get isAwaited(): boolean {
		return this.#facts === null ? this.#isExpected : this.#facts.revision === 0;
	}

	set(facts: RegistryFacts | null): void {
		if (facts === this.#facts) return;
		this.#facts = facts;
		for (const listener of this.#listeners) listener();
	}

	/** Called when the registry changed; must not throw. */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** What people call a node; its id where nobody knows it. */
	nodeName(node: string): string {
		const known = this.#facts && Object.hasOwn(this.#facts.nodes, node) ? this.#facts.nodes[node] : undefined;
		return known?.name ?? (node === this.#self.node ? this.#self.name : node);
	}

	/** Other members that may have a replica of the project; null while that is not known. */
	others(project: string): readonly NodeId[] | null {
		if (this.isAwaited) return null;
		const facts = this.#facts;
		if (facts === null) return [];
		const nodes = Object.values(facts.nodes).map(({ id }) => id);
		return nodes.filter((node) => node !== this.#self.node && mayHave(facts, node, project as ProjectId) !== 'none');
	}

	/** As what authors of other nodes may act in a project. */
	rights(project: string): AuthorRights {
		return {
			isKnown: () => !this.isAwaited,
			of: (author) => (this.#facts ? rightsOfAuthor(this.#facts, author, project as ProjectId) : []),
			isGone: (node) => !this.isAwaited && this.#facts !== null && findNode(this.#facts, node)?.status === 'revoked',
			speaksFor: (author, who) => this.#facts !== null && maySpeakFor(this.#facts, author, who),
			subscribe: (listener) => this.subscribe(listener),
		};
	}
}
