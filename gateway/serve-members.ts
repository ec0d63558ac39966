/**
 * What the gateway answers to members over rpc: that they are here, how their workers are, which projects they own. The
 * registry decides who may; what is said here is memory, except for addresses and projects, which become facts.
 */
import { ganglineError, type NodeId, type Peer } from '../shared/ports/index.ts';
import { helloMethod, placementMethod, registerProjectMethod } from '../shared/protocol/mesh.ts';
import { staysMethod } from '../shared/protocol/rehome.ts';
import { coveredMethod } from '../shared/protocol/replica.ts';
import { workState } from '../shared/protocol/work-methods.ts';
import { addProject, addressesMax, memberOf, projectToChange, setAddresses } from '../shared/registry/index.ts';
import type { GatewayCore } from './context.ts';
import { Scheduler } from './scheduler/index.ts';

export function serveMembers(parts: GatewayCore): void {
	const { mesh, registry, recovery, members, moving, clock, version, log } = parts;
	const scheduler = new Scheduler({
		facts: mesh.facts,
		clock,
		workerOf: (node, maxAgeMs) => (isLinked(parts, node) ? members.workerOf(node, maxAgeMs) : null),
	});
	mesh.rpc.serve(helloMethod, async ({ version: theirs, addresses, links, roundTrip }, peer) => {
		const measured = roundTrip ? { ms: roundTrip.ms, at: clock.now() - roundTrip.agoMs } : null;
		members.said(peer.node, { version: theirs, links, roundTrip: measured });
		const known = mesh.facts().nodes[peer.node]?.addresses ?? [];
		const hasMoved = known.join(' ') !== addresses.join(' ');
		if (hasMoved && members.mayMove(peer.node)) {
			await registry.change((taken) => setAddresses(taken, peer.node, addresses));
		}
		return { version, at: clock.now(), revision: mesh.facts().revision };
	});
	mesh.rpc.serve(workState, async (state, peer) => {
		refuseWithoutDuty(parts, peer, 'work');
		members.worker(peer.node, state);
		return { forget: [] };
	});
	mesh.rpc.serve(registerProjectMethod, async ({ id, name, branch }, peer) => {
		refuseWithoutDuty(parts, peer, 'home');
		const facts = await registry.change((taken, now) => addProject(taken, { id, name, branch, home: peer.node }, now));
		const project = facts.projects[id];
		log.info('project.registered', { project: id, name: project?.name ?? name, home: peer.node });
		return { name: project?.name ?? name, revision: facts.revision };
	});
	mesh.rpc.serve(staysMethod, async ({ project }, peer) => {
		const isHome = mesh.facts().projects[project]?.home === peer.node;
		// A gateway that was put back from a copy may not know yet that the move came about.
		return { stays: isHome && recovery.isOver && !moving.has(project) };
	});
	mesh.rpc.serve(placementMethod, async ({ tasks }, peer) => {
		refuseForeignTasks(parts, peer, tasks);
		const { assignments, waiting, nodes } = scheduler.decide(tasks);
		return {
			assignments: assignments.map((one) => ({ ...one, reasons: [...one.reasons] })),
			waiting: [...waiting],
			nodes: nodes.map((one) => ({ ...one, reasons: [...one.reasons] })),
		};
	});
	mesh.rpc.serve(coveredMethod, async (covered, peer) => {
		const { home } = projectToChange(mesh.facts(), covered.project);
		if (covered.node !== peer.node) throw ganglineError('FORBIDDEN', `${peer.node} speaks for itself alone`);
		return mesh.rpc.ask(home, coveredMethod, covered);
	});
	mesh.network.subscribe(({ peer }) => members.changed(peer.node));
	mesh.onFacts((facts) =>
		members.keep(new Set(Object.keys(facts.nodes).filter((id) => facts.nodes[id]?.status !== 'revoked'))),
	);
}

/** Members find the gateway where the registry says. */
export async function tellAddresses({ mesh, registry }: Pick<GatewayCore, 'mesh' | 'registry'>): Promise<void> {
	const addresses = mesh.network.addresses().slice(0, addressesMax);
	await registry.change((facts) => setAddresses(facts, mesh.self, addresses));
}

function isLinked({ mesh }: GatewayCore, node: NodeId): boolean {
	return mesh.network.links().some((peer) => peer.node === node);
}

/** A home asks for its own projects. */
function refuseForeignTasks(
	{ mesh }: GatewayCore,
	{ node }: Peer,
	tasks: readonly { readonly project: string }[],
): void {
	const { projects } = mesh.facts();
	const foreign = tasks.find(({ project }) => !Object.hasOwn(projects, project) || projects[project]?.home !== node);
	if (foreign === undefined) return;
	throw ganglineError('FORBIDDEN', `${node} is not the home of the project ${foreign.project}`);
}

function refuseWithoutDuty({ mesh }: GatewayCore, { node }: Peer, duty: 'work' | 'home'): void {
	const member = memberOf(mesh.facts(), node);
	if (member?.duties.includes(duty)) return;
	throw ganglineError('FORBIDDEN', `${member?.name ?? node} joined without the duty \`${duty}\``, {
		hint: 'join it with a token that gives the duty: gangline token new',
	});
}
