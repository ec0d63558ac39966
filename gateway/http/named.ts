/** What people name, found in the registry: one refusal for each kind of name that nothing has, with where to look. */
import type { ProjectRef } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import {
	findNode,
	findProject,
	type MeshNode,
	type MeshPerson,
	type MeshProject,
} from '../../shared/registry/index.ts';
import type { GatewayParts } from '../context.ts';

type Registry = Pick<GatewayParts, 'mesh'>;

/** @throws GanglineError UNKNOWN_NODE */
export function nodeOf({ mesh }: Registry, ref: string): MeshNode {
	const node = findNode(mesh.facts(), ref);
	if (node !== undefined) return node;
	throw ganglineError('UNKNOWN_NODE', `no node of the mesh is called ${JSON.stringify(ref)}`, {
		hint: 'gangline nodes',
	});
}

/** @throws GanglineError UNKNOWN_PROJECT */
export function projectOf(registry: Registry, ref: ProjectRef): MeshProject {
	return projectNamed(registry, ref.kind === 'id' ? ref.id : ref.name);
}

/** @throws GanglineError UNKNOWN_PROJECT */
export function projectNamed({ mesh }: Registry, text: string): MeshProject {
	const project = findProject(mesh.facts(), text);
	if (project !== undefined) return project;
	throw ganglineError('UNKNOWN_PROJECT', `no project of the mesh is called ${JSON.stringify(text)}`, {
		hint: 'gangline projects',
	});
}

/** Null for nobody; a name such as `constructor`, which every object has, is nobody's until somebody is called so. */
export function findPerson({ mesh }: Registry, id: string): MeshPerson | null {
	const { people } = mesh.facts();
	return Object.hasOwn(people, id) ? (people[id] ?? null) : null;
}

/** @throws GanglineError UNKNOWN_PERSON */
export function personOf(registry: Registry, id: string): MeshPerson {
	const person = findPerson(registry, id);
	if (person !== null) return person;
	throw ganglineError('UNKNOWN_PERSON', `nobody in the mesh is called ${JSON.stringify(id)}`, {
		hint: `gangline people shows who is; gangline person add ${id} lets somebody in`,
	});
}
