/**
 * What homes and workers of this node need of an open mesh: questions to other members, and commits from them. Closed
 * until this node belongs to one; then every use answers PEER_GONE, which all who use it take for an absent peer.
 */
import type { Packs } from '../shared/mesh/pack.ts';
import type { Rpc } from '../shared/mesh/rpc.ts';
import { ganglineError, type NodeId } from '../shared/ports/index.ts';

export interface OpenDoors {
	readonly rpc: Pick<Rpc, 'ask' | 'askStream'>;
	readonly packs: Packs;
	/** The gateway, while it is connected. */
	readonly gateway: () => NodeId | null;
}

export class MeshDoors {
	#open: OpenDoors | null = null;

	/** Null closes them. */
	set(open: OpenDoors | null): void {
		this.#open = open;
	}

	readonly rpc: OpenDoors['rpc'] = {
		ask: async (node, method, args, options) => this.#opened(node).rpc.ask(node, method, args, options),
		askStream: (node, stream, args, options) => this.#opened(node).rpc.askStream(node, stream, args, options),
	};

	readonly packs: Packs = {
		pullAttempt: async (input) => this.#opened(input.node).packs.pullAttempt(input),
		pullMain: async (input) => this.#opened(input.node).packs.pullMain(input),
	};

	/** Whom placement is asked of; null while there is nobody. */
	gateway(): NodeId | null {
		return this.#open?.gateway() ?? null;
	}

	#opened(node: NodeId): OpenDoors {
		if (this.#open !== null) return this.#open;
		throw ganglineError('PEER_GONE', `${node} cannot be asked: this node is in no mesh, or leaves it`);
	}
}
