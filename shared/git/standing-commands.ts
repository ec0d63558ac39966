/**
 * The git commands of a landing, kept open or started beforehand: a process costs two to five milliseconds of a landing
 * that is meant to take ten. Each is git's own, with the repository's settings and lock; only the waiting is ours. They
 * end by themselves when nothing lands for a while, and with their stdin when this process dies.
 */
import type { ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from '../ports/git.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import { parseChanges } from './changes.ts';
import { GitConversation, type Read } from './git-conversation.ts';
import { collect, exitOf, type GitProcess, gitFailed, killAfter } from './git-process.ts';

/** What is not asked for so long is ended; the next landing starts it again. */
const idleMs = 60_000;
const mergeMsMax = 120_000;

interface Spare {
	readonly child: ChildProcess;
	readonly collected: ReturnType<typeof collect>;
	readonly idle: ReturnType<typeof killAfter>;
	readonly ended: ReturnType<typeof exitOf>;
}

export class StandingCommands {
	readonly #git: GitProcess;
	readonly #gitDir: string;
	readonly #refs: GitConversation;
	readonly #commits: GitConversation;
	readonly #changes: GitConversation;
	/** A merge-tree that has been started and waits to be told what to merge. */
	#spare: Spare | undefined;
	#files = 0;
	#isClosed = false;

	constructor(git: GitProcess, gitDir: string) {
		this.#git = git;
		this.#gitDir = gitDir;
		const open = (...args: string[]): GitConversation =>
			new GitConversation({ git, args: [`--git-dir=${gitDir}`, ...args], cwd: gitDir, idleMs });
		this.#refs = open('update-ref', '--stdin');
		this.#commits = open('hash-object', '-t', 'commit', '-w', '--no-filters', '--stdin-paths');
		this.#changes = open('diff-tree', '--stdin', '-r', '-z', '--no-renames', '--name-status');
	}

	/** Moves one ref, if it is at `from`. Throws GIT_FAILED; `data.code` is null where the outcome is unknown. */
	moveRef(ref: string, to: CommitId, from: string): Promise<void> {
		return this.#refs.ask(`start\nupdate ${ref} ${to} ${from}\ncommit\n`, readMoved);
	}

	/** Writes the bytes of a commit. */
	async writeCommit(bytes: Uint8Array): Promise<CommitId> {
		this.#files += 1;
		const name = `gangline-commit-${this.#files}`;
		const path = join(this.#gitDir, name);
		await writeFile(path, bytes);
		try {
			return parseCommitId(await this.#commits.ask(`${name}\n`, readLine));
		} finally {
			await rm(path, { force: true });
		}
	}

	/** What differs between two trees. */
	async changes(from: string, to: string): Promise<readonly Change[]> {
		return parseChanges(await this.#changes.ask(`${from} ${to}\n${end}`, readChanges));
	}

	/**
	 * Whether `ours` and `theirs` merge cleanly, and into which tree, or which paths conflict. Git 2.39 answers a merge
	 * only when its input ends, so what is kept is the next process, not this one.
	 */
	async merge(ours: CommitId, theirs: CommitId): Promise<{ isClean: boolean; tree: string; paths: readonly string[] }> {
		const spare = this.#takeSpare();
		const output = await this.#mergeIn(spare ?? this.#startMerge(), { ours, theirs, isSecond: spare === undefined });
		// One that waited may have been killed meanwhile, by whatever kills processes on this machine.
		const answer = output ?? (await this.#mergeIn(this.#startMerge(), { ours, theirs, isSecond: true })) ?? '';
		const [status, tree = '', ...paths] = answer.split('\0');
		return { isClean: status === '1', tree, paths: paths.filter(Boolean) };
	}

	/** What it said; null where it was killed before it could, which is an error the second time. */
	async #mergeIn(
		{ child, ended, collected }: Spare,
		{ ours, theirs, isSecond }: { readonly ours: CommitId; readonly theirs: CommitId; readonly isSecond: boolean },
	): Promise<string | null> {
		const deadline = killAfter(child, mergeMsMax);
		try {
			child.stdin?.end(`${ours} ${theirs}\n`);
			const exit = await ended;
			if (exit.code === 0) return Buffer.concat(collected.stdout).toString();
			if (exit.code === null && !isSecond) return null;
			throw gitFailed(mergeArgs, exit, collected.stderr, deadline.fired());
		} finally {
			deadline.cancel();
			if (!this.#isClosed) this.#spare ??= this.#startMerge();
		}
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		const spare = this.#spare;
		this.#spare = undefined;
		spare?.child.stdin?.end();
		await Promise.all([this.#refs.close(), this.#commits.close(), this.#changes.close(), spare?.ended]);
		spare?.idle.cancel();
	}

	#takeSpare(): Spare | undefined {
		const spare = this.#spare;
		this.#spare = undefined;
		const isThere = spare && !spare.idle.fired() && spare.child.exitCode === null && spare.child.signalCode === null;
		if (!isThere) return undefined;
		spare.idle.cancel();
		return spare;
	}

	#startMerge(): Spare {
		const child = this.#git.start({ args: [`--git-dir=${this.#gitDir}`, ...mergeArgs] });
		const idle = killAfter(child, idleMs);
		const ended = exitOf(child).finally(() => idle.cancel());
		return { child, collected: collect(child, { args: mergeArgs }), idle, ended };
	}
}

const mergeArgs = ['merge-tree', '--write-tree', '--stdin', '-z', '--name-only', '--no-messages'];

const moved = Buffer.from('start: ok\ncommit: ok\n');

function readMoved(buffer: Buffer): Read<void> {
	if (buffer.length < moved.length) return moved.length;
	return buffer.subarray(0, moved.length).equals(moved) ? { used: moved.length, answer: undefined } : 'broken';
}

function readLine(buffer: Buffer): Read<string> {
	const length = buffer.indexOf(10);
	return length < 0 ? buffer.length + 1 : { used: length + 1, answer: buffer.toString('latin1', 0, length) };
}

/** Git sends a line back that names no object: so the end of a list is known. */
const end = 'gangline-end\n';

/**
 * A line that names both trees, then status and path by turns, then the end. A path may look like the end; a status never
 * does, so it is looked for only where a status would be. What follows it answers the next question: two may be asked at
 * once, and come back in one piece.
 */
function readChanges(buffer: Buffer): Read<string[]> {
	// Each question that was asked ends so; walking a long list at each of its pieces would take the square of its time.
	if (!isEnd(buffer, buffer.length - end.length)) return buffer.length + 1;
	const fields: string[] = [];
	let at = buffer.indexOf(10) + 1;
	while (!isEnd(buffer, at)) {
		const status = buffer.indexOf(0, at);
		const path = status < 0 ? -1 : buffer.indexOf(0, status + 1);
		if (path < 0) return buffer.length + 1;
		fields.push(buffer.toString('utf8', at, status), buffer.toString('utf8', status + 1, path));
		at = path + 1;
	}
	return { used: at + end.length, answer: fields };
}

function isEnd(buffer: Buffer, at: number): boolean {
	return at >= 0 && buffer.toString('latin1', at, at + end.length) === end;
}
