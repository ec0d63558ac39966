/**
 * A machine of somebody else, as far as it can be had without another one: an empty home, and a PATH on which there are
 * the programs that every Linux has, and git, but no Node.js and nothing of ours. Lines are pasted into its shell.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandResult } from './world.ts';

export interface Stranger extends AsyncDisposable {
	readonly home: string;
	readonly env: Readonly<Record<string, string>>;
	/** Types a line into `sh`, as a terminal or a pipe does: it is in no argument. */
	paste(line: string): Promise<CommandResult>;
	/** Runs the command that joining has left in ~/.local/bin. */
	gangline(...args: string[]): Promise<CommandResult>;
}

const common = [
	...[
		'sh',
		'bash',
		'env',
		'cat',
		'cp',
		'mv',
		'rm',
		'ls',
		'ln',
		'mkdir',
		'chmod',
		'dirname',
		'basename',
		'readlink',
		'uname',
	],
	...[
		'head',
		'tail',
		'sed',
		'grep',
		'sort',
		'tr',
		'cut',
		'wc',
		'sleep',
		'test',
		'true',
		'false',
		'echo',
		'printf',
		'id',
	],
	...['tar', 'gzip', 'curl', 'sha256sum', 'git', 'flock', 'unshare', 'setpriv', 'mount', 'umount', 'ps', 'kill'],
];

export function makeStranger(env: Readonly<Record<string, string>> = {}): Stranger {
	const folder = mkdtempSync(join(tmpdir(), 'gangline stranger '));
	const [home, tools] = [join(folder, 'home'), join(folder, 'tools')];
	mkdirSync(home);
	mkdirSync(tools);
	for (const name of common) {
		const path = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((place) => join(place, name)).find(isProgram);
		if (path !== undefined) symlinkSync(path, join(tools, name));
	}
	const own = { HOME: home, PATH: tools, GANGLINE_PORT: '0', ...env };
	const run = (program: string, args: readonly string[], stdin: string): Promise<CommandResult> =>
		new Promise((resolve, reject) => {
			const child = spawn(program, args, { cwd: home, env: own });
			let [stdout, stderr] = ['', ''];
			child.stdout.setEncoding('utf8').on('data', (text: string) => {
				stdout += text;
			});
			child.stderr.setEncoding('utf8').on('data', (text: string) => {
				stderr += text;
			});
			child.on('error', reject);
			child.on('close', (code) => resolve({ code, stdout, stderr }));
			child.stdin.end(stdin);
		});
	const gangline = (...args: string[]): Promise<CommandResult> => run(join(home, '.local/bin/gangline'), args, '');
	return {
		home,
		env: own,
		paste: (line) => run(join(tools, 'sh'), [], `${line}\n`),
		gangline,
		async [Symbol.asyncDispose]() {
			await gangline('stop').catch(() => {});
			rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
		},
	};
}

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
