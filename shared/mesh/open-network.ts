/**
 * Loads libp2p only for a member of a mesh: it takes longer to load than all the rest of a node, and a machine that is
 * alone has no use for it.
 */
import type { Libp2pNetworkOptions, ListeningNetwork } from './libp2p-network.ts';

export type { ListeningNetwork } from './libp2p-network.ts';

export async function openLibp2pNetwork(options: Libp2pNetworkOptions): Promise<ListeningNetwork> {
	const library = await import('./libp2p-network.ts');
	return library.openLibp2pNetwork(options);
}
