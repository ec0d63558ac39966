/** The mesh as the gateway's answers show it: what the registry says, with what is seen of it now. Derived on read. */
import type { MeshNodeView, MeshProjectView, PersonView, TokenView } from '../../shared/operations/index.ts';
import type { NodeId } from '../../shared/ports/index.ts';
import type { MeshNode, MeshPerson, MeshProject, RegistryFacts } from '../../shared/registry/index.ts';
import type { GatewayParts } from '../context.ts';
import type { TokenRecord } from '../registry/index.ts';

type Seen = Pick<GatewayParts, 'mesh' | 'members' | 'version'>;

export function nodeView(seen: Seen, node: MeshNode): MeshNodeView {
	const { mesh, members, version } = seen;
	const facts = mesh.facts();
	const isSelf = node.id === mesh.self;
	const connected = isSelf || isConnected(seen, node.id);
	const worker = connected ? members.workerOf(node.id) : null;
	return {
		id: node.id,
		name: node.name,
		duties: [...node.duties],
		status: node.status,
		person: node.person,
		labels: [...node.labels],
		self: isSelf,
		connected,
		since: members.sinceOf(node.id),
		version: isSelf ? version : connected ? (members.wordOf(node.id)?.version ?? null) : null,
		addresses: [...node.addresses],
		links: linksOf(seen, node).map((id) => nameOf(facts, id)),
		slots: { used: worker === null ? null : worker.slots.total - worker.slots.free, total: node.slots },
		declines: worker?.shortage ?? (node.status === 'draining' ? 'it is being drained' : null),
		worksFor: node.worksFor === 'any' ? 'any' : node.worksFor.map((id) => facts.projects[id]?.name ?? id),
		homeOf: Object.values(facts.projects)
			.filter(({ home }) => home === node.id)
			.map(({ name }) => name),
		qualified: (worker?.projects ?? []).map(({ project, qualified, reason }) => ({
			project: facts.projects[project]?.name ?? project,
			ready: qualified,
			reason,
		})),
		joinedAt: node.joinedAt,
	};
}

export function projectView(seen: Seen, project: MeshProject): MeshProjectView {
	const { mesh, members } = seen;
	const connected = isConnected(seen, project.home);
	const since = members.sinceOf(project.home);
	const results = resultsWaiting(seen, project.id);
	return {
		id: project.id,
		name: project.name,
		branch: project.branch,
		home: { node: project.home, name: nameOf(mesh.facts(), project.home), connected, since },
		term: project.term,
		resultsWaiting: results,
		changesWaiting: 0,
		words: connected ? null : awayWords(nameOf(mesh.facts(), project.home), since, results),
	};
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
		joined: usedBy.map((node) => nameOf(facts, node)),
	};
}

export function personView({ mesh, people }: Pick<GatewayParts, 'mesh' | 'people'>, person: MeshPerson): PersonView {
	const nodes = Object.values(mesh.facts().nodes).filter((node) => node.person === person.id);
	return {
		id: person.id,
		access: person.access,
		nodes: nodes.filter(({ status }) => status !== 'revoked').map(({ name }) => name),
		hasToken: people.has(person.id),
	};
}

export function isConnected({ mesh }: Pick<Seen, 'mesh'>, node: NodeId): boolean {
	return mesh.network.links().some((peer) => peer.node === node);
}

export function nameOf(facts: RegistryFacts, node: string): string {
	return facts.nodes[node]?.name ?? node;
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

/** `since` in this machine's own time of day, because people read it here. */
function awayWords(home: string, since: number | null, results: number): string {
	const when = since === null ? '' : ` since ${new Date(since).toTimeString().slice(0, 5)}`;
	const waits = results === 0 ? '' : `, ${results} ${results === 1 ? 'result waits' : 'results wait'}`;
	return `home ${home} away${when}${waits}`;
}
