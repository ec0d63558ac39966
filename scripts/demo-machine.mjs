/**
 * What both demos need: a temporary folder, machines in it (a home folder, an environment, the `gangline` command, git),
 * and their end: every node is stopped and everything is removed, also when an impatient person presses Ctrl-C.
 * Commands run asynchronously, so that a signal is heard at once. It knows nothing of the product but its command.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const launcher = join(here, '..', 'gateway', 'cli', 'gangline.js');
const colour = process.stdout.isTTY && !process.env.NO_COLOR;

export const bold = (text) => (colour ? `\u001b[1m${text}\u001b[0m` : text);
export const dim = (text) => (colour ? `\u001b[2m${text}\u001b[0m` : text);
export const indent = (text) => text.replace(/^(?=.)/gm, '  ');
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function say(text) {
	console.log(`\n${bold(`— ${text}`)}`);
}

/** Where a demo plays: it names itself in errors, and ends once, whatever ends it. */
export function openStage(name) {
	const folder = mkdtempSync(join(tmpdir(), `gangline-${name.replaceAll(/[^a-z]+/g, '-')}-`));
	const machines = [];
	const running = new Set();
	let ending = null;

	/** Runs a program to its end; answers code, stdout, stderr. */
	const run = (program, args, { cwd, env, stdin = '' }) =>
		new Promise((resolve, reject) => {
			const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
			running.add(child);
			const output = { stdout: '', stderr: '' };
			for (const stream of ['stdout', 'stderr']) {
				child[stream].setEncoding('utf8').on('data', (text) => {
					output[stream] += text;
				});
			}
			child.on('error', reject);
			child.on('close', (code) => {
				running.delete(child);
				resolve({ code, ...output });
			});
			child.stdin.on('error', () => {}).end(stdin);
		});

	const cleanUp = async () => {
		for (const child of running) child.kill('SIGKILL');
		await Promise.all(machines.map((machine) => machine.run('stop').catch(() => {})));
		for (const pid of leftBy(folder)) process.kill(pid, 'SIGKILL');
		if (process.env.GANGLINE_DEMO_KEEP) console.log(`kept: ${folder}`);
		else rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	};
	const end = () => {
		ending ??= cleanUp();
		return ending;
	};
	/** Ends the process with `message`; whoever awaits it goes no further. */
	const fail = async (message) => {
		if (ending === null) {
			console.error(`\n${name}: ${message}`);
			for (const machine of machines) console.error(machine.logTail());
		}
		await end();
		process.exit(1);
	};
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => fail(`ended by ${signal}`));

	return {
		folder,
		run,
		end,
		fail,
		/** A machine whose commands run in `cwd` with `env`; `label` stands before its prompt, `command` is its gangline. */
		machine(options) {
			const machine = makeMachine({ ...options, run, fail });
			machines.push(machine);
			return machine;
		},
	};
}

function makeMachine({ label = '', cwd, env, state, command = [process.execPath, launcher], run, fail }) {
	const [program, ...before] = command;
	const runHere = (...args) => run(program, [...before, ...args], { cwd, env });
	const json = async (...args) => {
		const { code, stdout, stderr } = await runHere(...args, '--json');
		if (code !== 0) await fail(`gangline ${args.join(' ')} exited ${code}\n${stderr}`);
		return JSON.parse(stdout);
	};
	return {
		cwd,
		env,
		label,
		run: runHere,
		json,
		git: (...args) =>
			execFileSync('git', ['-C', cwd, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd(),
		/** Runs `gangline` and shows what a person would see. */
		async gangline(...args) {
			showCommand(label, args);
			const { code, stdout, stderr } = await runHere(...args);
			process.stdout.write(indent(stdout));
			if (code !== 0) await fail(`gangline ${args[0]} exited ${code}\n${stderr}`);
			return stdout;
		},
		/** The same, showing the command alone, and that with `shown` instead of its arguments. */
		async quietly(args, shown = args) {
			showCommand(label, shown);
			const { code, stdout, stderr } = await runHere(...args);
			if (code !== 0) await fail(`gangline ${args[0]} exited ${code}\n${stdout}\n${stderr}`);
			return stdout;
		},
		pid: () => JSON.parse(readFileSync(join(state, 'api.json'), 'utf8')).pid,
		logTail() {
			try {
				return `${label} ${readFileSync(join(state, 'node.log'), 'utf8').slice(-3000)}`;
			} catch {
				return ''; // No log was written: the message has to do.
			}
		},
		/** Asks until `done` is true of the board, showing each item's moves as they happen. */
		async watch(done, { args = [], seconds = 90 } = {}) {
			const end = Date.now() + seconds * 1000;
			const seen = new Map();
			for (;;) {
				const board = await json('status', ...args);
				showMoves(board, seen);
				if (await done(board)) return board;
				if (Date.now() > end) await fail(`still waiting after ${seconds} s:\n${JSON.stringify(board.items, null, 1)}`);
				await pause(150);
			}
		},
	};
}

function showMoves({ items }, seen) {
	for (const { key, name, title, stage, lastFailure } of items) {
		const now = lastFailure && stage !== 'done' ? `${stage} (${lastFailure.reason})` : stage;
		if (seen.get(key) === now) continue;
		seen.set(key, now);
		console.log(`  ${name} ${title} ${dim('→')} ${now}`);
	}
}

function showCommand(label, args) {
	console.log(
		dim(`${label}$ gangline ${args.map((arg) => (/[\s"]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`),
	);
}

/** Makes a repository of path → text with one commit; text that begins with `#!` is executable. */
export function makeRepository(folder, files, { env, message }) {
	mkdirSync(folder, { recursive: true });
	const git = (...args) =>
		execFileSync('git', ['-C', folder, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
	git('init', '-q', '-b', 'main');
	for (const [path, text] of Object.entries(files)) {
		const full = join(folder, path);
		mkdirSync(dirname(full), { recursive: true });
		writeFileSync(full, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
	}
	return {
		commit() {
			git('add', '-A');
			git('commit', '-q', '-m', message);
		},
	};
}

/** Processes that were started for a stage and outlived their stop: their environment names its folder. */
function leftBy(folder) {
	return readdirSync('/proc')
		.map(Number)
		.filter((pid) => pid > 0 && pid !== process.pid && environmentOf(pid).includes(`=${folder}/`));
}

function environmentOf(pid) {
	try {
		return readFileSync(`/proc/${pid}/environ`, 'utf8');
	} catch {
		return ''; // It has ended, or is another user's.
	}
}
