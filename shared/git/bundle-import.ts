/**
 * A bundle from a peer, taken in as it arrives. The header is read by us; the pack goes to `index-pack`, which computes
 * every id anew and refuses what fsck refuses, in a quarantine; what is declared is checked before it is unpacked, time
 * and memory are bounded while it is, sizes and trees after. Nothing is let in before `finish` has seen all of it.
 * REFUSED: it may not come in. MALFORMED and TOO_LARGE: no honest peer sends it.
 */
import type { ChildProcess } from 'node:child_process';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import type { CommitId } from '../ports/ids.ts';
import { checkArrival } from './arrival-checks.ts';
import { parseBundleHeader } from './bundle-header.ts';
import { allocationBytesMax, type ImportLimits, streamedFromBytes } from './bundle-limits.ts';
import {
	collect,
	type Environment,
	type Exit,
	exitOf,
	gitFailed,
	signalGroup,
	watchProcessorTime,
} from './git-process.ts';
import { notTaken, openQuarantine, type Quarantine } from './quarantine.ts';
import type { SourceRepository } from './source-repository.ts';

export interface BundleImportInput {
	readonly into: SourceRepository;
	/** The commit that was asked for; a bundle that brings another one is refused. */
	readonly commit: CommitId;
	/** Commits that we said we have: all that the bundle may build on. */
	readonly have: readonly CommitId[];
	readonly limits: ImportLimits;
	/** A last look through this environment before anything is let in. Throws to refuse. */
	readonly inspect?: (environment: Environment) => Promise<void>;
}

export interface BundleImport {
	/** Takes the next bytes; resolves when more may come. Throws as soon as something is wrong. They must not change. */
	write(...pieces: readonly Uint8Array[]): Promise<void>;
	/** After the last byte: everything is checked and let in. */
	finish(): Promise<void>;
	/** Ends it and removes what arrived; safe after `finish`. */
	abort(): Promise<void>;
}

/** `PACK`, version, number of objects. */
const packHeaderBytes = 12;

/**
 * Mistakes of old tools that a history of many years contains and that harm nobody; the files of the commit itself are
 * never affected by them.
 */
const forgiven = [
	'zeroPaddedFilemode',
	'badTimezone',
	'missingSpaceBeforeDate',
	'missingSpaceBeforeEmail',
	'missingNameBeforeEmail',
	'missingEmail',
	'badEmail',
	'badName',
	'badDate',
	'badDateOverflow',
	'zeroPaddedDate',
	'multipleAuthors',
	'nulInCommit',
	'missingTaggerEntry',
	'badTagName',
	'gitmodulesMissing',
]
	.map((message) => `${message}=ignore`)
	.join(',');

export async function importBundle(input: BundleImportInput): Promise<BundleImport> {
	const quarantine = await openQuarantine(input.into.path);
	return new RunningImport(input, quarantine);
}

class RunningImport implements BundleImport {
	readonly #input: BundleImportInput;
	readonly #quarantine: Quarantine;
	#head: Buffer = Buffer.alloc(0);
	#bytes = 0;
	#indexing: Indexing | null = null;
	#prerequisites: readonly CommitId[] = [];

	constructor(input: BundleImportInput, quarantine: Quarantine) {
		this.#input = input;
		this.#quarantine = quarantine;
	}

