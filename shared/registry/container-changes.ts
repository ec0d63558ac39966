/** What may be done to the node of a project in a container and to that project together. The same rules as for nodes. */
import type { NodeId } from '../ports/ids.ts';
import type { MeshNode, RegistryFacts } from './facts.ts';
import { members, revoke } from './node-changes.ts';
import { removeProject } from './project-changes.ts';
import { isConfined, own } from './rights.ts';

export interface ContainerInMesh {
	/** What its node joined as; null where that is not known. */
	readonly node: string | null;
	/** The project's id; null where it has none yet. */
	readonly project: string | null;
	readonly name: string;
}

/** Undefined where none has joined, or none is a member any more. */
export function nodeOfContainer(facts: RegistryFacts, { node, project, name }: ContainerInMesh): MeshNode | undefined {
	const confined = members(facts).filter(isConfined);
	const home = project === null ? undefined : own(facts.projects, project)?.home;
	return confined.find(({ id }) => id === (node ?? home)) ?? confined.find((one) => node === null && one.name === name);
}

/**
 * Its container is gone for good: so are its node and what that node is the home of. With its state its key is gone too,
 * so the node is revoked. Where the state is kept the node is forgotten instead: a stranger, whom a new token lets in again.
 */
export function removeContainer(
	facts: RegistryFacts,
	about: ContainerInMesh,
	{ isPurged, now }: { readonly isPurged: boolean; readonly now: number },
): RegistryFacts {
	const node = nodeOfContainer(facts, about);
	if (node === undefined) return facts;
	const homeless = Object.values(facts.projects).filter(({ home }) => home === node.id);
	const without = homeless.reduce((before, { id }) => removeProject(before, id), facts);
	const after = isPurged ? revoke(without, node.id, now) : forgotten(without, node.id);
	return { ...after, revision: facts.revision + 1 };
}

function forgotten(facts: RegistryFacts, id: NodeId): RegistryFacts {
	const { [id]: _gone, ...nodes } = facts.nodes;
	return { ...facts, nodes };
}
