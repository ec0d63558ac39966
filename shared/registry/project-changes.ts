/** What may be done to the projects of the registry: the same rules as for nodes (node-changes.ts). */
import { ganglineError } from '../ports/errors.ts';
import type { NodeId, ProjectId } from '../ports/ids.ts';
import type { MeshNode, MeshProject, RegistryFacts } from './facts.ts';
import { memberToChange } from './node-changes.ts';
import { isConfined, own } from './rights.ts';
import { recordsMax } from './schema.ts';

/** Adds a project that `home` owns. Adding it again from there changes nothing but the branch; the name stays. */
export function addProject(
	facts: RegistryFacts,
	project: Pick<MeshProject, 'id' | 'name' | 'home' | 'branch'>,
	now: number,
): RegistryFacts {
	const home = memberToChange(facts, project.home);
	const known = own(facts.projects, project.id);
	if (known !== undefined && known.home !== project.home) {
		throw ganglineError(
			'REFUSED',
			`the project ${known.name} has its home on ${nameOf(facts, known.home)}, not on ${home.name}`,
			{
				hint: `move it: gangline project rehome ${known.name} ${home.name}`,
				data: { home: known.home },
			},
		);
	}
	if (known !== undefined)
		return known.branch === project.branch ? facts : withProject(facts, { ...known, branch: project.branch });
	refuseUnfitHome(home);
	if (Object.keys(facts.projects).length >= recordsMax) {
		throw ganglineError('TOO_LARGE', `the mesh has ${recordsMax} projects, more are not kept`);
	}
	refuseTakenName(facts, project.name, project.id);
	const { id, name, branch } = project;
	return withProject(facts, { id, name, branch, home: home.id, homeKey: home.publicKey, term: 1, addedAt: now });
}

export function renameProject(facts: RegistryFacts, id: ProjectId, name: string): RegistryFacts {
	const project = projectToChange(facts, id);
	if (project.name === name) return facts;
	refuseTakenName(facts, name, id);
	return withProject(facts, { ...project, name });
}

/** Nobody works for it or has it through the mesh any more; what its home has stays there. */
export function removeProject(facts: RegistryFacts, id: ProjectId): RegistryFacts {
	projectToChange(facts, id);
	const { [id]: _gone, ...projects } = facts.projects;
	const nodes = Object.fromEntries(Object.entries(facts.nodes).map(([key, node]) => [key, withoutProject(node, id)]));
	return { ...facts, revision: facts.revision + 1, nodes, projects };
}

/** Another home, one term later. `term`: the one the new home begins with, when it is known to be higher. */
export function moveHome(facts: RegistryFacts, id: ProjectId, to: NodeId, term?: number): RegistryFacts {
	const project = projectToChange(facts, id);
	const home = memberToChange(facts, to);
	if (project.home === to) return facts;
	refuseUnfitHome(home);
	if (isConfined(home)) {
		throw ganglineError('REFUSED', `${home.name} is a container: it has its own project and no other`, {
			hint: 'move it to a machine: gangline nodes',
		});
	}
	if (term !== undefined && term <= project.term) {
		throw ganglineError(
			'REFUSED',
			`${project.name} is in term ${project.term}: a new home begins a higher one, not ${term}`,
		);
	}
	return withProject(facts, { ...project, home: to, homeKey: home.publicKey, term: term ?? project.term + 1 });
}

/** @throws GanglineError UNKNOWN_PROJECT */
export function projectToChange(facts: RegistryFacts, id: ProjectId): MeshProject {
	const project = own(facts.projects, id);
	if (project !== undefined) return project;
	throw ganglineError('UNKNOWN_PROJECT', `no project of the mesh has the id ${id}`, { hint: 'gangline projects' });
}

function withProject(facts: RegistryFacts, project: MeshProject): RegistryFacts {
	return { ...facts, revision: facts.revision + 1, projects: { ...facts.projects, [project.id]: project } };
}

function withoutProject(node: MeshNode, id: ProjectId): MeshNode {
	if (node.worksFor === 'any' || !node.worksFor.includes(id)) return node;
	return { ...node, worksFor: node.worksFor.filter((one) => one !== id) };
}

function refuseUnfitHome(node: MeshNode): void {
	if (node.duties.includes('home')) return;
	throw ganglineError('REFUSED', `${node.name} may not own projects: it joined without the duty \`home\``, {
		hint: 'join it with a token that gives it: gangline token new --home-for <project>',
	});
}

function refuseTakenName(facts: RegistryFacts, name: string, by: ProjectId): void {
	const holder = Object.values(facts.projects).find((project) => project.name === name && project.id !== by);
	if (holder === undefined) return;
	throw ganglineError(
		'REFUSED',
		`another project is called ${JSON.stringify(name)}, its home is ${nameOf(facts, holder.home)}`,
		{
			hint: `rename one of them: gangline project rename ${name} <new name>`,
			data: { project: holder.id },
		},
	);
}

function nameOf(facts: RegistryFacts, node: NodeId): string {
	return own(facts.nodes, node)?.name ?? node;
}
