/**
 * A stranger's repository in a temporary folder and the command run in it in-process, with what it printed. The node
 * that `init` starts is a script of the test's own which speaks the agreed lines.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import type { CliContext, Sink } from '../../../gateway/cli/context.ts';
import { registerInit } from '../../../gateway/cli/init.ts';
import type { Questions } from '../../../gateway/cli/init-questions.ts';
import { GanglineError } from '../../../shared/ports/index.ts';
import { SystemClock, SystemRandom } from '../../../shared/ports/system/index.ts';
import type { TreeVerdict } from '../../../shared/protocol/work.ts';
import { noStreams } from '../../support/no-streams.ts';

export interface Ran {
	readonly stdout: string;
	readonly stderr: string;
	readonly error: GanglineError | null;
}

export interface Shell extends Disposable {
	/** The repository. */
	readonly top: string;
	readonly env: Readonly<Record<string, string>>;
	git(...args: string[]): string;
	write(path: string, text: string): void;
	/** Runs `gangline init ARGS`. `questions`: somebody sits at a terminal and answers like this. */
	init(args: readonly string[], options?: InitOptions): Promise<Ran>;
}

export interface InitOptions {
	readonly cwd?: string;
	readonly platform?: string;
	readonly questions?: Questions & { readonly confirm: boolean };
	/** What the node says; default: green. */
	readonly node?: readonly object[];
}

export const green: TreeVerdict = {
	tree: 'a'.repeat(40),
	gateSet: 'b'.repeat(64),
	passed: true,
	gates: [
		{
			gate: 'test',
			kind: 'test',
			outcome: 'passed',
			why: '',
			tail: '',
			seconds: 14,
			tests: { passed: 212, failed: 0, skipped: 0 },
			runs: 1,
		},
	],
};

/** A repository on `main` with one commit of `files`, in a folder with a space and an umlaut. */
export function openShell(files: Readonly<Record<string, string>>, branch = 'main'): Shell {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-init-'));
	const top = join(folder, 'Mein Projekt ä');
	mkdirSync(top);
	mkdirSync(join(folder, 'home'));
	writeFileSync(join(folder, 'home', '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.org\n');
	const env = {
		PATH: process.env.PATH ?? '',
		HOME: join(folder, 'home'),
		GANGLINE_HOME: join(folder, 'state'),
		LANG: 'C.UTF-8',
	};
	const git = (...args: string[]): string =>
		execFileSync('git', args, { cwd: top, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
	const write = (path: string, text: string): void => {
		mkdirSync(dirname(join(top, path)), { recursive: true });
		writeFileSync(join(top, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
	};
	git('init', '-q', '-b', branch);
	for (const [path, text] of Object.entries(files)) write(path, text);
	if (Object.keys(files).length > 0) {
		git('add', '-A');
		git('commit', '-q', '-m', 'First commit');
	}
	return {
		top,
		env,
		git,
		write,
		init: (args, options = {}) => runInit({ folder, top, env, args, options }),
		[Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
	};
}

async function runInit(input: {
	folder: string;
	top: string;
	env: Readonly<Record<string, string>>;
	args: readonly string[];
	options: InitOptions;
}): Promise<Ran> {
	const { options } = input;
	const script = join(input.folder, 'node.mjs');
	const lines = options.node ?? [
		{ type: 'progress', step: 'gate test' },
		{ type: 'verdict', verdict: green },
	];
	writeFileSync(script, lines.map((line) => `console.log(${JSON.stringify(JSON.stringify(line))});`).join('\n'));
	const stdout = remembering();
	const stderr = remembering(options.questions !== undefined);
	const context: CliContext = {
		env: { ...input.env, TERM: 'dumb' },
		cwd: options.cwd ?? input.top,
		stdin: { isTTY: options.questions !== undefined, readAll: async () => '' },
		stdout,
		stderr,
		clock: new SystemClock(),
		terminal: { confirm: async () => options.questions?.confirm ?? false },
		programs: unused,
		nodeCommand: [process.execPath, script],
		streams: noStreams,
		gatewayCommand: [process.execPath, script],
		interrupted: new AbortController().signal,
	};
	const program = new Command('gangline').exitOverride().option('--json').option('--no-input').option('-y, --yes');
	program.configureOutput({ writeErr: () => undefined });
	registerInit(program, context, {
		platform: options.platform ?? 'linux',
		random: new SystemRandom(),
		questions: options.questions ?? nobody,
	});
	try {
		await program.parseAsync(['init', ...input.args], { from: 'user' });
		return { stdout: stdout.text(), stderr: stderr.text(), error: null };
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		return { stdout: stdout.text(), stderr: stderr.text(), error };
	}
}

const refuse = (): never => {
	throw new Error('nobody is there to be asked');
};
const nobody: Questions = { choose: refuse, pick: refuse, write: refuse };
const unused: CliContext['programs'] = { find: refuse, run: refuse, startDetached: refuse, lives: refuse };

function remembering(isTTY = false): Sink & { text(): string } {
	let written = '';
	return {
		isTTY,
		columns: undefined,
		write: (text) => {
			written += text;
		},
		text: () => written,
	};
}
