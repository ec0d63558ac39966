/** The mesh as the gateway's answers show it: what the registry says, with what is seen of it now. Derived on read. */
import { nodeNameIn, viewNode, viewProject } from '../../shared/mesh/views.ts';
import type { MeshNodeView, MeshProjectView, PersonView, TokenView } from '../../shared/operations/index.ts';
import type { NodeId } from '../../shared/ports/index.ts';
import type { MeshNode, MeshPerson, MeshProject } from '../../shared/registry/index.ts';
import type { GatewayParts } from '../context.ts';
import type { TokenRecord } from '../registry/index.ts';

type Seen = Pick<GatewayParts, 'mesh' | 'members' | 'version' | 'replicas' | 'clock'>;

export function nodeView(seen: Seen, node: MeshNode): MeshNodeView {
	const { mesh, members, version } = seen;
	const isSelf = node.id === mesh.self;
	const connected = isSelf || isConnected(seen, node.id);
	const word = members.wordOf(node.id);
	return viewNode(mesh.facts(), node, {
		self: isSelf,
		connected,
		since: members.sinceOf(node.id),
		version: isSelf ? version : connected ? (word?.version ?? null) : null,
		links: linksOf(seen, node),
		roundTrip: connected && !isSelf ? (word?.roundTrip ?? null) : null,
		worker: connected ? members.workerOf(node.id) : null,
	});
}

export function projectView(seen: Seen, project: MeshProject): MeshProjectView {
	const { mesh, members, replicas, clock } = seen;
	return viewProject(mesh.facts(), project, {
		connected: isConnected(seen, project.home),
		since: members.sinceOf(project.home),
		resultsWaiting: resultsWaiting(seen, project.id),
		changesWaiting: replicas.find({ kind: 'id', id: project.id })?.replica.waiting().length ?? 0,
		now: clock.now(),
	});
}

export function tokenView({ tokens, mesh }: Pick<GatewayParts, 'tokens' | 'mesh'>, token: TokenRecord): TokenView {
	const facts = mesh.facts();
	const { id, name, duties, worksFor, homeFor, person, slots, uses, usedBy, createdAt, createdBy, expiresAt } = token;
	return {
		...{ id, name, person, slots, createdAt, createdBy, expiresAt },
		duties: [...duties],
		worksFor: worksFor === 'any' ? 'any' : worksFor.map((project) => facts.projects[project]?.name ?? project),
		homeFor: [...homeFor],
		usesLeft: Math.max(0, uses - usedBy.length),
		state: tokens.stateOf(token),
		joined: usedBy.map((node) => nodeNameIn(facts, node)),
	};
}

export function personView({ mesh, people }: Pick<GatewayParts, 'mesh' | 'people'>, person: MeshPerson): PersonView {
	const nodes = Object.values(mesh.facts().nodes).filter((node) => node.person === person.id);
	return {
		id: person.id,
		access: person.access,
		nodes: nodes.filter(({ status }) => status !== 'revoked').map(({ name }) => name),
		hasToken: people.has(person.id),
		hasEditorToken: people.has(person.id, 'editor'),
	};
}

export function isConnected({ mesh }: Pick<Seen, 'mesh'>, node: NodeId): boolean {
	return mesh.network.links().some((peer) => peer.node === node);
}

function linksOf({ mesh, members }: Seen, node: MeshNode): readonly NodeId[] {
	if (node.id === mesh.self) return mesh.network.links().map((peer) => peer.node);
	return isConnected({ mesh }, node.id) ? (members.wordOf(node.id)?.links ?? []) : [];
}

/** Results that connected workers hold for a project. */
function resultsWaiting({ mesh, members }: Seen, project: string): number {
	return mesh.network
		.links()
		.flatMap(({ node }) => members.workerOf(node)?.reporting ?? [])
		.filter((report) => report.project === project).length;
}
