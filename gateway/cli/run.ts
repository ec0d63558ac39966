/** One run of the command line in a given world: parses, does it, and answers with the exit code. Never throws. */
import { CommanderError } from 'commander';
import { errorKinds, GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { CliContext } from './context.ts';
import { exitCodeOf } from './define-command.ts';
import { printError } from './output.ts';
import { buildProgram } from './program.ts';
import { readVersion } from './version.ts';

const helpCodes = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

/** `argv` without the program's own name. Resolves with what the process is to end with. */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
	const program = buildProgram(context, await readVersion());
	try {
		if (argv.length === 0) {
			context.stdout.write(program.helpInformation());
			return 0;
		}
		await program.parseAsync([...argv], { from: 'user' });
		return exitCodeOf(program);
	} catch (thrown) {
		if (thrown instanceof CommanderError && helpCodes.includes(thrown.code)) return 0;
		if (context.interrupted.aborted) return 130;
		const error = asError(thrown);
		printError(context, error, argv.includes('--json'));
		return errorKinds[error.code].exit;
	}
}

function asError(thrown: unknown): GanglineError {
	if (thrown instanceof GanglineError) return thrown;
	if (thrown instanceof CommanderError) return usageError(thrown.message);
	const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
	return ganglineError('INTERNAL', 'gangline itself failed; this is a bug', { data: { why: text }, cause: thrown });
}

/** Commander's `error: unknown command 'stat'\n(Did you mean status?)` in our form. */
function usageError(message: string): GanglineError {
	const [what = '', suggestion] = message.replace(/^error: /, '').split('\n');
	const near = suggestion?.replace(/^\(D/, 'd').replace(/\)$/, '');
	return ganglineError('INVALID_ARGUMENT', what, {
		hint: near ?? '`gangline --help` lists the commands, `gangline <command> --help` their options',
	});
}
