/** The table of contents of the `gangline` command: each group of commands registers itself here. */
import { Command } from 'commander';
import { registerAgent } from './agent.ts';
import { registerBackup } from './backup.ts';
import { registerBoard } from './board.ts';
import { registerContainers } from './containers.ts';
import type { CliContext } from './context.ts';
import { registerCost } from './cost.ts';
import { describeExamples } from './define-command.ts';
import { registerDoctor } from './doctor.ts';
import { registerGateway } from './gateway.ts';
import { registerGit } from './git.ts';
import { formatHelp } from './help.ts';
import { registerInit } from './init.ts';
import { registerJoin } from './join.ts';
import { registerLooking } from './look.ts';
import { registerMcp } from './mcp.ts';
import { registerNode } from './node.ts';
import { registerNodes } from './nodes.ts';
import { registerNotify } from './notify.ts';
import { registerPeople } from './people.ts';
import { registerPlan } from './plan.ts';
import { registerPreview } from './preview.ts';
import { registerProject } from './project.ts';
import { registerProjects } from './projects.ts';
import { registerPrompt } from './prompt.ts';
import { registerRefusals } from './refusals.ts';
import { registerReview } from './review.ts';
import { registerSecret } from './secret.ts';
import { registerService } from './service.ts';
import { registerSettings } from './settings.ts';
import { registerSteer } from './steer.ts';
import { registerToken } from './token.ts';
import { registerWhy } from './why.ts';
import { registerWork } from './work.ts';

/** The whole program; it writes nothing and ends no process by itself. */
export function buildProgram(context: CliContext, version: string): Command {
	const program = new Command('gangline')
		.description('Coding agents work on your projects; what passes your gates lands on main, exactly once.')
		.usage('<command> [options]')
		.version(version, '-V, --version', 'print the version')
		.helpOption('-h, --help', 'print help')
		.helpCommand('help [command]', 'print help for a command')
		.option('-p, --project <name>', 'the project; default: the one this folder belongs to')
		.option('--json', 'print the result as JSON, exactly as the API answers')
		.option('--no-color', 'no colour, as with NO_COLOR')
		.option('--no-input', 'ask nothing')
		.option('-y, --yes', 'answer yes to what would be asked')
		.configureHelp({ showGlobalOptions: true, formatHelp })
		.configureOutput({
			writeOut: (text) => context.stdout.write(text),
			// The help of a group that is named alone; errors are printed by `run`.
			writeErr: (text) => context.stdout.write(text),
			outputError: () => {},
			getOutHelpWidth: () => widthOf(context),
			getErrHelpWidth: () => widthOf(context),
		})
		.exitOverride();
	describeExamples(program, [
		'gangline init                              prepare this repository, once',
		'gangline start                             start the node in the background',
		'gangline add "Fix the login redirect"      add an item; an agent starts on it',
		'gangline status                            who works on what, what needs you',
		'gangline diff 12                           read what item 12 would change',
		'gangline approve 12                        land exactly what you have read',
	]);
	registerInit(program, context);
	registerWork(program, context);
	registerPlan(program, context);
	registerReview(program, context);
	registerSteer(program, context);
	registerPreview(program, context);
	registerLooking(program, context);
	registerBoard(program, context);
	registerNotify(program, context);
	registerWhy(program, context);
	registerPrompt(program, context);
	registerCost(program, context);
	registerSettings(program, context);
	registerRefusals(program, context);
	registerProjects(program, context);
	registerNode(program, context);
	registerAgent(program, context);
	registerMcp(program, context);
	registerSecret(program, context);
	registerDoctor(program, context);
	registerService(program, context);
	registerBackup(program, context);
	registerContainers(program, context);
	registerGit(program, context);
	registerToken(program, context);
	registerJoin(program, context);
	registerNodes(program, context);
	registerProject(program, context);
	registerPeople(program, context);
	registerGateway(program, context);
	return program;
}

/** Only a terminal has lines that are too long. */
function widthOf({ stdout }: CliContext): number {
	return stdout.columns ?? Number.POSITIVE_INFINITY;
}
