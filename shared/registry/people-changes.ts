/** What may be done to the people of the registry: the same rules as for nodes (node-changes.ts). An owner remains. */
import type { Access } from '../operations/define.ts';
import { ganglineError } from '../ports/errors.ts';
import type { NodeId } from '../ports/ids.ts';
import type { MeshNode, MeshPerson, RegistryFacts } from './facts.ts';
import { memberToChange, unknownPerson } from './node-changes.ts';
import { own } from './rights.ts';
import { recordsMax } from './schema.ts';

/** Lets a person in, or changes what one may do. */
export function setPerson(facts: RegistryFacts, person: MeshPerson): RegistryFacts {
	const known = own(facts.people, person.id);
	if (known?.access === person.access) return facts;
	if (known === undefined && Object.keys(facts.people).length >= recordsMax) {
		throw ganglineError('TOO_LARGE', `the mesh has ${recordsMax} people, more are not kept`);
	}
	if (person.access !== 'owner') refuseLastOwner(facts, person.id);
	return { ...facts, revision: facts.revision + 1, people: { ...facts.people, [person.id]: { ...person } } };
}

/** Takes every right from a person, at all nodes where the person sits. */
export function removePerson(facts: RegistryFacts, id: string): RegistryFacts {
	if (own(facts.people, id) === undefined) throw unknownPerson(id);
	refuseLastOwner(facts, id);
	const { [id]: _gone, ...people } = facts.people;
	const without = (node: MeshNode): MeshNode => (node.person === id ? { ...node, person: null } : node);
	const nodes = Object.fromEntries(Object.entries(facts.nodes).map(([key, node]) => [key, without(node)]));
	return { ...facts, revision: facts.revision + 1, nodes, people };
}

/** Says who sits at a node; null for nobody. */
export function seatPerson(facts: RegistryFacts, at: NodeId, person: string | null): RegistryFacts {
	const node = memberToChange(facts, at);
	if (person !== null && own(facts.people, person) === undefined) throw unknownPerson(person);
	if (node.person === person) return facts;
	return { ...facts, revision: facts.revision + 1, nodes: { ...facts.nodes, [at]: { ...node, person } } };
}

/** The access of a person. @throws GanglineError UNKNOWN_PERSON */
export function accessOf(facts: RegistryFacts, person: string): Access {
	const known = own(facts.people, person);
	if (known === undefined) throw unknownPerson(person);
	return known.access;
}

function refuseLastOwner(facts: RegistryFacts, id: string): void {
	const owners = Object.values(facts.people).filter(({ access }) => access === 'owner');
	if (owners.length > 1 || owners[0]?.id !== id) return;
	throw ganglineError('REFUSED', `${id} is the only owner: without one nobody could change the mesh any more`, {
		hint: 'make somebody else an owner first: gangline person add <name> --access owner',
	});
}
