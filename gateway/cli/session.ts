/**
 * One run of one command: where to print, which project is meant, and who answers. Of a project that is whoever of this
 * machine knows it, the node first: it has the project itself or a replica, and it is there when the gateway is not.
 */
import type { CallName, Input, ProjectView, Result } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { type StateFolder, stateFolder } from '../../shared/project/state-folder.ts';
import type { NodeClient } from './client.ts';
import type { CliContext } from './context.ts';
import type { Place } from './find-project.ts';
import { createOutput, type Output, plain } from './output.ts';

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
	/** The gateway of this machine; where it has none but belongs to a mesh, the node. NOT_RUNNING otherwise. */
	gateway(): Promise<NodeClient>;
	/** Who knows most of the mesh: the gateway of this machine where it runs, otherwise the node. */
	mesh(): Promise<NodeClient>;
	/** The project that --project or the current folder names. */
	project(): Promise<ProjectView>;
	/** Who is asked about that project. */
	asked(): Promise<NodeClient>;
	/** Asks an operation of the project that the command is about. */
	ask<Name extends CallName>(name: Name, input: Omit<Input<Name>, 'project'>): Promise<Result<Name>>;
	/** Whether a person is there who can answer a question. */
	readonly mayAsk: boolean;
	/** True after --yes or a yes. Where nobody can be asked: REFUSED, naming --yes. */
	confirm(question: string): Promise<boolean>;
}

export function openSession(context: CliContext, options: GlobalOptions): Session {
	const out = createOutput(context, options);
	const state = stateFolder(context.env);
	const { programs, interrupted } = context;
	const machine = { state, programs, interrupted };
	const mayAsk = options.input && context.stdin.isTTY && context.stderr.isTTY;
	let client: Promise<NodeClient> | undefined;
	let known: Promise<Place> | undefined;

	const node = (): Promise<NodeClient> => {
		client ??= import('./client.ts').then(({ connect }) => connect(machine));
		return client;
	};
	const gateway = async (): Promise<NodeClient> => {
		const { connectGateway } = await import('./client.ts');
		return connectGateway(machine);
	};
	const mesh = async (): Promise<NodeClient> => {
		const { clientOf, findGateway } = await import('./client.ts');
		const note = await findGateway(state, programs);
		return note === null ? node() : clientOf(note, 'gateway', interrupted);
	};
	const place = (): Promise<Place> => {
		known ??= import('./find-project.ts').then(({ findProject }) =>
			findProject({ ...machine, named: options.project, cwd: context.cwd }),
		);
		return known;
	};
	return {
		context,
		options,
		out,
		state,
		node,
		gateway,
		mesh,
		project: async () => (await place()).project,
		asked: async () => (await place()).asked,
		mayAsk,
		async ask(name, input) {
			const { project, asked } = await place();
			const { id } = project;
			try {
				return await asked.call(name, { ...input, project: id } as Input<typeof name>);
			} catch (error) {
				if (!(error instanceof GanglineError) || error.code !== 'UNKNOWN_ITEM') throw error;
				const { withNearestItem } = await import('./nearest-item.ts');
				throw await withNearestItem(error, asked, id);
			}
		},
		async confirm(question) {
			if (options.yes) return true;
			if (mayAsk) return context.terminal.confirm(plain(question));
			throw ganglineError('REFUSED', `${question} Nobody can be asked here, and nothing was done`, {
				hint: 'repeat it with --yes',
			});
		},
	};
}
