/** Which project is meant, and who of this machine is asked about it: its node where that knows it, else its gateway. */
import { realpath } from 'node:fs/promises';
import type { ProjectView } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { clientOf, connect, findGateway, findNode, type Machine, type NodeClient } from './client.ts';

export interface Place {
	readonly project: ProjectView;
	readonly asked: NodeClient;
}

export interface Wanted extends Machine {
	/** What --project says. */
	readonly named: string | undefined;
	readonly cwd: string;
}

/** @throws GanglineError NOT_RUNNING where nobody can be asked, UNKNOWN_PROJECT with what there is. */
export async function findProject({ named, cwd, ...machine }: Wanted): Promise<Place> {
	const names = new Set<string>();
	for (const asked of await reachable(machine)) {
		const { projects } = await asked.call('project.list', {});
		const project = named === undefined ? await projectAt(projects, cwd) : projectNamed(projects, named);
		if (project) return { project, asked };
		for (const { name } of projects) names.add(name);
	}
	throw named === undefined ? unknownHere(cwd, names) : await unknownName(named, names);
}

async function reachable(machine: Machine): Promise<readonly NodeClient[]> {
	const { state, programs, interrupted } = machine;
	const [node, gateway] = await Promise.all([findNode(state, programs), findGateway(state, programs)]);
	const found = [
		...(node === null ? [] : [clientOf(node, 'node', interrupted)]),
		...(gateway === null ? [] : [clientOf(gateway, 'gateway', interrupted)]),
	];
	return found.length > 0 ? found : [await connect(machine)];
}

async function unknownName(named: string, names: ReadonlySet<string>): Promise<Error> {
	const { nearest } = await import('../../shared/operations/nearest.ts');
	const near = nearest(named, [...names]);
	return ganglineError('UNKNOWN_PROJECT', `no project ${JSON.stringify(named)} is known to the running node`, {
		hint: near === null ? `known are: ${[...names].join(', ') || 'none'}` : `did you mean ${near}?`,
	});
}

function unknownHere(cwd: string, names: ReadonlySet<string>): Error {
	const known = [...names].join(', ') || 'none is known yet';
	return ganglineError('UNKNOWN_PROJECT', `${cwd} belongs to no project that the running node knows`, {
		hint: `\`gangline start\` in a repository adds it; elsewhere name one with --project (${known})`,
	});
}

function projectNamed(projects: readonly ProjectView[], named: string): ProjectView | undefined {
	return projects.find(({ id }) => id === named.toUpperCase()) ?? projects.find(({ name }) => name === named);
}

async function projectAt(projects: readonly ProjectView[], cwd: string): Promise<ProjectView | undefined> {
	return (await projectInCheckout(projects, cwd)) ?? projectInClone(projects, cwd);
}

/** A colleague's clone is the same project, wherever its home is. */
async function projectInClone(projects: readonly ProjectView[], cwd: string): Promise<ProjectView | undefined> {
	if (projects.length === 0) return undefined;
	const { projectIdAt } = await import('./project-folder.ts');
	const found = await projectIdAt(cwd);
	return projects.find(({ id }) => id === found);
}

/** The project whose checkout the folder lies in; of nested ones the innermost. */
async function projectInCheckout(projects: readonly ProjectView[], cwd: string): Promise<ProjectView | undefined> {
	const here = await realpath(cwd).catch(() => cwd);
	const places = await Promise.all(
		projects
			.filter(({ path }) => path !== '')
			.map(async (project) => ({ project, path: await realpath(project.path).catch(() => project.path) })),
	);
	return places
		.filter(({ path }) => here === path || here.startsWith(`${path}/`))
		.sort((a, b) => b.path.length - a.path.length)[0]?.project;
}
