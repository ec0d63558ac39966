/** Other programs on the real machine. No shell in between; what is started in the foreground shares our terminal. */
import { spawn } from 'node:child_process';
import { access, constants as modes, open, readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { readProcessStat } from '../../shared/project/api-file.ts';
import type { DetachedProgram, ProgramOptions, Programs } from './context.ts';

/** Programs with `env` where a call names no other environment. */
export function systemPrograms(env: Readonly<Record<string, string | undefined>>): Programs {
	return {
		find: (name) => findOnPath(name, env.PATH ?? ''),
		run: (argv, options = {}) => run(argv, { env, ...options }),
		startDetached: (argv, options) => startDetached(argv, { env, ...options }),
		lives,
	};
}

async function findOnPath(name: string, path: string): Promise<string | null> {
	for (const folder of path.split(delimiter)) {
		if (!folder.startsWith('/')) continue;
		const candidate = join(folder, name);
		const runs = await access(candidate, modes.X_OK).then(
			() => true,
			() => false,
		);
		if (runs) return candidate;
	}
	return null;
}

function run([program, ...args]: readonly [string, ...string[]], options: ProgramOptions): Promise<number> {
	const { stdin, cwd, env } = options;
	const child = spawn(program, args, {
		...(cwd === undefined ? {} : { cwd }),
		env: { ...env },
		stdio: [stdin === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
	});
	// The terminal sends Ctrl-C to both of us: the program decides what it means, we wait for it.
	const stay = (): void => {};
	const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
	process.on('SIGINT', stay);
	process.on('SIGTERM', pass);
	process.on('SIGHUP', pass);
	// A pager that is closed early takes no more: that is no error.
	child.stdin?.on('error', () => {});
	child.stdin?.end(stdin);
	return new Promise<number>((resolve) => {
		child.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 127 : 126));
		child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
	}).finally(() => {
		process.off('SIGINT', stay);
		process.off('SIGTERM', pass);
		process.off('SIGHUP', pass);
	});
}

async function startDetached(
	[program, ...args]: readonly [string, ...string[]],
	options: ProgramOptions & { readonly logTo: string },
): Promise<DetachedProgram> {
	const { cwd, env, logTo } = options;
	const log = await open(logTo, 'a', 0o600);
	try {
		const child = spawn(program, args, {
			...(cwd === undefined ? {} : { cwd }),
			env: { ...env },
			detached: true,
			stdio: ['ignore', log.fd, log.fd],
		});
		const exited = new Promise<string>((resolve) => {
			child.on('error', (error) => resolve(error.message));
			child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
		});
		child.unref();
		return { pid: child.pid ?? 0, exited, end: () => void child.kill('SIGTERM') };
	} finally {
		await log.close();
	}
}

async function lives(identity: {
	readonly bootId: string;
	readonly pid: number;
	readonly startTicks: number;
}): Promise<boolean> {
	const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
	if (bootId.trim() !== identity.bootId) return false;
	const stat = readProcessStat(await readFile(`/proc/${identity.pid}/stat`, 'utf8').catch(() => ''));
	// A zombie has ended; only its parent has not looked yet.
	return stat !== null && stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X';
}
