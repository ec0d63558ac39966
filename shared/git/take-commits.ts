/**
 * Brings commits from object folders that nobody vouches for into a repository that we trust. The way of a fetch, in two
 * processes of our own instead of `git fetch`, because upload-pack would run *inside* the other git directory and obey
 * its configuration (a promisor remote there names a program to run; git before 2.45 ran it). Here both processes run in
 * our git directory: `pack-objects` only reads the other folder's files, as data; `index-pack` computes every id anew
 * from the content, refuses what fsck refuses (`.git` as a path, broken links, bad trees) and stops at a size. All of it
 * arrives in a folder of its own and is moved among our objects only after every check.
 *
 * Not trusted and not read: the other side's config, hooks, grafts, shallow file, replace refs, commit-graph,
 * multi-pack-index, bitmaps. A forged pack index can at most make objects look absent or wrong, and then they are refused.
 */
import { pipeline } from 'node:stream/promises';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import {
	collect,
	type Environment,
	exitOf,
	type GitProcess,
	gitFailed,
	killAfter,
	signalGroup,
} from './git-process.ts';
import { mustBeWhole, notTaken, openQuarantine } from './quarantine.ts';
import { objectFolders } from './tracked-folder.ts';

export interface TakeInput {
	/** Calls for the repository that receives. */
	readonly git: GitProcess;
	/** Calls that only read and must not keep the lock alive while a hostile file makes them wait. */
	readonly reader: GitProcess;
	readonly gitDir: string;
	readonly from: readonly string[];
	readonly commits: readonly CommitId[];
	/** Commits that the receiver has, with everything that they contain. */
	readonly have: readonly CommitId[];
	/** Of the pack as it arrives. */
	readonly bytesMax: number;
	/** Looks at what arrived, through this environment, before it is let in. Throws to refuse it. */
	readonly inspect?: (environment: Environment) => Promise<void>;
}

const timeoutMs = 60_000;

/** Throws REFUSED for what does not pass; then nothing of it is kept. */
export async function takeCommits(input: TakeInput): Promise<void> {
	const quarantine = await openQuarantine(input.gitDir);
	try {
		await transfer(input, quarantine.environment);
		await mustBeWhole(input, quarantine.environment);
		await input.inspect?.(quarantine.environment);
		await quarantine.letIn();
	} finally {
		await quarantine.remove();
	}
}

async function transfer(input: TakeInput, quarantine: Environment): Promise<void> {
	const gitDir = `--git-dir=${input.gitDir}`;
	const packing = [gitDir, 'pack-objects', '--revs', '--thin', '--stdout', '--delta-base-offset', '-q'];
	const indexing = [gitDir, 'index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${input.bytesMax}`];
	const source = input.reader.start({
		args: packing,
		env: { GIT_ALTERNATE_OBJECT_DIRECTORIES: objectFolders(input.from) },
	});
	const sink = input.git.start({ args: indexing, env: quarantine });
	const said = [
		collect(source, { args: packing, onStdout: () => undefined }),
		collect(sink, { args: indexing }),
	] as const;
	const ends = Promise.all([exitOf(source), exitOf(sink)]);
	const timers = [killAfter(source, timeoutMs), killAfter(sink, timeoutMs)];
	source.stdin?.end([...input.commits, '--not', ...input.have, ''].join('\n'));
	let isCut = false;
	if (source.stdout && sink.stdin) {
		await pipeline(source.stdout, sink.stdin).catch(() => {
			isCut = true;
			signalGroup(source, 'SIGTERM');
			sink.stdin?.destroy();
		});
	}
	const [sourceEnd, sinkEnd] = await ends;
	for (const timer of timers) timer.cancel();
	// A pack ends with its hash: who took it in has all of it, however the other one ended after that.
	if (sinkEnd.code === 0) return;
	if (said[1].stderr.includes('maximum')) throw tooLarge(input.bytesMax);
	if (sourceEnd.code === 0 || isCut) throw notTaken(gitFailed(indexing, sinkEnd, said[1].stderr, timers[1]?.fired()));
	throw notTaken(gitFailed(packing, sourceEnd, said[0].stderr, timers[0]?.fired()));
}

function tooLarge(bytesMax: number): GanglineError {
	return ganglineError('TOO_LARGE', `the commits make a pack of more than ${bytesMax} bytes`, { data: { bytesMax } });
}
