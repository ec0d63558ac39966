/** `gangline git`: who commits in a project and what it pushes with. A token comes from stdin alone, never as an argument. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, describeExamples } from './define-command.ts';

export function registerGit(program: Command, context: CliContext): void {
	const git = program
		.command('git')
		.description('Who commits in a project, what it pushes with, and whether that works')
		.helpGroup('Containers:');
	describeExamples(git, ['gangline git check myapp', 'gangline git key myapp']);
	defineCommand(git, context, {
		usage: 'check [project]',
		summary: 'Prove that the project may push, without pushing; exit code 1 where it may not',
		group: 'Containers',
		examples: ['gangline git check', 'gangline git check myapp'],
		run: async (session, args) => (await import('./run-git.ts')).checkGit(session, args.text(0)),
	});
	defineCommand(git, context, {
		usage: 'key <project>',
		summary: 'A deploy key for a project in a container, and the host key of its forge pinned',
		group: 'Containers',
		examples: ['gangline git key myapp', 'gangline git key myapp --host-key SHA256:…   where nobody can be asked'],
		configure: (command) => command.option('--host-key <fingerprint>', 'what the forge says its host key is'),
		run: async (session, args, options) => {
			const { makeKey } = await import('./run-git.ts');
			return makeKey(session, args.required(0), options.text('hostKey'));
		},
	});
	defineCommand(git, context, {
		usage: 'token <project>',
		summary: 'Keep the token that comes on stdin, for pushes of a project in a container',
		group: 'Containers',
		examples: ['gangline git token myapp < token.txt', 'pass show myapp | gangline git token myapp --user deploy'],
		configure: (command) => command.option('--user <name>', 'the name that goes with it; most forges take any'),
		run: async (session, args, options) => {
			const { keepToken } = await import('./run-git.ts');
			return keepToken(session, args.required(0), options.text('user'));
		},
	});
	defineCommand(git, context, {
		usage: 'identity <project>',
		summary: 'Who commits in a project in a container, where its repository says nobody',
		group: 'Containers',
		examples: ['gangline git identity myapp --name "Ada Lovelace" --email ada@example.org'],
		configure: (command) =>
			command.requiredOption('--name <name>', 'as commits show it').requiredOption('--email <address>', 'the same'),
		run: async (session, args, options) => {
			const { setIdentity } = await import('./run-git.ts');
			const [person, email] = [options.text('name') ?? '', options.text('email') ?? ''];
			return setIdentity(session, { name: args.required(0), person, email });
		},
	});
	defineCommand(git, context, {
		usage: 'forget <project>',
		summary: 'Remove the deploy key and the token of a project in a container',
		group: 'Containers',
		examples: ['gangline git forget myapp'],
		run: async (session, args) => (await import('./run-git.ts')).forget(session, args.required(0)),
	});
}
