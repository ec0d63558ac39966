/**
 * What the gateway answers to members over rpc: that they are here, how their workers are, which projects they own. The
 * registry decides who may; what is said here is memory, except for addresses and projects, which become facts.
 */
import { ganglineError, type Peer } from '../shared/ports/index.ts';
import { helloMethod, registerProjectMethod } from '../shared/protocol/mesh.ts';
import { workState } from '../shared/protocol/work-methods.ts';
import { addProject, memberOf, setAddresses } from '../shared/registry/index.ts';
import type { GatewayParts } from './context.ts';

export function serveMembers(parts: GatewayParts): void {
	const { mesh, registry, members, clock, version, log } = parts;
	mesh.rpc.serve(helloMethod, async ({ version: theirs, addresses, links }, peer) => {
		members.said(peer.node, { version: theirs, links });
		const facts = await registry.change((taken) => setAddresses(taken, peer.node, addresses));
		return { version, at: clock.now(), revision: facts.revision };
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
	mesh.network.subscribe(({ peer }) => members.changed(peer.node));
	mesh.onFacts((facts) =>
		members.keep(new Set(Object.keys(facts.nodes).filter((id) => facts.nodes[id]?.status !== 'revoked'))),
	);
}

function refuseWithoutDuty({ mesh }: GatewayParts, { node }: Peer, duty: 'work' | 'home'): void {
	const member = memberOf(mesh.facts(), node);
	if (member?.duties.includes(duty)) return;
	throw ganglineError('FORBIDDEN', `${member?.name ?? node} joined without the duty \`${duty}\``, {
		hint: 'join it with a token that gives the duty: gangline token new',
	});
}
