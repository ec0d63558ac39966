/**
 * With whom a node keeps a connection: the gateway, and everyone with whom it has a project in common. Who takes part
 * in a project has it (home, replica) or works for it; two workers have nothing to say to each other.
 */
import type { NodeId } from '../ports/ids.ts';
import type { MeshNode, MeshProject, RegistryFacts } from './facts.ts';
import { mayHave, mayWorkFor, memberOf } from './rights.ts';

/** The members that `node` should be connected with, the gateway first, then by id. */
export function peersOf(facts: RegistryFacts, node: NodeId): readonly MeshNode[] {
	const self = memberOf(facts, node);
	if (self === undefined) return [];
	const projects = Object.values(facts.projects);
	return Object.values(facts.nodes)
		.filter((other) => other.id !== node && other.status !== 'revoked')
		.filter(
			(other) => isGateway(self) || isGateway(other) || projects.some((project) => meet(facts, [self, other], project)),
		)
		.sort((a, b) => Number(isGateway(b)) - Number(isGateway(a)) || (a.id < b.id ? -1 : 1));
}

/** One of them has the project, the other has it or works for it. */
function meet(facts: RegistryFacts, [a, b]: readonly [MeshNode, MeshNode], { id }: MeshProject): boolean {
	const [hasA, hasB] = [mayHave(facts, a.id, id) !== 'none', mayHave(facts, b.id, id) !== 'none'];
	if (hasA && hasB) return true;
	const { home } = facts.projects[id] ?? {};
	return (home === a.id && mayWorkFor(facts, b.id, id)) || (home === b.id && mayWorkFor(facts, a.id, id));
}

const isGateway = ({ duties }: MeshNode): boolean => duties.includes('gateway');
