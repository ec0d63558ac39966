/**
 * One home per canonical repository, held by the kernel. The flock belongs to the open file, every git child inherits
 * that file, so the lock ends with the last of them: a killed home whose git child still renames main.lock keeps the
 * next home out until that child is gone (a lock by pid did not, measured). Only the holder may clear git's own
 * *.lock files, because only then is none of them alive.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ganglineError } from '../ports/errors.ts';
import { type Environment, exitOf } from './git-process.ts';

export interface RepositoryLock {
	/** Inherited by every child; see GitProcessOptions. */
	readonly descriptor: number;
	/** Leftovers of a killed holder that were removed. */
	readonly cleared: readonly string[];
	/** Closes our copy; children that still run keep theirs. Idempotent. */
	release(): Promise<void>;
}

/** Not *.lock: git's leftovers are found by that ending. */
const lockName = 'gangline-holder';

/** Takes the lock or throws REPOSITORY_LOCKED naming the holder. `waitMs`: how long to wait for it. */
export async function lockRepository(gitDir: string, environment: Environment, waitMs = 0): Promise<RepositoryLock> {
	const file = await open(join(gitDir, lockName), 'a+', 0o600);
	try {
		await flock(file.fd, environment, waitMs, () => held(gitDir, file));
		await file.truncate(0);
		await file.write(`${process.pid}\n`);
		const cleared = await clearLeftovers(gitDir);
		let closing: Promise<void> | undefined;
		return {
			descriptor: file.fd,
			cleared,
			release: () => {
				closing ??= file.close();
				return closing;
			},
		};
	} catch (error) {
		await file.close();
		throw error;
	}
}

async function flock(descriptor: number, environment: Environment, waitMs: number, onHeld: () => Promise<Error>) {
	const patience = waitMs > 0 ? ['-w', (waitMs / 1000).toFixed(3)] : ['-n'];
	const child = spawn('flock', [...patience, '3'], {
		env: { PATH: environment.PATH ?? '/usr/local/bin:/usr/bin:/bin' },
		stdio: ['ignore', 'ignore', 'ignore', descriptor],
	});
	const exit = await exitOf(child);
	if (exit.code === 0) return;
	if (exit.code === 1) throw await onHeld();
	throw ganglineError('UNSUITABLE_MACHINE', `the program \`flock\` could not lock the repository (${why(exit)})`, {
		hint: 'install util-linux (`apt-get install util-linux`) and keep the repository on a local disk',
		cause: exit.notStarted,
	});
}

function why(exit: { code: number | null; notStarted?: Error }): string {
	return exit.notStarted?.message ?? `exit ${exit.code}`;
}

async function held(gitDir: string, file: FileHandle): Promise<Error> {
	const pid = Number((await file.readFile({ encoding: 'utf8' })).trim()) || null;
	const alive = pid !== null && existsSync(`/proc/${pid}`);
	const holder = alive
		? `process ${pid} holds it`
		: `git processes that process ${pid ?? '(unknown)'} left behind still hold it`;
	return ganglineError('REPOSITORY_LOCKED', `the repository ${gitDir} is in use: ${holder}`, {
		hint: alive ? 'stop the other node first: `gangline stop`' : 'wait a moment: they end by themselves',
		data: { gitDir, pid, alive },
	});
}

/** Git's lock files, half-written objects and unfinished arrivals; called only by the holder of the lock. */
async function clearLeftovers(gitDir: string): Promise<string[]> {
	const leftovers = [
		...(await find(gitDir, 1, (name) => name.endsWith('.lock'))),
		...(await find(join(gitDir, 'refs'), 16, (name) => name.endsWith('.lock'))),
		...(await find(join(gitDir, 'objects'), 2, (name) => /\.lock$|^tmp_|^incoming-/.test(name))),
		...(await find(join(gitDir, 'refs', 'gangline'), 1, (name) => name === 'incoming')),
	];
	for (const path of leftovers) await rm(path, { recursive: true, force: true });
	return leftovers;
}

async function find(folder: string, depth: number, wanted: (name: string) => boolean): Promise<string[]> {
	const found: string[] = [];
	for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
		const path = join(folder, entry.name);
		if (wanted(entry.name)) found.push(path);
		else if (entry.isDirectory() && depth > 1) found.push(...(await find(path, depth - 1, wanted)));
	}
	return found;
}
