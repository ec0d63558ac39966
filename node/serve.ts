/**
 * What a node's process does: serves until it is told to stop, or judges main, makes a backup or puts one back, and ends.
 * Reads signals and nothing else; config.ts reads the environment, compose.ts makes everything.
 */
import { parseArgs } from 'node:util';
import { errorKinds, GanglineError, ganglineError } from '../shared/ports/index.ts';
import { composeNode, openLog } from './compose.ts';
import { readConfig } from './config.ts';
import { runBackup } from './one-shot-backup.ts';
import { SecretFile } from './secret-file.ts';
import { verify } from './verify.ts';

const exitAfterSecondSignal = 130;
const lingerMs = 2_000;

async function serve(env: NodeJS.ProcessEnv): Promise<void> {
	const log = openLog({ logLevel: 'info' });
	try {
		const config = readConfig(env);
		const secrets = new SecretFile(config.state.secrets);
		const node = await composeNode(config, openLog(config, secrets), secrets);
		for (const signal of ['SIGTERM', 'SIGINT'] as const) {
			process.once(signal, () => {
				log.info('node.signal', { signal });
				process.once(signal, () => process.exit(exitAfterSecondSignal));
				node.stop();
			});
		}
		await node.stopped;
	} catch (error) {
		log.error('node.failed', errorFields(error));
		process.exitCode = error instanceof GanglineError ? errorKinds[error.code].exit : errorKinds.INTERNAL.exit;
	} finally {
		// The loop is empty by now; a git that still waits for a remote is not, nor is what could not be ended.
		setTimeout(() => process.exit(), lingerMs).unref();
	}
}

/** The command line reads code, message and hint of the last such line when a node could not start. */
function errorFields(error: unknown): Record<string, unknown> {
	if (error instanceof GanglineError) {
		return { code: error.code, message: error.message, hint: error.hint, data: error.data, error };
	}
	return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), error };
}

/** Does what `argv` says in this process: serves, or one of the modes. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
	const [mode] = argv;
	if (mode === undefined) return serve(env);
	if (mode === 'backup' || mode === 'restore') {
		const { values } = parseArgs({ args: argv.slice(1), options: { file: { type: 'string' } } });
		if (values.file === undefined) throw ganglineError('INVALID_ARGUMENT', `${mode} needs --file PATH`);
		const config = readConfig(env);
		process.exitCode = await runBackup({ mode, config, file: values.file, stdout: process.stdout });
		return;
	}
	if (mode !== 'verify') {
		throw ganglineError('INVALID_ARGUMENT', `unknown mode ${mode}: expected verify, backup, restore, or none`);
	}
	const { values } = parseArgs({ args: argv.slice(1), options: { repo: { type: 'string' } } });
	if (values.repo === undefined) throw ganglineError('INVALID_ARGUMENT', 'verify needs --repo PATH');
	process.exitCode = await verify({ config: readConfig(env), repository: values.repo, stdout: process.stdout });
}
