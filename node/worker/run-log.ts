/**
 * What a run said, on disk and bounded: the beginning and the end are kept, the middle is dropped and said to be. The
 * beginning is `<run>.log`; the end goes to two files in turn, so that no write ever moves what was written [I15].
 * Writing is synchronous: a program that floods us is slowed down by it, and nothing waits in memory.
 */
import {
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface RunLogLimits {
	readonly headBytes: number;
	/** Of each of the two files of the end. */
	readonly tailBytes: number;
}

const mebibyte = 1024 * 1024;
export const runLogLimits: RunLogLimits = { headBytes: 4 * mebibyte, tailBytes: 3 * mebibyte };
/** Logs kept per item; the oldest go first. */
const runsPerItemMax = 50;

export interface RunLog {
	write(text: string): void;
	close(): void;
}

type Follower = (text: string) => void;

/** The logs of one project's runs, below `folder`, by item key and run name. */
export class RunLogs {
	readonly #folder: string;
	readonly #limits: RunLogLimits;
	readonly #followers = new Map<string, Set<Follower>>();

	constructor(folder: string, limits: RunLogLimits = runLogLimits) {
		this.#folder = folder;
		this.#limits = limits;
	}

	/** Begins a run's log, or goes on with it. */
	open(key: string, run: string): RunLog {
		const folder = this.#of(key);
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		this.#dropOldest(key, run);
		const file = new BoundedFile(join(folder, `${run}.log`), this.#limits);
		const followers = (): Iterable<Follower> => this.#followers.get(`${key}/${run}`) ?? [];
		return {
			write: (text) => {
				file.write(text);
				for (const follower of followers()) follower(text);
			},
			close: () => file.close(),
		};
	}

	/** The whole log as it is now, with a line where something was dropped. */
	read(key: string, run: string): string {
		return readBounded(join(this.#of(key), `${run}.log`));
	}

	/** Calls back with everything that is written from now on. Answers how to stop. */
	follow(key: string, run: string, follower: Follower): () => void {
		const name = `${key}/${run}`;
		const followers = this.#followers.get(name) ?? new Set();
		this.#followers.set(name, followers.add(follower));
		return () => {
			followers.delete(follower);
			if (followers.size === 0) this.#followers.delete(name);
		};
	}

	/** Names of an item's runs that have a log, oldest first. */
	runs(key: string): readonly string[] {
		if (!existsSync(this.#of(key))) return [];
		const files = readdirSync(this.#of(key)).filter((name) => name.endsWith('.log'));
		const aged = files.map((name) => ({ name, at: statSync(join(this.#of(key), name)).mtimeMs }));
		return aged
			.sort((a, b) => a.at - b.at || byNumber(a.name, b.name))
			.map(({ name }) => name.slice(0, -'.log'.length));
	}

	forget(key: string): void {
		rmSync(this.#of(key), { recursive: true, force: true });
	}

	#dropOldest(key: string, except: string): void {
		for (const run of this.runs(key).slice(0, -runsPerItemMax)) {
			if (run === except) continue;
			for (const suffix of suffixes) rmSync(join(this.#of(key), `${run}${suffix}`), { force: true });
		}
	}

	#of(key: string): string {
		return join(this.#folder, key);
	}
}

const suffixes = ['.log', '.log.end0', '.log.end1'] as const;

class BoundedFile {
	readonly #path: string;
	readonly #limits: RunLogLimits;
	#descriptor: number | null = null;
	/** In the present file. */
	#size: number;
	#total: number;
	/** -1 while the beginning is written, then which of the two end files. */
	#part = -1;

	constructor(path: string, limits: RunLogLimits) {
		this.#path = path;
		this.#limits = limits;
		this.#size = sizeOf(path);
		this.#total = this.#size;
	}

	write(text: string): void {
		let bytes: Uint8Array = Buffer.from(text);
		while (bytes.byteLength > 0) {
			const room = (this.#part < 0 ? this.#limits.headBytes : this.#limits.tailBytes) - this.#size;
			if (room <= 0) {
				this.#turn();
				continue;
			}
			const piece = bytes.subarray(0, room);
			writeSync(this.#open(), piece);
			this.#size += piece.byteLength;
			this.#total += piece.byteLength;
			bytes = bytes.subarray(room);
		}
	}

	close(): void {
		if (this.#descriptor !== null) closeSync(this.#descriptor);
		this.#descriptor = null;
	}

	#turn(): void {
		this.close();
		this.#part = this.#part === 0 ? 1 : 0;
		this.#size = 0;
	}

	#open(): number {
		if (this.#descriptor !== null) return this.#descriptor;
		if (this.#part < 0) this.#descriptor = openSync(this.#path, 'a', 0o600);
		else {
			this.#descriptor = openSync(`${this.#path}.end${this.#part}`, 'w', 0o600);
			// Where in the whole this file begins: a reader can tell what lies between.
			writeSync(this.#descriptor, `@${this.#total}\n`);
		}
		return this.#descriptor;
	}
}

function readBounded(path: string): string {
	const head = readBytes(path);
	const ends = [0, 1]
		.map((part) => readBytes(`${path}.end${part}`))
		.flatMap((bytes) => {
			const line = bytes.indexOf('\n');
			const from = Number(bytes.subarray(1, line).toString());
			return line > 0 && Number.isInteger(from) ? [{ from, rest: bytes.subarray(line + 1) }] : [];
		})
		.sort((a, b) => a.from - b.from);
	const dropped = (ends[0]?.from ?? head.byteLength) - head.byteLength;
	const note = dropped > 0 ? `\n… ${dropped} bytes of this log were left out here …\n` : '';
	return head.toString() + note + Buffer.concat(ends.map(({ rest }) => rest)).toString();
}

function readBytes(path: string): Buffer {
	return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function byNumber(a: string, b: string): number {
	return a.localeCompare(b, 'en', { numeric: true });
}
