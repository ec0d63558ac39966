/**
 * The nodes of the mesh as the gateway sees them: it is connected with all, this node with some. Asked for the person who
 * sits here; while the gateway is away, or where nobody sits, this node's own view has to do.
 */
import { type MeshNodeView, operations } from '../shared/operations/index.ts';
import { GanglineError } from '../shared/ports/index.ts';
import { operationMethod } from '../shared/protocol/mesh.ts';
import type { NodeParts } from './compose.ts';
import { speakerAt } from './compose-mesh.ts';
import type { NodeMesh } from './node-mesh.ts';

/** A person waits for the table. */
const answerMsMax = 2_000;

/** Null where the gateway cannot be asked now. */
export async function nodesSeenByGateway(
	parts: NodeParts,
	{ mesh }: NodeMesh,
	asked: { readonly revoked: boolean },
): Promise<readonly MeshNodeView[] | null> {
	const speaker = speakerAt(parts);
	const gateway = mesh?.membership.gateway.node;
	if (!mesh || speaker === null || !mesh.network.links().some(({ node }) => node === gateway)) return null;
	const question = { operation: 'node.list', args: { ...asked }, person: speaker.person };
	try {
		const answer = await mesh.rpc.ask(mesh.membership.gateway.node, operationMethod, question, {
			timeoutMs: answerMsMax,
		});
		const { nodes } = operations['node.list'].result.parse(answer);
		return nodes.map((node) => ({ ...node, self: node.id === mesh.self }));
	} catch (error) {
		if (error instanceof GanglineError) return null;
		throw error;
	}
}
