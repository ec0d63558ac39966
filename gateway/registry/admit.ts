/**
 * A joiner becomes what its token gives and its wish asks for, never more: duties, projects, homes and slots only
 * narrow. Who it speaks for is the token's alone. Pure but for the batch at the end.
 */
import { toBase64 } from '../../shared/log/index.ts';
import type { Admitted, JoinRequest, JoinWish } from '../../shared/mesh/join/index.ts';
import { GanglineError, type NodeId, type Peer, type ProjectId } from '../../shared/ports/index.ts';
import {
	findProject,
	freeName,
	type Joining,
	joinNode,
	type MeshNode,
	memberOf,
	type RegistryFacts,
	requireGateway,
} from '../../shared/registry/index.ts';
import { type JoinTokens, refusal, type TokenRecord } from './join-tokens.ts';
import type { MeshRegistry } from './mesh-registry.ts';

export interface Gate {
	readonly registry: MeshRegistry;
	readonly tokens: JoinTokens;
}

const slotsDefault = 2;

/** Takes the joiner in, or says again how it was taken in. @throws GanglineError JOIN_REFUSED */
export async function admit({ registry, tokens }: Gate, request: JoinRequest, peer: Peer): Promise<Admitted> {
	if (request.mesh !== registry.facts.mesh) throw refusal('wrong', 'the token is not one of this mesh');
	const { token } = tokens.present(Buffer.from(request.secret, 'base64url'), peer.node);
	const known = memberOf(registry.facts, peer.node);
	if (known !== undefined) return admitted(registry, known, true);
	const joining = joiningOf(registry.facts, { token, request, peer });
	const facts = await registry.change(
		(taken, now) => takenIn(taken, joining, now),
		() => tokens.use(token.id, peer.node),
	);
	return admitted(registry, nodeIn(facts, peer.node), false);
}

/** What the registry refuses, such as a person who was removed meanwhile, the joiner is told. */
function takenIn(facts: RegistryFacts, joining: Joining, now: number): RegistryFacts {
	// It asked twice, as after a lost answer, and the first time is still on its way to the disk.
	if (memberOf(facts, joining.id) !== undefined) return facts;
	try {
		return joinNode(facts, { ...joining, name: freeName(facts, joining.name) }, now);
	} catch (error) {
		throw error instanceof GanglineError ? refusal('wish', error.message) : error;
	}
}

function admitted(registry: MeshRegistry, node: MeshNode, already: boolean): Admitted {
	return { node, already, gatewayName: requireGateway(registry.facts).name, registry: registry.signed };
}

interface Joiner {
	readonly token: TokenRecord;
	readonly request: JoinRequest;
	readonly peer: Peer;
}

function joiningOf(facts: RegistryFacts, { token, request, peer }: Joiner): Joining {
	const { wish } = request;
	const homeFor = wish.homeFor ?? token.homeFor;
	refuseMore('homeFor', homeFor, token.homeFor);
	const duties = dutiesOf(token, wish);
	refuseMore('duties', duties, token.duties);
	return {
		id: peer.node,
		name: token.name ?? wish.name ?? request.hostName,
		publicKey: toBase64(peer.publicKey),
		addresses: request.addresses,
		duties: homeFor.length > 0 && !duties.includes('home') ? [...duties, 'home'] : duties,
		worksFor: worksFor(facts, token, wish),
		person: token.person,
		slots: slotsOf(token, wish),
		labels: token.labels.length > 0 ? token.labels : (wish.labels ?? []),
	};
}

/** What a machine's engine is used for is said on that machine too: of itself a token does not give that duty. */
function dutiesOf({ duties }: TokenRecord, wish: JoinWish): TokenRecord['duties'] {
	const others = (wish.duties ?? duties).filter((duty) => duty !== 'provision');
	return wish.provision === true ? [...others, 'provision'] : others;
}

function worksFor(facts: RegistryFacts, token: TokenRecord, wish: JoinWish): 'any' | readonly ProjectId[] {
	if (wish.worksFor === undefined) return token.worksFor;
	if (wish.worksFor === 'any') {
		if (token.worksFor === 'any') return 'any';
		throw refusal('wish', 'the token is for some projects, the node asks for any');
	}
	return wish.worksFor.map((name) => {
		const project = findProject(facts, name);
		if (project !== undefined && (token.worksFor === 'any' || token.worksFor.includes(project.id))) return project.id;
		throw refusal('wish', `the token does not give the project ${JSON.stringify(name)}`);
	});
}

function slotsOf(token: TokenRecord, wish: JoinWish): number {
	const slots = wish.slots ?? token.slots ?? slotsDefault;
	if (token.slots === null || slots <= token.slots) return slots;
	throw refusal('wish', `the token gives ${token.slots} slots, the node asks for ${slots}`);
}

function refuseMore(what: string, asked: readonly string[], given: readonly string[]): void {
	const more = asked.find((one) => !given.includes(one));
	if (more === undefined) return;
	throw refusal('wish', `the token gives ${what} ${given.join(', ') || 'none'}, the node asks for ${more}`);
}

function nodeIn(facts: RegistryFacts, id: NodeId): MeshNode {
	const node = memberOf(facts, id);
	if (node === undefined) throw refusal('revoked', 'the node was revoked while it joined');
	return node;
}
