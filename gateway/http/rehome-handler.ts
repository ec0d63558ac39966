/**
 * Moves a project to another home. Sealed: the home hands it over, the new one takes it, and only then the registry says
 * so; a step that fails is undone. Lost: the new home begins with what it has, because the old one will not come back.
 */
import { nodeNameIn } from '../../shared/mesh/views.ts';
import type { Handlers, Result } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/index.ts';
import { type Sealed, sealMethod, takeMethod, unsealMethod } from '../../shared/protocol/rehome.ts';
import { type MeshNode, type MeshProject, moveHome } from '../../shared/registry/index.ts';
import type { GatewayCore } from '../context.ts';
import { nodeOf, projectOf } from './named.ts';
import { isConnected, projectView } from './views.ts';

/** Agents are ended and verified first, commits of a large repository travel. */
const sealMsMax = 120_000;
const takeMsMax = 600_000;

export function rehomeHandlers(parts: GatewayCore): Pick<Handlers, 'project.rehome'> {
	return {
		'project.rehome': async ({ project: ref, to, lost }) => {
			const project = projectOf(parts, ref);
			const node = nodeOf(parts, to);
			if (project.home === node.id)
				return moved(parts, project, `${project.name} has its home on ${node.name} already`);
			refuseUnfit(parts, node, project);
			parts.moving.add(project.id);
			try {
				const sealed = lost ? null : await seal(parts, project, node);
				await take(parts, { project, node, sealed });
			} finally {
				parts.moving.delete(project.id);
			}
			parts.log.info('project.moved', { project: project.id, from: project.home, to: node.id, lost });
			return moved(parts, project, `${project.name} has its home on ${node.name} now`);
		},
	};
}

interface Move {
	readonly project: MeshProject;
	readonly node: MeshNode;
	readonly sealed: Sealed | null;
}

async function seal({ mesh }: GatewayCore, project: MeshProject, node: MeshNode): Promise<Sealed> {
	const home = nodeNameIn(mesh.facts(), project.home);
	if (!isConnected({ mesh }, project.home)) {
		throw ganglineError('HOME_AWAY', `${home}, the home of ${project.name}, is away: it cannot hand it over`, {
			hint: `move it when ${home} is back; where it never will be: gangline project rehome ${project.name} ${node.name} --lost`,
		});
	}
	return mesh.rpc.ask(project.home, sealMethod, { project: project.id, to: node.id }, { timeoutMs: sealMsMax });
}

async function take({ mesh, registry, log }: GatewayCore, { project, node, sealed }: Move): Promise<void> {
	const { id, home } = project;
	try {
		const asked = { project: id, from: home, sealed };
		const { term } = await mesh.rpc.ask(node.id, takeMethod, asked, { timeoutMs: takeMsMax });
		await registry.change((facts) => moveHome(facts, id, node.id, term));
	} catch (error) {
		if (sealed) {
			await mesh.rpc.ask(home, unsealMethod, { project: id }).catch((failure: unknown) => {
				log.error('project.notUnsealed', { project: id, home, why: String(failure) });
			});
		}
		throw error instanceof GanglineError ? error : ganglineError('INTERNAL', String(error), { cause: error });
	}
}

function refuseUnfit({ mesh, moving }: GatewayCore, node: MeshNode, project: MeshProject): void {
	// What the one undoes would open the home that the other has sealed.
	if (moving.has(project.id)) {
		throw ganglineError('REFUSED', `${project.name} is being moved already`, {
			hint: 'wait until that move is over: gangline nodes',
		});
	}
	if (!isConnected({ mesh }, node.id)) {
		throw ganglineError('PEER_UNREACHABLE', `${node.name} is not connected now, so it cannot become a home`);
	}
	// Refuses who may not be a home before anything is stopped.
	moveHome(mesh.facts(), project.id, node.id);
}

function moved(parts: GatewayCore, { id }: MeshProject, answer: string): Result<'project.rehome'> {
	const project = parts.mesh.facts().projects[id];
	if (!project) throw ganglineError('UNKNOWN_PROJECT', `the project ${id} is gone`);
	return { project: projectView(parts, project), answer, next: [`gangline -p ${project.name} status`] };
}
