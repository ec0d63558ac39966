/** Answers what changes the mesh: its nodes, projects and people. Each answer says what is so now. */
import type { HandlersAt, Result } from '../../shared/operations/index.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/index.ts';
import {
	drain,
	type MeshNode,
	removePerson,
	removeProject,
	renameNode,
	renameProject,
	revoke,
	setPerson,
	undrain,
} from '../../shared/registry/index.ts';
import type { GatewayParts } from '../context.ts';
import type { RegistryEdit, TokenRecord } from '../registry/index.ts';
import { findPerson, nodeOf, personOf, projectOf } from './named.ts';
import { nodeView, personView, projectView } from './views.ts';

type NodeNames = 'node.rename' | 'node.drain' | 'node.undrain' | 'node.revoke';
type ProjectNames = 'project.rename' | 'project.remove';
type PersonNames = 'person.add' | 'person.list' | 'person.remove' | 'person.token' | 'person.revokeToken';
type At = HandlersAt<'gateway'>;

export function registryHandlers(parts: GatewayParts): Pick<At, NodeNames | ProjectNames | PersonNames> {
	return { ...nodeHandlers(parts), ...projectHandlers(parts), ...personHandlers(parts) };
}

function nodeHandlers(parts: GatewayParts): Pick<At, NodeNames> {
	const { log } = parts;
	const change = async (node: MeshNode, edit: RegistryEdit, words: string): Promise<Result<'node.rename'>> => {
		const facts = await parts.registry.change(edit);
		const now = facts.nodes[node.id] ?? node;
		log.info('node.changed', { node: node.id, name: now.name, status: now.status, words });
		return { node: nodeView(parts, now), answer: words };
	};
	return {
		'node.rename': async (args) => {
			const node = nodeOf(parts, args.node);
			const words = `${node.name} is called ${args.name} now`;
			return change(node, (facts) => renameNode(facts, node.id, args.name), words);
		},
		'node.drain': async (args) => {
			const node = nodeOf(parts, args.node);
			const words = `${node.name} finishes what it has and takes nothing more`;
			return change(node, (facts, now) => drain(facts, node.id, now), words);
		},
		'node.undrain': async (args) => {
			const node = nodeOf(parts, args.node);
			return change(node, (facts, now) => undrain(facts, node.id, now), `${node.name} takes tasks again`);
		},
		'node.revoke': async (args) => {
			const node = nodeOf(parts, args.node);
			const words = `${node.name} is cut off for good; what its homes had not accepted of it is refused`;
			return change(node, (facts, now) => revoke(facts, node.id, now), words);
		},
	};
}

function projectHandlers(parts: GatewayParts): Pick<At, ProjectNames> {
	return {
		'project.rename': async (args) => {
			const project = projectOf(parts, args.project);
			const { containers, machines } = parts;
			const [here, there] = [containers.nameOf(project.id), machines.nameOf(project.id)];
			const container = here ?? there;
			if (here !== null && machines.has(args.name)) throw taken(args.name);
			if (here !== null) await containers.rename(here, args.name);
			else if (there !== null) await machines.rename(there, args.name);
			else await parts.registry.change((taken) => renameProject(taken, project.id, args.name));
			const now = parts.mesh.facts().projects[project.id] ?? project;
			const along = container === null ? '' : '; so are its node and its host for ssh';
			return { project: projectView(parts, now), answer: `${project.name} is called ${now.name} now${along}` };
		},
		'project.remove': async (args) => {
			const project = projectOf(parts, args.project);
			const view = projectView(parts, project);
			await parts.registry.change((taken) => removeProject(taken, project.id));
			const answer = `${project.name} is no part of the mesh any more; ${view.home.name} keeps all of it`;
			return { project: view, answer };
		},
	};
}

function taken(name: string): GanglineError {
	return ganglineError('REFUSED', `a project in a container on another machine is called ${name}`, {
		hint: `gangline containers ${name}`,
	});
}

function personHandlers(parts: GatewayParts): Pick<At, PersonNames> {
	const { registry, people, tokens, random, mesh, board } = parts;
	const forget = async (id: string): Promise<void> => {
		await people.remove(id);
		await board.removePerson(id);
	};
	return {
		'person.add': async ({ id, access }) => {
			const before = findPerson(parts, id);
			// What a kill left of somebody who was let out must not open anything for who is let in now.
			if (before === null) await forget(id);
			// Only an owner makes tokens: who is none any more could come in by one as somebody else.
			const isMeant = ({ createdBy, person }: TokenRecord): boolean =>
				(access !== 'owner' && createdBy === id) || (before === null && person === id);
			await registry.change(
				(facts) => setPerson(facts, { id, access }),
				() => tokens.close(isMeant),
			);
			if (access !== 'owner') board.codes.forgetForOthers(id);
			mesh.network.review();
			const words = before === null ? `${id} is let in as ${access}` : `${id} is ${access} now`;
			return { person: personView(parts, { id, access }), added: before === null, answer: words };
		},
		'person.list': async () => ({
			people: Object.values(mesh.facts().people).map((person) => personView(parts, person)),
		}),
		'person.remove': async ({ id }) => {
			const person = personOf(parts, id);
			await registry.change(
				(facts) => removePerson(facts, id),
				() => tokens.close(({ createdBy, person }) => createdBy === id || person === id),
			);
			mesh.network.review();
			await forget(id);
			return { person: personView(parts, person), answer: `${id} has no rights any more` };
		},
		'person.token': async ({ id, use }) => {
			const person = personOf(parts, id);
			const token = await people.renew(id, random, use);
			return { person: personView(parts, person), token };
		},
		'person.revokeToken': async ({ id, use }) => {
			const person = personOf(parts, id);
			const what = use === 'editor' ? 'token for an editor' : 'token';
			if (!(await people.revoke(id, use))) {
				throw ganglineError('NOTHING_TO_SHOW', `${id} has no ${what}`, { hint: 'gangline people shows who has one' });
			}
			return { person: personView(parts, person), answer: `the ${what} of ${id} opens nothing any more` };
		},
	};
}
