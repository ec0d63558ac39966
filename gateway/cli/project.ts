/** `gangline project …`: a project as the mesh knows it. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';
import { plainLine } from './output.ts';
import { listProjects } from './projects.ts';

export function registerProject(program: Command, context: CliContext): void {
	const project = program
		.command('project')
		.description('Projects of the mesh: add, list, rename, remove, delete, rehome')
		.helpGroup('More machines:');
	describeExamples(project, [
		'gangline project list',
		'gangline project rename app shop',
		'gangline project rehome app server',
	]);
	defineCommand(project, context, {
		usage: 'add [folder]',
		summary: 'Take on the project of this folder on this machine, as `gangline start` does',
		group: 'More machines',
		examples: ['gangline project add', 'gangline project add ~/src/app'],
		run: async (session, args) => {
			const { addProject } = await import('./run-project.ts');
			return addProject(session, args.text(0));
		},
	});
	defineCommand(project, context, {
		usage: 'list',
		summary: 'All projects; the same as `gangline projects`',
		group: 'More machines',
		examples: ['gangline project list'],
		run: listProjects,
	});
	defineCommand(project, context, {
		usage: 'rename <project> <name>',
		summary: 'Call it something else; its id stays',
		group: 'More machines',
		examples: ['gangline project rename app shop'],
		run: async (session, args) => {
			const { projectIdOf } = await import('./run-project.ts');
			const asked = { project: await projectIdOf(session, args.required(0)), name: args.required(1) };
			const answer = await (await session.gateway()).call('project.rename', asked);
			session.out.result(answer, () => plainLine(answer.answer));
			const { refreshSshConfig } = await import('./run-ssh.ts');
			await refreshSshConfig(session);
			return undefined;
		},
	});
	defineCommand(project, context, {
		usage: 'remove <project>',
		summary: 'Take it out of the mesh; the repository and what its home has stay as they are',
		group: 'More machines',
		examples: ['gangline project remove app'],
		run: async (session, args) => (await import('./run-project.ts')).removeProject(session, args.required(0)),
	});
	defineCommand(project, context, {
		usage: 'delete <name>',
		summary:
			'Remove the container of a project that `gangline new` made; its source always stays, its state too unless --purge',
		group: 'More machines',
		examples: [
			'gangline project delete myapp',
			'gangline project delete myapp --confirm myapp',
			'gangline project delete myapp --purge',
		],
		configure: (command) =>
			command
				.option('--confirm <name>', 'the name once more, where nobody can be asked')
				.option('--purge', 'its state too: board, logs, and work that did not land'),
		run: async (session, args, options) => {
			const { deleteContainer } = await import('./run-containers.ts');
			const asked = { name: args.required(0), confirm: options.text('confirm'), purge: options.flag('purge') };
			return deleteContainer(session, asked);
		},
	});
	defineCommand(project, context, {
		usage: 'rehome <project> <node>',
		summary: 'Move it to another machine',
		group: 'More machines',
		examples: [
			'gangline project rehome app server           its home hands it over, sealed',
			'gangline project rehome app server --lost    its home is gone for good',
		],
		configure: (command) =>
			command.option('--lost', 'the home never comes back: go on with what the others have of it'),
		run: async (session, args, options) => {
			const { rehomeProject } = await import('./run-project.ts');
			return rehomeProject(session, { name: args.required(0), to: args.required(1), lost: options.flag('lost') });
		},
	});
}