	async write(...pieces: readonly Uint8Array[]): Promise<void> {
		const { packBytesMax } = this.#input.limits;
		for (const { length } of pieces) this.#bytes += length;
		if (this.#bytes > packBytesMax) {
			throw ganglineError('REFUSED', `the bundle has more than ${packBytesMax} bytes`, { data: { packBytesMax } });
		}
		if (this.#indexing !== null) return this.#indexing.write(pieces, this.#bytes);
		this.#head = Buffer.concat([this.#head, ...pieces]);
		const pack = this.#packAfterHeader();
		if (pack === null) return;
		this.#head = Buffer.alloc(0);
		this.#indexing = new Indexing(this.#input, this.#quarantine);
		await this.#indexing.write([pack], this.#bytes);
	}

	async finish(): Promise<void> {
		if (this.#indexing === null) throw ganglineError('MALFORMED', 'the bundle ended before its pack began');
		await this.#indexing.end(this.#bytes);
		await checkArrival({ ...this.#input, prerequisites: this.#prerequisites }, this.#quarantine);
		await this.#input.inspect?.(this.#quarantine.environment);
		await this.#quarantine.letIn();
		await this.#quarantine.remove();
	}

	async abort(): Promise<void> {
		await this.#indexing?.kill();
		await this.#quarantine.remove();
	}

	/** The pack's first bytes when header and declared counts are there and right; null before. */
	#packAfterHeader(): Buffer | null {
		const parsed = parseBundleHeader(this.#head);
		if (parsed === null) return null;
		const pack = this.#head.subarray(parsed.length);
		if (pack.length < packHeaderBytes) return null;
		this.#checkHeader(parsed.header);
		this.#prerequisites = parsed.header.prerequisites;
		const { objectsMax } = this.#input.limits;
		if (pack.toString('latin1', 0, 4) !== 'PACK' || ![2, 3].includes(pack.readUInt32BE(4))) {
			throw ganglineError('MALFORMED', 'what follows the header of the bundle is no pack');
		}
		const count = pack.readUInt32BE(8);
		if (count > objectsMax) {
			throw ganglineError('TOO_LARGE', `the pack names ${count} objects; expected at most ${objectsMax}`);
		}
		return pack;
	}

	#checkHeader(header: { objectFormat: string; commit: CommitId; prerequisites: readonly CommitId[] }): void {
		const { into, commit, have } = this.#input;
		if (header.objectFormat !== into.objectFormat) {
			throw ganglineError('REFUSED', `the bundle has ${header.objectFormat} ids, the repository ${into.objectFormat}`);
		}
		if (header.commit !== commit) {
			throw ganglineError('MALFORMED', `the bundle brings ${header.commit}, not ${commit} which was asked for`);
		}
		const missing = header.prerequisites.find((id) => !have.includes(id));
		if (missing !== undefined) {
			throw ganglineError('MALFORMED', `the bundle builds on ${missing}, which nobody said to have`);
		}
	}
}

/** One `index-pack` that reads from us. */
class Indexing {
	readonly #limits: ImportLimits;
	readonly #args: readonly string[];
	readonly #child: ChildProcess;
	readonly #said: { stderr: string };
	readonly #exit: Promise<Exit>;
	#ended: Exit | null = null;
	#why: GanglineError | null = null;

	constructor({ into, limits }: BundleImportInput, quarantine: Quarantine) {
		this.#limits = limits;
		const bounds = [`--max-input-size=${limits.packBytesMax}`];
		this.#args = [`--git-dir=${into.path}`, 'index-pack', '--stdin', '--fix-thin', `--strict=${forgiven}`, ...bounds];
		const git = into.git.with({
			settings: [
				`core.bigFileThreshold=${streamedFromBytes}`,
				'core.packedGitWindowSize=32m',
				'core.packedGitLimit=256m',
				'pack.threads=0',
			],
			environment: { GIT_ALLOC_LIMIT: String(Math.min(allocationBytesMax, limits.objectBytesMax)) },
		});
		this.#child = git.start({ args: this.#args, env: quarantine.environment });
		this.#said = collect(this.#child, { args: this.#args });
		this.#exit = exitOf(this.#child).then((exit) => {
			this.#ended = exit;
			return exit;
		});
	}

	async write(pieces: readonly Uint8Array[], soFar: number): Promise<void> {
		if (this.#ended !== null) throw this.#failure(this.#ended);
		const stdin = this.#child.stdin;
		if (stdin === null) return;
		stdin.cork();
		for (const piece of pieces) stdin.write(piece);
		stdin.uncork();
		if (!stdin.writableNeedDrain) return;
		const drained = new Promise<void>((resolve) => stdin.once('drain', resolve));
		await this.#within(Promise.race([drained, this.#exit]), soFar);
		if (this.#ended !== null) throw this.#failure(this.#ended);
	}

	async end(bytes: number): Promise<void> {
		this.#child.stdin?.end();
		const exit = await this.#within(this.#exit, bytes);
		if (exit.code !== 0) throw this.#failure(exit);
	}

	async kill(): Promise<void> {
		signalGroup(this.#child, 'SIGKILL');
		await this.#exit;
	}

	/** Waits, and looks now and then at how much processor time went into it. */
	async #within<Value>(promise: Promise<Value>, bytes: number): Promise<Value> {
		const { cpuMsMin, cpuMsPerMiB } = this.#limits;
		const cpuMsMax = cpuMsMin + (bytes / 1024 ** 2) * cpuMsPerMiB;
		const watch = watchProcessorTime(this.#child, cpuMsMax, () => {
			this.#why = ganglineError('TOO_LARGE', `unpacking ${bytes} bytes took more than ${Math.round(cpuMsMax)} ms`);
		});
		try {
			return await promise;
		} finally {
			watch.stop();
		}
	}

	#failure(exit: Exit): GanglineError {
		if (this.#why !== null) return this.#why;
		const words = this.#said.stderr;
		const failed = gitFailed(this.#args, exit, words);
		if (exit.notStarted !== undefined || exit.signal !== null) return failed;
		if (/No space left|disk quota|unable to create|Too many open files/i.test(words)) return failed;
		if (/out of memory|attempting to allocate|exceeds maximum/i.test(words)) {
			return ganglineError('TOO_LARGE', `the pack holds more than fits: ${words.trim().slice(-300)}`, {
				cause: failed,
			});
		}
		const { message } = notTaken(failed);
		return ganglineError('MALFORMED', message, { cause: failed, data: { stderr: words.trim() } });
	}
}
