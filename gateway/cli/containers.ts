/** new, containers, rebuild, limits, prune, ssh, open: projects in containers of this machine; `project delete` is with the rest of projects. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand, type Options } from './define-command.ts';
import { wholeNumber } from './review.ts';

const agentsWords =
	"programs of agents inside: claude-code, codex, both with a comma, or none; default: those that the project's file names";

const devcontainerWords =
	'trust the image that its devcontainer.json of this hash names (the step devcontainer says it), or none: leave that file alone';

export function registerContainers(program: Command, context: CliContext): void {
	registerMaking(program, context);
	registerLooking(program, context);
	registerPruning(program, context);
	registerSsh(program, context);
}

function registerMaking(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'new <name>',
		summary:
			'A project in a container of its own: source on this machine or that of a member, builds and agents inside',
		group: 'Containers',
		examples: [
			'gangline new myapp --stack node               an empty one, in ./myapp',
			'gangline new myapp --git https://example.org/myapp.git',
			'gangline new myapp --path ~/src/myapp         a repository that you have',
			'gangline new myapp --stack rust --on builder  in a container on the machine of that member',
			'gangline new myapp --retry                    go on where it failed',
		],
		configure: (command) =>
			limitOptions(command)
				.option(
					'--stack <name>',
					'a folder of docker/stacks, such as rust or node, or none; default: what the files at its root say',
				)
				.option('--agents <names>', agentsWords)
				.option('--devcontainer <hash>', devcontainerWords)
				.option('--git <url>', 'clone it from there')
				.option('--path <folder>', 'where the source is, or is to be; default: a folder of that name here')
				.option('--on <node>', 'a member with the duty provision: its machine and engine, its folders')
				.option('--retry', 'go on where making it failed or was cut off'),
		run: async (session, args, options) => {
			const { newContainer } = await import('./run-new.ts');
			return newContainer(session, {
				name: args.required(0),
				stack: options.text('stack'),
				agents: agentsOf(options),
				devcontainer: options.text('devcontainer'),
				git: options.text('git'),
				path: options.text('path'),
				on: options.text('on'),
				retry: options.flag('retry'),
				limits: await limitsOf(options),
			});
		},
	});
	defineCommand(program, context, {
		usage: 'rebuild <name>',
		summary: 'A new container of the image as it is to be now; source and state stay',
		group: 'Containers',
		examples: [
			'gangline rebuild myapp',
			'gangline rebuild myapp --stack python',
			'gangline rebuild myapp --fresh                also where nothing is different: updates of the base',
			'gangline rebuild myapp --agents claude-code,codex',
		],
		configure: (command) =>
			command
				.option('--stack <name>', 'another stack')
				.option('--fresh', 'build its image again on a base fetched anew: security updates, a base that has moved')
				.option('--agents <names>', agentsWords)
				.option('--devcontainer <hash>', devcontainerWords),
		run: async (session, args, options) => {
			const { rebuildContainer } = await import('./run-new.ts');
			const [stack, agents, devcontainer] = [options.text('stack'), agentsOf(options), options.text('devcontainer')];
			const fresh = options.flag('fresh');
			return rebuildContainer(session, { name: args.required(0), stack, agents, devcontainer, fresh });
		},
	});
	defineCommand(program, context, {
		usage: 'limits <name>',
		summary: 'Change what a container may use, while it runs',
		group: 'Containers',
		examples: [
			'gangline limits myapp --memory 8g',
			'gangline limits myapp --cpus 4 --pids 4096',
			'gangline limits myapp --disk 20g       above it its node begins nothing new; none: no bound',
			'gangline limits myapp --idle-stop 30m   it stops when nothing is to do, and wakes when something is',
		],
		configure: (command) => limitOptions(command).option('--idle-stop <time>', 'such as 30m, 2h or never'),
		run: async (session, args, options) => {
			const { changeLimits } = await import('./run-containers.ts');
			return changeLimits(session, args.required(0), {
				limits: await limitsOf(options),
				idleStop: options.text('idleStop'),
			});
		},
	});
}

function registerLooking(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'containers [name]',
		summary: 'The projects in containers, or one of them with each step of its making',
		group: 'Containers',
		examples: ['gangline containers', 'gangline containers myapp'],
		run: async (session, args) => {
			const { showContainers } = await import('./run-containers.ts');
			return showContainers(session, args.text(0));
		},
	});
}

function registerPruning(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'prune',
		summary: 'Remove images, networks and containers of ours that no project uses',
		group: 'Containers',
		examples: ['gangline prune --dry-run', 'gangline prune'],
		configure: (command) => command.option('--dry-run', 'only say what would go, with sizes'),
		run: async (session, _args, options) => {
			const { prune } = await import('./run-containers.ts');
			return prune(session, options.flag('dryRun'));
		},
	});
}

function registerSsh(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'ssh <name> [command...]',
		summary: 'A shell in the container of a project, or one command; what ssh itself says is its exit code',
		group: 'Containers',
		examples: [
			'gangline ssh myapp',
			'gangline ssh myapp npm test',
			'gangline ssh myapp ls -la      what stands behind the command is its own',
			'gangline ssh --mesh myapp      through the mesh, as from another machine',
			'gangline ssh --stdio myapp     the way itself, for a ProxyCommand of ssh',
		],
		configure: (command) =>
			command
				.option('--mesh', 'through the mesh, also where its container is on this machine')
				.option('--stdio', 'no login: bytes between stdin, stdout and its sshd'),
		run: async (session, args, options) => {
			const name = args.required(0);
			if (options.flag('stdio')) return (await import('./run-ssh-stdio.ts')).sshOverMesh(session, name);
			const { sshInto } = await import('./run-ssh.ts');
			return sshInto(session, { name, command: args.rest(1), mesh: options.flag('mesh') });
		},
	});
	defineCommand(program, context, {
		usage: 'open <name>',
		summary: 'Open a project in a container in an editor: VS Code, Cursor, Zed or JetBrains',
		group: 'Containers',
		examples: [
			'gangline open myapp                  in the first of them that is installed',
			'gangline open myapp --editor zed',
			'gangline open myapp --print          links, to click where the editor is',
		],
		configure: (command) =>
			command.option('--editor <name>', 'vscode, cursor, zed or jetbrains').option('--print', 'start nothing'),
		run: async (session, args, options) => {
			const { openEditor } = await import('./run-open.ts');
			const [name, editor, print] = [args.required(0), options.text('editor'), options.flag('print')];
			return openEditor(session, { name, editor, print });
		},
	});
	defineCommand(program, context, {
		usage: 'ssh-config',
		summary: 'Let every ssh client and editor find the containers by name: a file of our own, one Include in yours',
		group: 'Containers',
		examples: [
			'gangline ssh-config             write the file, and ask before the Include is added',
			'gangline ssh-config --print     only print it',
			'gangline ssh-config --remove    take the Include out again',
		],
		configure: (command) => command.option('--print', 'change nothing').option('--remove', 'take out what was put in'),
		run: async (session, _args, options) => {
			const { printSshConfig, removeSshConfig, writeSshConfig } = await import('./run-ssh.ts');
			if (options.flag('print')) return printSshConfig(session);
			return options.flag('remove') ? removeSshConfig(session) : writeSshConfig(session);
		},
	});
}

function limitOptions(command: Command): Command {
	return command
		.option('--cpus <number>', 'processors, such as 1.5', Number)
		.option('--memory <size>', 'such as 4g or 512m')
		.option('--pids <number>', 'processes and threads at once', wholeNumber)
		.option('--disk <size>', 'source and state; above it nothing new is begun; such as 20g, or none');
}

async function limitsOf(options: Options) {
	const { readLimits } = await import('./container-words.ts');
	const [memory, disk] = [options.text('memory'), options.text('disk')];
	return readLimits({ cpus: options.number('cpus'), memory, pids: options.number('pids'), disk });
}

function agentsOf(options: Options): readonly string[] | undefined {
	const text = options.text('agents');
	if (text === undefined || text === 'none') return text === undefined ? undefined : [];
	return text.split(',').map((name) => name.trim());
}
