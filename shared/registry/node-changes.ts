/**
 * What may be done to the nodes of the registry. Each change is a function of facts to facts one revision later; what
 * makes no sense is refused and changes nothing; what is so already gives back the very same facts.
 */
import { ganglineError } from '../ports/errors.ts';
import { type NodeId, parseNodeId } from '../ports/ids.ts';
import type { MeshNode, MeshPerson, RegistryFacts } from './facts.ts';
import { gatewayOf, own } from './rights.ts';
import { recordsMax } from './schema.ts';

/** What a node is to become. */
export type Joining = Pick<
	MeshNode,
	'id' | 'name' | 'publicKey' | 'addresses' | 'duties' | 'worksFor' | 'person' | 'slots' | 'labels'
>;

/** The first facts of a mesh: its gateway and the person who owns it. */
export function foundMesh(
	mesh: string,
	gateway: Pick<Joining, 'id' | 'name' | 'publicKey' | 'addresses'>,
	owner: { readonly person: MeshPerson; readonly at: number },
): RegistryFacts {
	const node: MeshNode = {
		...gateway,
		duties: ['gateway'],
		worksFor: [],
		person: null,
		slots: 0,
		labels: [],
		status: 'member',
		joinedAt: owner.at,
		changedAt: owner.at,
	};
	return { mesh, revision: 1, nodes: { [node.id]: node }, projects: {}, people: { [owner.person.id]: owner.person } };
}

/** Takes a node in. A node that was revoked stays so for good: its key has to be another one. */
export function joinNode(facts: RegistryFacts, joining: Joining, now: number): RegistryFacts {
	const known = own(facts.nodes, joining.id);
	if (known !== undefined) {
		throw ganglineError(
			'REFUSED',
			`${known.name} (${known.id}) ${known.status === 'revoked' ? 'was revoked' : 'is a member already'}`,
		);
	}
	if (joining.duties.includes('gateway')) throw ganglineError('REFUSED', 'a mesh has one gateway, which makes itself');
	if (Object.keys(facts.nodes).length >= recordsMax) {
		throw ganglineError('TOO_LARGE', `the mesh has ${recordsMax} nodes, more are not kept`);
	}
	refuseTakenName(facts, joining.name, joining.id);
	if (joining.person !== null && own(facts.people, joining.person) === undefined) throw unknownPerson(joining.person);
	const worksFor =
		joining.worksFor === 'any' ? 'any' : joining.worksFor.filter((id) => own(facts.projects, id) !== undefined);
	return withNode(facts, { ...joining, worksFor, status: 'member', joinedAt: now, changedAt: now });
}

/** `wish`, or `wish-2`, `wish-3`, … where others have it. */
export function freeName(facts: RegistryFacts, wish: string): string {
	const taken = new Set(members(facts).map(({ name }) => name));
	for (let n = 1; ; n += 1) {
		const suffix = n === 1 ? '' : `-${n}`;
		const name = `${wish.slice(0, 32 - suffix.length)}${suffix}`;
		if (!taken.has(name)) return name;
	}
}

export function renameNode(facts: RegistryFacts, id: NodeId, name: string): RegistryFacts {
	const node = memberToChange(facts, id);
	if (node.name === name) return facts;
	refuseTakenName(facts, name, id);
	return withNode(facts, { ...node, name });
}

/** Where others can dial it, as it says itself. */
export function setAddresses(facts: RegistryFacts, id: NodeId, addresses: readonly string[]): RegistryFacts {
	const node = memberToChange(facts, id);
	if (node.addresses.join(' ') === addresses.join(' ')) return facts;
	return withNode(facts, { ...node, addresses: [...addresses] });
}

/** It finishes what it has and takes nothing. */
export function drain(facts: RegistryFacts, id: NodeId, now: number): RegistryFacts {
	const node = memberToChange(facts, id);
	if (!node.duties.includes('work'))
		throw ganglineError('REFUSED', `${node.name} takes no tasks, so there is nothing to drain`);
	return node.status === 'draining' ? facts : withNode(facts, { ...node, status: 'draining', changedAt: now });
}

export function undrain(facts: RegistryFacts, id: NodeId, now: number): RegistryFacts {
	const node = memberToChange(facts, id);
	return node.status === 'member' ? facts : withNode(facts, { ...node, status: 'member', changedAt: now });
}

/** Cuts it off for good. Its record stays, so that its key is never taken in again and its work keeps its author. */
export function revoke(facts: RegistryFacts, id: NodeId, now: number): RegistryFacts {
	const node = own(facts.nodes, id);
	if (node === undefined) throw unknownNode(id);
	if (node.duties.includes('gateway'))
		throw ganglineError('REFUSED', `${node.name} is the gateway, it holds the registry`);
	return node.status === 'revoked' ? facts : withNode(facts, { ...node, status: 'revoked', changedAt: now });
}

/** Members, those that drain among them. */
export function members(facts: RegistryFacts): readonly MeshNode[] {
	return Object.values(facts.nodes).filter(({ status }) => status !== 'revoked');
}

/** @throws GanglineError UNKNOWN_NODE */
export function memberToChange(facts: RegistryFacts, id: NodeId): MeshNode {
	const node = own(facts.nodes, id);
	if (node === undefined) throw unknownNode(id);
	if (node.status === 'revoked') {
		throw ganglineError('REFUSED', `${node.name} (${id}) was revoked, for good`, {
			hint: 'it can join again under a new key: remove its identity.key and give it a new token',
		});
	}
	return node;
}

export function unknownPerson(id: string): Error {
	return ganglineError('UNKNOWN_PERSON', `nobody in the mesh is called ${JSON.stringify(id)}`, {
		hint: `add the person: gangline person add ${id}`,
	});
}

/** The facts with one record changed, one revision later. */
function withNode(facts: RegistryFacts, node: MeshNode): RegistryFacts {
	return { ...facts, revision: facts.revision + 1, nodes: { ...facts.nodes, [node.id]: node } };
}

function refuseTakenName(facts: RegistryFacts, name: string, by: NodeId): void {
	const holder = members(facts).find((node) => node.name === name && node.id !== by);
	if (holder === undefined) return;
	throw ganglineError('REFUSED', `the name ${JSON.stringify(name)} belongs to ${holder.id}`, {
		hint: `free is ${freeName(facts, name)}`,
		data: { free: freeName(facts, name) },
	});
}

function unknownNode(id: string): Error {
	return ganglineError('UNKNOWN_NODE', `no node of the mesh has the id ${parseNodeId(id)}`, { hint: 'gangline nodes' });
}

/** The gateway of these facts. @throws GanglineError INTERNAL where there is none: such facts are never published */
export function requireGateway(facts: RegistryFacts): MeshNode {
	const gateway = gatewayOf(facts);
	if (gateway === undefined) throw ganglineError('INTERNAL', `the registry of ${facts.mesh} names no gateway`);
	return gateway;
}
