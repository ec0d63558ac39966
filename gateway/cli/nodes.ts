/** `gangline nodes`, `mesh` and `node …`: the machines of the mesh. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';

export function registerNodes(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'nodes',
		summary: 'The machines of the mesh: duties, since when they are here, what they are qualified for',
		group: 'More machines',
		examples: ['gangline nodes', 'gangline nodes --revoked', 'gangline nodes --json'],
		configure: (command) => command.option('--revoked', 'also those that were cut off'),
		run: async (session, _args, options) => {
			const { nodesText } = await import('./mesh-text.ts');
			const answer = await (await session.mesh()).call('node.list', { revoked: options.flag('revoked') });
			session.out.result(answer, () => nodesText(session, answer.nodes, answer.takenAt));
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'mesh',
		summary: 'Who is connected and since when, which home is away, how many results wait',
		group: 'More machines',
		examples: ['gangline mesh', 'gangline mesh --json'],
		run: async (session) => {
			const { meshText } = await import('./mesh-text.ts');
			const answer = await (await session.mesh()).call('mesh.status', {});
			session.out.result(answer, () => meshText(session, answer));
			return undefined;
		},
	});
	registerOffline(program, context, 'offline', 'Keep this node away from all others on purpose; it goes on alone');
	registerOffline(
		program,
		context,
		'online',
		'Let this node meet the others again; what was wanted meanwhile is settled',
	);
	registerNode(program, context);
}

function registerOffline(program: Command, context: CliContext, usage: 'offline' | 'online', summary: string): void {
	defineCommand(program, context, {
		usage,
		summary,
		group: 'More machines',
		examples: [`gangline ${usage}`],
		run: async (session) => {
			const answer = await (await session.node()).call('mesh.offline', { offline: usage === 'offline' });
			session.out.result(answer, () => plainLine(answer.answer));
			return undefined;
		},
	});
}

function registerNode(program: Command, context: CliContext): void {
	const node = program
		.command('node')
		.description('Change a machine of the mesh: rename, drain, undrain, revoke')
		.helpGroup('More machines:');
	describeExamples(node, ['gangline node rename builder-2 big', 'gangline node drain big', 'gangline node revoke big']);
	defineCommand(node, context, {
		usage: 'rename <node> <name>',
		summary: 'Call it something else',
		group: 'More machines',
		examples: ['gangline node rename builder-2 big'],
		run: async (session, args) => {
			const asked = { node: args.required(0), name: args.required(1) };
			return told(session, await (await session.gateway()).call('node.rename', asked));
		},
	});
	const simple = (verb: 'drain' | 'undrain', summary: string): void => {
		defineCommand(node, context, {
			usage: `${verb} <node>`,
			summary,
			group: 'More machines',
			examples: [`gangline node ${verb} builder-2`],
			run: async (session, args) =>
				told(session, await (await session.gateway()).call(`node.${verb}`, { node: args.required(0) })),
		});
	};
	simple('drain', 'Let it finish what it has and give it nothing more');
	simple('undrain', 'Give it tasks again');
	defineCommand(node, context, {
		usage: 'revoke <node>',
		summary: 'Cut it off everywhere, for good; what was not accepted of it by then is refused',
		group: 'More machines',
		examples: ['gangline node revoke builder-2', 'gangline node revoke builder-2 --yes'],
		run: async (session, args) => {
			const name = args.required(0);
			const isSure = await session.confirm(`Cut ${name} off for good? It can come back only as a new node.`);
			if (!isSure) return 130;
			return told(session, await (await session.gateway()).call('node.revoke', { node: name }));
		},
	});
}

function told(session: Session, answer: { readonly answer: string }): undefined {
	session.out.result(answer, () => plainLine(answer.answer));
	return undefined;
}
