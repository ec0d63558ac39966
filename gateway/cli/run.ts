/** One run of the command line in a given world: parses, does it, and answers with the exit code. Never throws. */
import { type Command, CommanderError } from 'commander';
import { errorKinds, GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { programVersion } from '../../shared/ports/system/installation.ts';
import type { CliContext } from './context.ts';
import { exitCodeOf } from './define-command.ts';
import { printError } from './output.ts';
import { buildProgram } from './program.ts';

const helpCodes = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** `argv` without the program's own name. Resolves with what the process is to end with. */
export async function run(typed: readonly string[], context: CliContext): Promise<number> {
	const argv = withRemoteApart(typed);
	const program = buildProgram(context, programVersion());
	try {
		if (argv.length === 0) {
			context.stdout.write(program.helpInformation());
			return 0;
		}
		await program.parseAsync(withoutHelpWord(argv, program), { from: 'user' });
		return exitCodeOf(program);
	} catch (thrown) {
		if (thrown instanceof CommanderError && helpCodes.includes(thrown.code)) return 0;
		if (context.interrupted.aborted) return 130;
		const error = await asError(thrown, argv, program);
		const end = argv.indexOf('--');
		printError(context, error, argv.slice(0, end < 0 ? undefined : end).includes('--json'));
		return errorKinds[error.code].exit;
	}
}

/**
 * `ssh myapp apt-get install -y git` as `ssh myapp -- apt-get …`: as with ssh itself, what stands behind the command is
 * its own. Options that mean something everywhere (`-y`, `-p`, `--json`) would be taken out of it without a word.
 */
function withRemoteApart(argv: readonly string[]): readonly string[] {
	const places: number[] = [];
	for (let at = 0; at < argv.length && places.length < 3; at += 1) {
		const word = argv[at] ?? '';
		if (word === '--') return argv;
		if (!word.startsWith('-')) places.push(at);
		else if (word === '-p' || word === '--project') at += 1;
	}
	const [command = 0, , remote] = places;
	return argv[command] === 'ssh' && remote !== undefined
		? [...argv.slice(0, remote), '--', ...argv.slice(remote)]
		: argv;
}

/**
 * `help a b` as `a b --help`, at any depth. A word that is no command there is left as the last one, so that it is refused
 * as it is without `help`; it stands below a group, which runs nothing.
 */
function withoutHelpWord(argv: readonly string[], program: Command): string[] {
	if (argv[0] !== 'help') return [...argv];
	const path: string[] = [];
	let command = program;
	for (const word of argv.slice(1)) {
		if (command.commands.length === 0 || word === 'help' || word.startsWith('-')) break;
		path.push(word);
		const next = command.commands.find((one) => one.name() === word);
		if (next === undefined) return path;
		command = next;
	}
	return [...path, '--help'];
}

async function asError(thrown: unknown, argv: readonly string[], program: Command): Promise<GanglineError> {
	if (thrown instanceof GanglineError) return thrown;
	if (thrown instanceof CommanderError) return usageError(thrown, argv, program);
	const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
	return ganglineError('INTERNAL', 'gangline itself failed; this is a bug', { data: { why: text }, cause: thrown });
}

/** Commander's `error: unknown command 'stat'\n(Did you mean status?)` in our form, with the usage of what was meant. */
async function usageError(
	{ message, code }: CommanderError,
	argv: readonly string[],
	program: Command,
): Promise<GanglineError> {
	const [what = '', suggestion] = message.replace(/^error: /, '').split('\n');
	const near = suggestion?.replace(/^\(D/, 'd').replace(/\)$/, '');
	const meant = commandMeant(program, argv);
	const move = code === 'commander.unknownCommand' ? await moveMeant(argv) : null;
	const usage = meant && `gangline ${meant.path} ${meant.usage}; gangline ${meant.path} --help has examples`;
	return ganglineError('INVALID_ARGUMENT', what, {
		hint: move ?? near ?? usage ?? '`gangline --help` lists the commands',
	});
}

/** The command that the words name, as deep as they go: `agent login`. */
function commandMeant(
	program: Command,
	argv: readonly string[],
): { readonly path: string; readonly usage: string } | null {
	const path: string[] = [];
	let command = program;
	for (const word of argv.filter((one) => !one.startsWith('-'))) {
		const next = command.commands.find((one) => one.name() === word);
		if (next === undefined) break;
		path.push(word);
		command = next;
	}
	return path.length === 0 ? null : { path: path.join(' '), usage: command.usage() };
}

/** `gangline freeze 12` is what people try first. */
async function moveMeant(argv: readonly string[]): Promise<string | null> {
	const { moveWords } = await import('../../shared/operations/move-words.ts');
	const word = argv.find((one) => moveWords.some((known) => known === one));
	return word === undefined ? null : `did you mean gangline move <item> ${word}?`;
}
