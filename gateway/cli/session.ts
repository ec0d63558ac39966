/** One run of one command: where to print, whom to ask, which project is meant, and the node that answers. */
import { realpath } from 'node:fs/promises';
import type { CallName, Input, ProjectView, Result } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { type StateFolder, stateFolder } from '../../shared/project/state-folder.ts';
import type { NodeClient } from './client.ts';
import type { CliContext } from './context.ts';
import { createOutput, type Output } from './output.ts';

export interface GlobalOptions {
	readonly json: boolean;
	readonly color: boolean;
	readonly input: boolean;
	readonly yes: boolean;
	readonly project: string | undefined;
}

export interface Session {
	readonly context: CliContext;
	readonly options: GlobalOptions;
	readonly out: Output;
	readonly state: StateFolder;
	/** The running node; NOT_RUNNING where there is none. */
	node(): Promise<NodeClient>;
	/** The project that --project or the current folder names. */
	project(): Promise<ProjectView>;
	/** Asks an operation of the project of this session. */
	ask<Name extends CallName>(name: Name, input: Omit<Input<Name>, 'project'>): Promise<Result<Name>>;
	/** Whether a person is there who can answer a question. */
	readonly mayAsk: boolean;
	/** True after --yes or a yes. Where nobody can be asked: REFUSED, naming --yes. */
	confirm(question: string): Promise<boolean>;
}

export function openSession(context: CliContext, options: GlobalOptions): Session {
	const out = createOutput(context, options);
	const state = stateFolder(context.env);
	const mayAsk = options.input && context.stdin.isTTY && context.stderr.isTTY;
	let client: Promise<NodeClient> | undefined;
	let known: Promise<ProjectView> | undefined;

	const node = (): Promise<NodeClient> => {
		client ??= import('./client.ts').then(({ connect }) => connect(state, context.programs));
		return client;
	};
	const project = (): Promise<ProjectView> => {
		known ??= node().then((one) => findProject(one, options.project, context.cwd));
		return known;
	};
	return {
		context,
		options,
		out,
		state,
		node,
		project,
		mayAsk,
		async ask(name, input) {
			const { id } = await project();
			const asked = await node();
			try {
				return await asked.call(name, { ...input, project: id } as Input<typeof name>);
			} catch (error) {
				if (!(error instanceof GanglineError) || error.code !== 'UNKNOWN_ITEM' || error.hint !== undefined) throw error;
				const { withNearestItem } = await import('./nearest-item.ts');
				throw await withNearestItem(error, asked, id, 'item' in input ? String(input.item) : '');
			}
		},
		async confirm(question) {
			if (options.yes) return true;
			if (mayAsk) return context.terminal.confirm(question);
			throw ganglineError('REFUSED', `${question} Nobody can be asked here, and nothing was done`, {
				hint: 'repeat it with --yes',
			});
		},
	};
}

async function findProject(node: NodeClient, named: string | undefined, cwd: string): Promise<ProjectView> {
	const { projects } = await node.call('project.list', {});
	const found = named === undefined ? await projectAt(projects, cwd) : projectNamed(projects, named);
	if (found) return found;
	const names = projects.map(({ name }) => name).join(', ');
	if (named !== undefined) {
		const { nearest } = await import('../../shared/operations/nearest.ts');
		const near = nearest(
			named,
			projects.map(({ name }) => name),
		);
		throw ganglineError('UNKNOWN_PROJECT', `no project ${JSON.stringify(named)} is known to the running node`, {
			hint: near === null ? `known are: ${names || 'none'}` : `did you mean ${near}?`,
		});
	}
	throw ganglineError('UNKNOWN_PROJECT', `${cwd} belongs to no project that the running node knows`, {
		hint: `\`gangline start\` in a repository adds it; elsewhere name one with --project (${names || 'none is known yet'})`,
	});
}

function projectNamed(projects: readonly ProjectView[], named: string): ProjectView | undefined {
	return projects.find(({ id }) => id === named.toUpperCase()) ?? projects.find(({ name }) => name === named);
}

/** The project whose checkout the folder lies in; of nested ones the innermost. */
async function projectAt(projects: readonly ProjectView[], cwd: string): Promise<ProjectView | undefined> {
	const here = await realpath(cwd).catch(() => cwd);
	const places = await Promise.all(
		projects.map(async (project) => ({ project, path: await realpath(project.path).catch(() => project.path) })),
	);
	return places
		.filter(({ path }) => here === path || here.startsWith(`${path}/`))
		.sort((a, b) => b.path.length - a.path.length)[0]?.project;
}
