/** OpenSSH's own programs, run to their end for keys: bounded in time and in what they may say. Never with a secret among their arguments. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Said {
	/** Null: it could not be started, or was ended. */
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

const characterMax = 256 * 1024;
const timeMsMax = 20_000;

/** Never rejects. */
export function runProgram(
	program: 'ssh-keygen' | 'ssh-keyscan',
	args: readonly string[],
	{ environment, stdin = '' }: { readonly environment?: NodeJS.ProcessEnv; readonly stdin?: string } = {},
): Promise<Said> {
	return new Promise((resolve) => {
		const child = spawn(program, args, {
			stdio: ['pipe', 'pipe', 'pipe'],
			timeout: timeMsMax,
			killSignal: 'SIGKILL',
			...(environment === undefined ? {} : { env: environment }),
		});
		let [stdout, stderr] = ['', ''];
		// A child that this machine has no descriptor for has no pipes, whatever its type says.
		const { stdin: input, stdout: said, stderr: errors }: ChildProcess = child;
		said?.setEncoding('utf8').on('data', (text: string) => {
			stdout = (stdout + text).slice(0, characterMax);
		});
		errors?.setEncoding('utf8').on('data', (text: string) => {
			stderr = (stderr + text).slice(-characterMax);
		});
		// Whoever does not read it closes it.
		input?.on('error', () => undefined).end(stdin);
		child.once('error', (error) => resolve({ code: null, stdout, stderr: error.message }));
		child.once('close', (code) => resolve({ code, stdout, stderr }));
	});
}
