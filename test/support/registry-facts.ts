/** Small meshes for tests of the registry: identities with real keys, members made by the real changes. */
import { type Identity, identityOf, toBase64 } from '../../shared/log/index.ts';
import { type NodeId, parseProjectId } from '../../shared/ports/index.ts';
import {
	addProject,
	foundMesh,
	type Joining,
	joinNode,
	type RegistryFacts,
	setPerson,
} from '../../shared/registry/index.ts';

export const meshId = '01JZ00000000000000000MESH0';
export const shop = parseProjectId('01JZ0000000000000000000SHP');
export const blog = parseProjectId('01JZ0000000000000000000BKG');

/** The same for the same number. */
export function identityNo(number: number): Identity {
	return identityOf(new Uint8Array(32).fill(number));
}

export function idNo(number: number): NodeId {
	return identityNo(number).nodeId;
}

export const gatewayIdentity = identityNo(1);

/** Founded by `ada`, an owner; nothing but the gateway. */
export function founded(): RegistryFacts {
	const { nodeId: id, publicKey } = gatewayIdentity;
	const gateway = { id, name: 'gateway', publicKey: toBase64(publicKey), addresses: ['/ip4/127.0.0.1/tcp/7431'] };
	return foundMesh(meshId, gateway, { person: { id: 'ada', access: 'owner' }, at: 1 });
}

/** What the node of that number joins as; a plain worker where nothing else is said. */
export function joiningNo(number: number, as: Partial<Joining> = {}): Joining {
	const { nodeId: id, publicKey } = identityNo(number);
	return {
		id,
		name: `node-${number}`,
		publicKey: toBase64(publicKey),
		addresses: [`/ip4/192.0.2.${number}/tcp/7431`],
		duties: ['work'],
		worksFor: 'any',
		person: null,
		slots: 2,
		labels: [],
		...as,
	};
}

/**
 * Gateway (1), ada's laptop with the home of `shop` (2), a worker for all (3), a worker for `shop` alone (4), bob's
 * laptop, a member (5), vera's, a viewer (6), a spare home (7) with `blog`.
 */
export function smallMesh(): RegistryFacts {
	let facts = founded();
	facts = setPerson(facts, { id: 'bob', access: 'member' });
	facts = setPerson(facts, { id: 'vera', access: 'viewer' });
	facts = joinNode(facts, joiningNo(2, { name: 'laptop', duties: ['home', 'work'], person: 'ada' }), 2);
	facts = addProject(facts, { id: shop, name: 'shop', home: idNo(2), branch: 'main' }, 3);
	facts = joinNode(facts, joiningNo(3, { name: 'builder' }), 4);
	facts = joinNode(facts, joiningNo(4, { name: 'shopper', worksFor: [shop] }), 5);
	facts = joinNode(facts, joiningNo(5, { name: 'bobs', duties: [], person: 'bob' }), 6);
	facts = joinNode(facts, joiningNo(6, { name: 'veras', duties: [], person: 'vera' }), 7);
	facts = joinNode(facts, joiningNo(7, { name: 'spare', duties: ['home'] }), 8);
	return addProject(facts, { id: blog, name: 'blog', home: idNo(7), branch: 'main' }, 9);
}
