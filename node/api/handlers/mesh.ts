/** Answers what is asked about the mesh at a node: joining it, who is connected, which home is away. */

import type { Mesh } from '../../../shared/mesh/index.ts';
import { parseToken } from '../../../shared/mesh/join/index.ts';
import { viewNode, viewProject } from '../../../shared/mesh/views.ts';
import type { Args, Handlers, MeshNodeView, MeshProjectView, Result } from '../../../shared/operations/index.ts';
import { type Clock, ganglineError } from '../../../shared/ports/index.ts';
import type { WorkerState } from '../../../shared/protocol/worker-state.ts';
import { gatewayOf, type MeshNode, type MeshProject } from '../../../shared/registry/index.ts';
import type { BecameMember, Joining } from '../../become-member.ts';
import type { NodeMesh } from '../../node-mesh.ts';

export interface MeshContext {
	readonly mesh: NodeMesh;
	readonly version: string;
	readonly clock: Clock;
	/** Asks the gateway, and keeps what it answered. */
	readonly join: (joining: Joining) => Promise<BecameMember>;
	/** How this node's worker is. */
	readonly worker: () => WorkerState;
	/** Results of this node's agents that the home of a project has not settled. */
	readonly resultsWaiting: (project: string) => number;
	/** The nodes as the gateway sees them; null where it cannot be asked now. */
	readonly seenByGateway: (asked: { readonly revoked: boolean }) => Promise<readonly MeshNodeView[] | null>;
}

/** The registry comes with the first sync, on a busy machine a little after the answer of the gateway. */
const registryMsMax = 10_000;

type MeshHandlers = Pick<Handlers, 'mesh.join' | 'mesh.offline' | 'mesh.status' | 'node.list'>;

export function meshHandlers(context: MeshContext): MeshHandlers {
	return {
		'mesh.join': (args) => join(context, args),
		'mesh.offline': async ({ offline }) => {
			requireMesh(context).setOffline(offline);
			const alone = 'this node keeps to itself now; what is wanted meanwhile is settled when it is back';
			return { offline, answer: offline ? alone : 'this node meets the others again' };
		},
		'mesh.status': async () => status(context),
		'node.list': async ({ revoked }) => {
			const nodes = await nodeViews(context, requireMesh(context), revoked);
			return { nodes: [...nodes], takenAt: context.clock.now() };
		},
	};
}

async function join(context: MeshContext, { token: text, ...wish }: Args<'mesh.join'>): Promise<Result<'mesh.join'>> {
	const token = parseToken(text);
	const open = context.mesh.mesh;
	if (open && open.membership.mesh !== token.mesh) {
		throw ganglineError('REFUSED', `this node belongs to the mesh ${open.membership.mesh} already`, {
			hint: 'a node has one mesh: gangline stop, gangline leave, then join again; an owner of the other one revokes it there',
			data: { mesh: open.membership.mesh },
		});
	}
	if (open) return joinedAnswer(context, open, { already: true, outcomes: [] });
	const known = Object.entries(wish).filter(([, value]) => value !== undefined);
	const { joined, membership, outcomes } = await context.join({ token, wish: Object.fromEntries(known) });
	const mesh = await context.mesh.open(membership);
	// What the gateway signed is believed; what sync has already overtaken comes from there a moment later.
	await mesh.registry.apply(joined.registry, membership.gateway.node).catch(() => 'known');
	await ownRecord(mesh, context.clock);
	await context.mesh.review();
	return joinedAnswer(context, mesh, { already: joined.already, outcomes });
}

/** Waits for a registry that has this node in it, a bounded time. */
async function ownRecord(mesh: Mesh, clock: Clock): Promise<void> {
	const isHere = (): boolean => Object.hasOwn(mesh.facts().nodes, mesh.self);
	if (isHere()) return;
	const arrived = Promise.withResolvers<void>();
	const stop = mesh.onFacts(() => isHere() && arrived.resolve());
	const cancel = clock.after(registryMsMax, arrived.resolve);
	await arrived.promise;
	cancel();
	stop();
}

