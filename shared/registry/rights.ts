/**
 * Who may what, read from the registry and from nothing else: what somebody says of himself counts for nothing [I13].
 * A key that the registry does not have is a stranger's; a revoked node has nothing left but its name.
 */
import type { Access, Caller } from '../operations/define.ts';
import { mayAsk } from '../operations/define.ts';
import type { By } from '../pipeline/intent.ts';
import { ganglineError } from '../ports/errors.ts';
import { type AuthorId, type NodeId, nodeOf } from '../ports/ids.ts';
import type { Admission, Peer } from '../ports/network.ts';
import type { MeshNode, MeshPerson, MeshProject, RegistryFacts } from './facts.ts';

/** What a node may do with a project's documents and logs. `write`: texts, and logs of its own authors. */
export type ProjectAccess = 'none' | 'read' | 'write';

/** Whether the holder of this key may be connected. `strangers`: an open join token waits for one. */
export function admissionOf(facts: RegistryFacts, publicKey: Uint8Array, strangers = false): Admission {
	const key = Buffer.from(publicKey).toString('base64');
	const node = Object.values(facts.nodes).find((one) => one.publicKey === key);
	if (node === undefined) return strangers ? 'stranger' : 'refused';
	return node.status === 'revoked' ? 'refused' : 'member';
}

/** The member of that id, undefined for strangers and for who was cut off. */
export function memberOf(facts: RegistryFacts, node: NodeId): MeshNode | undefined {
	const found = own(facts.nodes, node);
	return found === undefined || found.status === 'revoked' ? undefined : found;
}

/**
 * What `node` may have of a project. Workers get tasks and commits, never documents; and who is in a container, where
 * code runs that nobody trusts, its own project alone.
 */
export function mayHave(facts: RegistryFacts, node: NodeId, project: string): ProjectAccess {
	const member = memberOf(facts, node);
	const known = own(facts.projects, project);
	if (member === undefined || known === undefined) return 'none';
	if (member.duties.includes('gateway') || known.home === node) return 'write';
	const person = personAt(facts, member);
	if (person !== undefined) return mayAsk(person.access, 'member') ? 'write' : 'read';
	return member.duties.includes('home') && !isConfined(member) ? 'read' : 'none';
}

/**
 * For whom an author acts in a project that is not its own node's: a gateway's edge for people who are logged in there,
 * an edge of a node with a person for that one person (`personOfAuthor`), everyone else for nobody. A home decides
 * itself what its own authors may.
 */
export function rightsOfAuthor(facts: RegistryFacts, author: AuthorId, project: string): readonly By[] {
	if (!author.endsWith('.edge') || own(facts.projects, project) === undefined) return [];
	const member = memberOf(facts, nodeOf(author));
	if (member === undefined) return [];
	if (member.duties.includes('gateway')) return ['user'];
	const person = personAt(facts, member);
	return person !== undefined && mayAsk(person.access, 'member') ? ['user'] : [];
}

/**
 * The only person an author may name as `who`; `anyone` for the gateway, which speaks for whoever is logged in there,
 * and null where it may name nobody.
 */
export function personOfAuthor(
	facts: RegistryFacts,
	author: AuthorId,
): { readonly kind: 'anyone' } | { readonly kind: 'person'; readonly id: string } | null {
	const member = memberOf(facts, nodeOf(author));
	if (member === undefined) return null;
	if (member.duties.includes('gateway')) return { kind: 'anyone' };
	const person = personAt(facts, member);
	return person === undefined ? null : { kind: 'person', id: person.id };
}

/** Whether `who` may be named by the author, with access enough to change something. */
export function maySpeakFor(facts: RegistryFacts, author: AuthorId, who: string): boolean {
	const speaks = personOfAuthor(facts, author);
	if (speaks === null || (speaks.kind === 'person' && speaks.id !== who)) return false;
	const person = own(facts.people, who);
	return person !== undefined && mayAsk(person.access, 'member');
}

/**
 * A node with this label works for its own projects and for no other, and nobody else works for them: what their code
 * does, it does in there.
 */
export const containerLabel = 'container';

export function isConfined(node: Pick<MeshNode, 'labels'> | undefined): boolean {
	return node?.labels.includes(containerLabel) === true;
}

/** Whether `node` may take tasks of a project. */
export function mayWorkFor(facts: RegistryFacts, node: NodeId, project: string): boolean {
	const member = memberOf(facts, node);
	const known = own(facts.projects, project);
	if (member === undefined || known === undefined) return false;
	if (!member.duties.includes('work')) return false;
	if (isConfined(member) || isConfined(own(facts.nodes, known.home))) return known.home === node;
	return member.worksFor === 'any' || member.worksFor.some((id) => id === project);
}

/**
 * Who asks when `peer` forwards an operation for `person`: the gateway may name any person whom the registry has,
 * another node only the one who sits there; the access is the registry's. @throws GanglineError FORBIDDEN
 */
export function callerFor(facts: RegistryFacts, peer: Pick<Peer, 'node'>, person: string): Caller {
	const member = memberOf(facts, peer.node);
	const known = own(facts.people, person);
	if (member === undefined || known === undefined || !maySend(member, person)) {
		throw ganglineError('FORBIDDEN', `${member?.name ?? peer.node} may not ask for ${JSON.stringify(person)}`, {
			hint: 'an owner says who sits where: gangline nodes',
		});
	}
	return { person, access: known.access };
}

/** The gateway of the mesh. */
export function gatewayOf(facts: RegistryFacts): MeshNode | undefined {
	return Object.values(facts.nodes).find((node) => node.duties.includes('gateway') && node.status !== 'revoked');
}

/** The access of the person who sits at a node, null where nobody does. */
export function accessAt(facts: RegistryFacts, node: NodeId): Access | null {
	const member = memberOf(facts, node);
	return (member && personAt(facts, member)?.access) ?? null;
}

/** The project of that id, or of that name. */
export function findProject(facts: RegistryFacts, idOrName: string): MeshProject | undefined {
	return own(facts.projects, idOrName) ?? Object.values(facts.projects).find(({ name }) => name === idOrName);
}

/** The node of that id, or of that name; one that was cut off only where no member has the name. */
export function findNode(facts: RegistryFacts, idOrName: string): MeshNode | undefined {
	const named = Object.values(facts.nodes).filter(({ name }) => name === idOrName);
	return own(facts.nodes, idOrName) ?? named.find(({ status }) => status !== 'revoked') ?? named[0];
}

function maySend(member: MeshNode, person: string): boolean {
	return member.duties.includes('gateway') || member.person === person;
}

function personAt(facts: RegistryFacts, member: MeshNode): MeshPerson | undefined {
	return member.person === null ? undefined : own(facts.people, member.person);
}

/** Own properties only: a record named `constructor` is not there unless somebody put it there. */
export function own<T>(records: Readonly<Record<string, T>>, key: string): T | undefined {
	return Object.hasOwn(records, key) ? records[key] : undefined;
}
