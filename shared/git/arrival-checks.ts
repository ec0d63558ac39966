/**
 * A look at what `index-pack` accepted, before it is let in: how large it is unpacked, whether everything that the
 * commit contains is there, and how many files its tree unfolds to. A tree may name the same subtree twice at each of
 * ten levels: small to send, without end to check out; so counting stops at the bound.
 */
import type { ChildProcess } from 'node:child_process';
import { ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import type { ImportLimits } from './bundle-limits.ts';
import {
	collect,
	type Environment,
	type Exit,
	exitOf,
	type GitProcess,
	gitFailed,
	signalGroup,
} from './git-process.ts';
import { mustBeWhole, type Quarantine } from './quarantine.ts';
import type { SourceRepository } from './source-repository.ts';

interface Arrival {
	readonly into: SourceRepository;
	readonly commit: CommitId;
	/** What the bundle says to build on; must be here, whole. */
	readonly prerequisites: readonly CommitId[];
	readonly limits: ImportLimits;
}

/** Longer than any path that a checkout could make. */
const pathBytesMax = 4_096;

/** Throws TOO_LARGE, MALFORMED (the commit is not in it) or REFUSED (something is missing). */
export async function checkArrival(arrival: Arrival, quarantine: Quarantine): Promise<void> {
	const { into, commit, prerequisites: have } = arrival;
	await checkSizes(arrival, quarantine.alone);
	await mustBeCommit(arrival, quarantine.environment);
	await mustBeWhole({ git: into.git, gitDir: into.path, commits: [commit], have }, quarantine.environment);
	await checkTree(arrival, quarantine.environment);
}

async function mustBeCommit({ into, commit }: Arrival, env: Environment): Promise<void> {
	const args = [`--git-dir=${into.path}`, 'cat-file', '-t', commit];
	const { code, stdout } = await into.git.run({ args, env, codes: [0, 128] });
	if (code === 0 && stdout.toString().trim() === 'commit') return;
	throw ganglineError('MALFORMED', `the bundle does not hold the commit ${commit} that it names`);
}

async function checkSizes({ into, limits }: Arrival, env: Environment): Promise<void> {
	const format = '--batch-check=%(objectsize)';
	const args = [`--git-dir=${into.path}`, 'cat-file', '--batch-all-objects', '--unordered', format];
	let total = 0;
	const sizes = new Scanner(into.git, { args, env }, 10, (line) => {
		const size = Number(line);
		total += size;
		if (size > limits.objectBytesMax) return `an object of ${size} bytes, at most ${limits.objectBytesMax} are taken`;
		if (total > limits.unpackedBytesMax) return `more than ${limits.unpackedBytesMax} bytes when it is unpacked`;
		return null;
	});
	await sizes.run();
}

async function checkTree({ into, commit, limits }: Arrival, env: Environment): Promise<void> {
	const args = [`--git-dir=${into.path}`, 'ls-tree', '-r', '-t', '-z', '--full-tree', '--name-only', commit];
	let entries = 0;
	const names = new Scanner(into.git, { args, env }, 0, (path) => {
		if (++entries > limits.treeEntriesMax) return `a tree of more than ${limits.treeEntriesMax} files and folders`;
		return path.length > pathBytesMax ? `a path of ${path.length} bytes, at most ${pathBytesMax} are taken` : null;
	});
	await names.run();
}

/** Reads what git says piece by piece and ends it at the first problem. */
class Scanner {
	readonly #git: GitProcess;
	readonly #call: { readonly args: readonly string[]; readonly env: Environment };
	readonly #separator: number;
	readonly #problemOf: (entry: string) => string | null;
	#rest: Buffer = Buffer.alloc(0);
	#problem: string | null = null;

	constructor(
		git: GitProcess,
		call: { args: readonly string[]; env: Environment },
		separator: number,
		problemOf: (entry: string) => string | null,
	) {
		this.#git = git;
		this.#call = call;
		this.#separator = separator;
		this.#problemOf = problemOf;
	}

	/** Throws TOO_LARGE for a problem, GIT_FAILED when git failed. */
	async run(): Promise<void> {
		const child = this.#git.start(this.#call);
		const said = collect(child, { ...this.#call, onStdout: (piece) => this.#take(child, piece) });
		const exited = exitOf(child);
		child.stdin?.end();
		const exit: Exit = await exited;
		if (this.#problem !== null) throw ganglineError('TOO_LARGE', `the bundle holds ${this.#problem}`);
		if (exit.code !== 0) throw gitFailed(this.#call.args, exit, said.stderr);
	}

	#take(child: ChildProcess, piece: Buffer): void {
		if (this.#problem !== null) return;
		const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
		let from = 0;
		for (let end = bytes.indexOf(this.#separator); end >= 0; end = bytes.indexOf(this.#separator, from)) {
			this.#problem = this.#problemOf(bytes.toString('latin1', from, end));
			from = end + 1;
			if (this.#problem !== null) break;
		}
		this.#rest = Buffer.from(bytes.subarray(from));
		if (this.#rest.length > 64 * 1024) this.#problem ??= 'a name of more than 64 KiB';
		if (this.#problem !== null) signalGroup(child, 'SIGKILL');
	}
}
