/**
 * What the checks of `doctor` may ask of the machine: small questions, each answered with data. Checks decide from the
 * answers; nothing here judges.
 */
import { mkdir, readFile, realpath, rmdir, stat, statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Captured } from './capture-program.ts';
import { captureProgram } from './capture-program.ts';
import type { Session } from './session.ts';

export interface DoctorWorld {
	readonly platform: string;
	readonly nodeVersion: string;
	readonly uid: number;
	/** What was found at a path; null where nothing is. */
	stat(path: string): Promise<{ readonly mode: number; readonly uid: number; readonly isFolder: boolean } | null>;
	/** A text file; null where it cannot be read. Paths below /proc and /sys are the kernel's. */
	read(path: string): Promise<string | null>;
	/** Free bytes for this user where a path lies or would lie. */
	freeBytes(path: string): Promise<number>;
	/** The path without symbolic links, of its nearest existing folder. */
	real(path: string): Promise<string>;
	find(program: string): Promise<string | null>;
	/** `env`: variables besides the person's own; undefined takes one away. */
	run(
		argv: readonly [string, ...string[]],
		more?: { readonly env?: Readonly<Record<string, string | undefined>>; readonly timeoutMs?: number },
	): Promise<Captured>;
	/** Whether this process could listen on a port of 127.0.0.1 now. Port 0 gives a free one. */
	listen(port: number): Promise<number | null>;
	/** Whether something takes connections there, as seen from this machine. */
	reaches(host: string, port: number): Promise<boolean>;
	/** Whether this process could make and remove a folder there. */
	canMakeFolder(path: string): Promise<boolean>;
}

/** A host that answers at all does so within this time, over any link that one works over. */
const reachesWithinMs = 3_000;

/** The real machine, as the process and its session see it. */
export function systemWorld(session: Session): DoctorWorld {
	const { context } = session;
	return {
		platform: process.platform,
		nodeVersion: process.versions.node,
		uid: process.getuid?.() ?? 0,
		async stat(path) {
			const found = await stat(path).catch(() => null);
			return found && { mode: found.mode & 0o7777, uid: found.uid, isFolder: found.isDirectory() };
		},
		read: (path) => readFile(path, 'utf8').catch(() => null),
		async freeBytes(path) {
			const { bavail, bsize } = await statfs(await nearestFolder(path));
			return bavail * bsize;
		},
		async real(path) {
			return realpath(await nearestFolder(path));
		},
		find: (program) => context.programs.find(program),
		run: (argv, { env = {}, timeoutMs = 15_000 } = {}) =>
			captureProgram(argv, { env: { ...context.env, ...env }, cwd: '/', signal: context.interrupted, timeoutMs }),
		listen,
		reaches,
		async canMakeFolder(path) {
			const trial = `${path}/gangline-doctor-${process.pid}`;
			const made = await mkdir(trial).then(
				() => true,
				() => false,
			);
			if (made) await rmdir(trial);
			return made;
		},
	};
}

async function nearestFolder(path: string): Promise<string> {
	if (path === '/' || (await stat(path).catch(() => null)) !== null) return path;
	return nearestFolder(dirname(path));
}

function listen(port: number): Promise<number | null> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(null));
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			const bound = typeof address === 'object' && address !== null ? address.port : null;
			server.close(() => resolve(bound));
		});
	});
}

function reaches(host: string, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout: reachesWithinMs });
		const end = (answer: boolean): void => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('connect', () => end(true));
		socket.once('timeout', () => end(false));
		socket.once('error', () => end(false));
	});
}
