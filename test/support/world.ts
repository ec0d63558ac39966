/**
 * A stranger's machine in a temporary folder: an empty home, a state folder, repositories, and the `gangline` command
 * run as a process. Everything it starts is stopped and everything it made is removed when the test ends.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Board } from '../../shared/operations/index.ts';
import { addOver, boardOf } from './board.ts';
import { gaveUp } from './gave-up.ts';

export const launcher = fileURLToPath(new URL('../../gateway/cli/gangline.js', import.meta.url));

export interface CommandResult {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface World {
	readonly folder: string;
	readonly home: string;
	readonly state: string;
	readonly env: Readonly<Record<string, string>>;
	/** Makes a repository with one commit of `files` on `branch`. A file whose text begins with `#!` is executable. */
	repository(name: string, files: Readonly<Record<string, string>>, branch?: string): string;
	git(folder: string, ...args: string[]): string;
	/** Runs `gangline ARGS` in `folder` and waits for its end. */
	gangline(folder: string, ...args: string[]): Promise<CommandResult>;
	/** The same, failing the test unless it exits 0; answers stdout. */
	ok(folder: string, ...args: string[]): Promise<string>;
	/** The result of a command with `--json`. */
	json<T>(folder: string, ...args: string[]): Promise<T>;
	/** Runs `--json` again until `done` is true of it; fails with the last answer after `seconds`. */
	until<T>(folder: string, args: readonly string[], done: (answer: T) => boolean, seconds?: number): Promise<T>;
	/** The same of the board, which is asked without the command: a start of it takes longer than most waiting. */
	untilBoard(folder: string, done: (board: Board) => boolean, seconds?: number): Promise<Board>;
	/** Adds an item that `script` does, asked as `untilBoard` asks. */
	add(folder: string, title: string, script: string): Promise<void>;
	/** The checkout follows what has landed a moment after the item is done: waits until it has. */
	untilForwarded(folder: string): Promise<void>;
	/** The running node's pid, from its address file. */
	pid(): number | null;
	[Symbol.asyncDispose](): Promise<void>;
}

/**
 * `command`: the installed `gangline` to use instead of this clone's. `within`: a program that starts every command in
 * other surroundings, such as a network namespace. `place`: where its folder is made.
 */
export function makeWorld(
	extraEnv: Readonly<Record<string, string>> = {},
	command: string = launcher,
	within: readonly string[] = [],
	place: string = tmpdir(),
): World {
	const folder = mkdtempSync(join(place, 'gangline test '));
	const home = join(folder, 'home');
	const state = extraEnv.GANGLINE_HOME ?? join(folder, 'state');
	mkdirSync(home);
	writeFileSync(
		join(home, '.gitconfig'),
		'[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n',
	);
	const env: Record<string, string> = {
		PATH: process.env.PATH ?? '/usr/bin:/bin',
		HOME: home,
		LANG: 'C.UTF-8',
		TERM: 'dumb',
		GANGLINE_HOME: state,
		GANGLINE_PORT: '0',
		GANGLINE_GATEWAY_PORT: '0',
		GANGLINE_MESH_PORT: '0',
		GANGLINE_BUILDS_PORT: '0',
		...compiledCode(),
		...extraEnv,
	};
	const children = new Set<ChildProcess>();

	const git = (at: string, ...args: string[]): string =>
		execFileSync('git', ['-C', at, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

	const gangline = (at: string, ...args: string[]): Promise<CommandResult> =>
		new Promise((resolve, reject) => {
			const [program = '', ...rest] = [...within, process.execPath, command, ...args];
			const child = spawn(program, rest, { cwd: at, env, stdio: ['ignore', 'pipe', 'pipe'] });
			children.add(child);
			let stdout = '';
			let stderr = '';
			child.stdout.setEncoding('utf8').on('data', (text: string) => {
				stdout += text;
			});
			child.stderr.setEncoding('utf8').on('data', (text: string) => {
				stderr += text;
			});
			child.on('error', reject);
			child.on('close', (code) => {
				children.delete(child);
				resolve({ code, stdout, stderr });
			});
		});

	const ok = async (at: string, ...args: string[]): Promise<string> => {
		const { code, stdout, stderr } = await gangline(at, ...args);
		if (code !== 0)
			throw new Error(`gangline ${args.join(' ')} exited ${code}\n${stdout}\n${stderr}\n${nodeLog(state)}`);
		return stdout;
	};

	const json = async <T>(at: string, ...args: string[]): Promise<T> => JSON.parse(await ok(at, ...args, '--json')) as T;

	const pidIn = (note: string): number | null => {
		try {
			return (JSON.parse(readFileSync(note, 'utf8')) as { pid: number }).pid;
		} catch {
			return null;
		}
	};
	const pid = (): number | null => pidIn(join(state, 'api.json'));

	const until = async <T>(ask: () => Promise<T>, done: (answer: T) => boolean, seconds = 60): Promise<T> => {
		const end = Date.now() + seconds * 1000;
		for (;;) {
			const answer = await ask();
			if (done(answer)) return answer;
			if (Date.now() > end) throw gaveUp(seconds, answer, nodeLog(state));
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	};

	return {
		folder,
		home,
		state,
		env,
		git,
		gangline,
		ok,
		json,
		pid,
		repository(name, files, branch = 'main') {
			const path = join(folder, name);
			mkdirSync(path, { recursive: true });
			git(path, 'init', '-q', '-b', branch);
			writeFiles(path, files);
			git(path, 'add', '-A');
			git(path, 'commit', '-q', '-m', 'first');
			return path;
		},
		until: (at, args, done, seconds) => until(() => json<never>(at, ...args), done, seconds),
		add: (at, title, script) => addOver(state, at, title, script),
		untilBoard: (at, done, seconds) => until(() => boardOf(state, at), done, seconds),
		async untilForwarded(at) {
			const landed = () => git(at, 'ls-remote', 'gangline', 'refs/heads/main').split('\t')[0];
			await until(
				async () => [git(at, 'rev-parse', 'HEAD'), landed()],
				([here, there]) => here === there,
			);
		},
		async [Symbol.asyncDispose]() {
			for (const child of children) child.kill('SIGKILL');
			const running = [pid(), pidIn(join(state, 'gateway', 'api.json'))].filter((one) => one !== null);
			if (running.length > 0) await gangline(folder, 'stop').catch(() => {});
			for (const one of running) killQuietly(one);
			rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
		},
	};
}

/** The folder that this run of tests shares (test/support/compiled-code.ts). */
function compiledCode(): Readonly<Record<string, string>> {
	const { NODE_COMPILE_CACHE } = process.env;
	return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}

/** Writes files below `folder`; text that begins with `#!` becomes executable. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
	for (const [path, text] of Object.entries(files)) {
		const full = join(folder, path);
		mkdirSync(dirname(full), { recursive: true });
		writeFileSync(full, text);
		if (text.startsWith('#!')) chmodSync(full, 0o755);
	}
}

function nodeLog(state: string): string {
	try {
		return readFileSync(join(state, 'node.log'), 'utf8').slice(-4000);
	} catch {
		return '';
	}
}

function killQuietly(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It is gone: what was wanted.
	}
}