function joinedAnswer(
	context: MeshContext,
	mesh: Mesh,
	{ already, outcomes }: Pick<BecameMember, 'outcomes'> & { readonly already: boolean },
): Result<'mesh.join'> {
	const facts = mesh.facts();
	const self = facts.nodes[mesh.self];
	const gateway = gatewayOf(facts);
	if (!self || !gateway) {
		throw ganglineError('PEER_GONE', 'the gateway has taken this node in, and its registry has not arrived yet', {
			hint: 'the node goes on by itself: gangline nodes',
		});
	}
	return {
		mesh: mesh.membership.mesh,
		node: nodeView(context, mesh, self),
		gateway: { node: gateway.id, name: gateway.name },
		already,
		outcomes: outcomes.map((outcome) => ({ ...outcome })),
		answer: already ? `${self.name} is a member already` : `${self.name} has joined`,
		next: nextSteps(self),
	};
}

function nextSteps({ name, duties, person }: MeshNode): string[] {
	return [
		...(duties.includes('work') ? ['gangline nodes shows when it is qualified for a project'] : []),
		...(duties.includes('home') ? ['gangline start in a repository brings its project in'] : []),
		...(duties.includes('provision')
			? [`gangline new <project> --on ${name} at the gateway makes one in a container here`]
			: []),
		...(person === null ? [] : ['gangline projects lists the projects that are here too']),
	];
}

/** Of the gateway, which sees all of them, otherwise what is seen from here. */
async function nodeViews(context: MeshContext, mesh: Mesh, revoked: boolean): Promise<readonly MeshNodeView[]> {
	const seen = await context.seenByGateway({ revoked });
	if (seen !== null) return seen;
	const nodes = Object.values(mesh.facts().nodes).filter(({ status }) => revoked || status !== 'revoked');
	return nodes.map((node) => nodeView(context, mesh, node));
}

async function status(context: MeshContext): Promise<Result<'mesh.status'>> {
	const { mesh, clock } = context;
	const takenAt = clock.now();
	const open = mesh.mesh;
	if (open === null) return { mesh: null, offline: false, gateway: null, nodes: [], projects: [], takenAt };
	const facts = open.facts();
	const { node } = open.membership.gateway;
	const { isUp, since } = mesh.linkOf(node);
	const name = facts.nodes[node]?.name ?? node;
	const clockAheadMs = mesh.hello?.gateway?.clockAheadMs ?? null;
	return {
		mesh: open.membership.mesh,
		offline: open.isOffline,
		gateway: { node, name, connected: isUp, since, clockAheadMs },
		nodes: [...(await nodeViews(context, open, false))],
		projects: Object.values(facts.projects).map((project) => projectView(context, open, project)),
		takenAt,
	};
}

function nodeView({ mesh, version, worker }: MeshContext, open: Mesh, node: MeshNode): MeshNodeView {
	const self = node.id === open.self;
	const { isUp, since } = mesh.linkOf(node.id);
	return viewNode(open.facts(), node, {
		self,
		connected: self || isUp,
		since,
		version: self ? version : null,
		links: self ? open.network.links().map((peer) => peer.node) : [],
		roundTrip: null,
		worker: self ? worker() : null,
	});
}

function projectView(context: MeshContext, open: Mesh, project: MeshProject): MeshProjectView {
	const { mesh, clock, resultsWaiting } = context;
	const isHere = project.home === open.self;
	const { isUp, since } = mesh.linkOf(project.home);
	const seat = mesh.seat({ kind: 'id', id: project.id });
	return viewProject(open.facts(), project, {
		connected: isHere || isUp,
		since,
		resultsWaiting: isHere ? 0 : resultsWaiting(project.id),
		changesWaiting: seat?.replica.waiting().length ?? 0,
		now: clock.now(),
	});
}

function requireMesh({ mesh }: MeshContext): Mesh {
	if (mesh.mesh) return mesh.mesh;
	throw ganglineError('UNKNOWN_NODE', 'this node belongs to no mesh: there is no other one', {
		hint: 'gangline token new begins one on this machine; gangline join TOKEN joins another one',
	});
}
