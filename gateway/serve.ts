/**
 * What a gateway's process does: serves until it is told to stop. Reads signals and nothing else; config.ts reads the
 * environment, compose.ts makes everything.
 */
import { errorKinds, GanglineError } from '../shared/ports/index.ts';
import { personName } from '../shared/ports/system/index.ts';
import { composeGateway, openLog } from './compose.ts';
import { readConfig } from './config.ts';

const exitAfterSecondSignal = 130;
const lingerMs = 2_000;

/** What the process was started for. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
	const [mode, flag, file] = argv;
	if (mode !== 'restore') return serve(env);
	const { runRestore } = await import('./backup.ts');
	if (flag !== '--file' || file === undefined) throw new TypeError('restore needs --file PATH');
	process.exitCode = await runRestore(readConfig(env, personName(env)), file, process.stdout);
}

/** Serves until a signal comes; an error that ends it is logged and becomes the exit code. */
async function serve(env: NodeJS.ProcessEnv): Promise<void> {
	const log = openLog({ logLevel: 'info' });
	try {
		const config = readConfig(env, personName(env));
		const gateway = await composeGateway(config, openLog(config));
		for (const signal of ['SIGTERM', 'SIGINT'] as const) {
			process.once(signal, () => {
				log.info('gateway.signal', { signal });
				process.once(signal, () => process.exit(exitAfterSecondSignal));
				gateway.stop();
			});
		}
		await gateway.stopped;
		// The loop is empty by now; what lingers is a socket that the kernel has not let go.
		setTimeout(() => process.exit(), lingerMs).unref();
	} catch (error) {
		log.error('gateway.failed', errorFields(error));
		process.exitCode = error instanceof GanglineError ? errorKinds[error.code].exit : errorKinds.INTERNAL.exit;
		setTimeout(() => process.exit(), lingerMs).unref();
	}
}

/** The command line reads code, message and hint of the last such line when a gateway could not start. */
function errorFields(error: unknown): Record<string, unknown> {
	if (error instanceof GanglineError) {
		return { code: error.code, message: error.message, hint: error.hint, data: error.data, error };
	}
	return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), error };
}
