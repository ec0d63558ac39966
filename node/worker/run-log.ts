/**
 * What a run said, line by line, on disk and bounded: the beginning and the end are kept, the middle is dropped, and the
 * numbers of the lines show it. The beginning is `<run>.log`; the end goes to two files in turn, so that no write ever
 * moves what was written [I15]. Writing is synchronous: a program that floods us is slowed down by it, and nothing
 * waits in memory. One line of a file is number, wall ms, source, stream and text, with tabs between.
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
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine } from '../../shared/operations/index.ts';
import type { Clock } from '../../shared/ports/index.ts';
import { namesIn } from './workspace-files.ts';

export type LogStream = LogLine['stream'];

/** Takes text in pieces as it comes. `source`: `agent`, `setup`, `gate:<name>`. */
export type LogSink = (source: string, stream: LogStream, text: string) => void;

export interface RunLog {
	readonly write: LogSink;
	/** The last line so far, null before the first. */
	readonly lastLine: () => string | null;
	close(): void;
}

export type RunListener = (told: { readonly key: string; readonly run: string; readonly line: LogLine | null }) => void;

export interface RunLogLimits {
	readonly headBytes: number;
	/** Of each of the two files of the end. */
	readonly tailBytes: number;
}

export interface RunLogsOptions {
	readonly folder: string;
	readonly clock: Clock;
	/** Told once of each run whose lines could not be written: the disk is full, most likely, and the run goes on. */
	readonly onLost?: (key: string, run: string, error: unknown) => void;
	/** Called with every line as it is written. */
	readonly onLine?: (key: string, line: LogLine) => void;
	readonly limits?: RunLogLimits;
	/** Each line passes it before anything else sees it. */
	readonly redact?: (line: string) => string;
}

const mebibyte = 1024 * 1024;
export const runLogLimits: RunLogLimits = { headBytes: 4 * mebibyte, tailBytes: 3 * mebibyte };
/** A longer line goes on in the next one. */
const lineCharsMax = 4_000;
/** As `open` is given it; no way to another folder. */
const runName = /^[\w.-]+$/;
/** Logs kept per item; the oldest go first. */
const runsPerItemMax = 50;

/** The logs of one project's runs, by item key and run name. */
export class RunLogs {
	readonly #options: RunLogsOptions;
	readonly #limits: RunLogLimits;
	/** Those that are written to, as `key/run`. */
	readonly #written = new Set<string>();
	readonly #listeners = new Set<RunListener>();

	constructor(options: RunLogsOptions) {
		this.#options = options;
		this.#limits = options.limits ?? runLogLimits;
	}

	/** Tells each line as it is written, and null when a run's log is closed. A listener must be quick and not throw. */
	subscribe(listener: RunListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** More may come. */
	isWritten(key: string, run: string): boolean {
		return this.#written.has(`${key}/${run}`);
	}

	/** All lines after a number that are left on disk, or the last of them for a negative one. */
	after(key: string, run: string, seq: number): readonly LogLine[] {
		const lines = this.#lines(key, run);
		return seq < 0 ? lines.slice(seq) : lines.filter((line) => line.seq > seq);
	}

	/** Begins a run's log, or goes on with it. */
	open(key: string, run: string): RunLog {
		const { clock, onLine, onLost, redact = (line) => line } = this.#options;
		mkdirSync(this.#of(key), { recursive: true, mode: 0o700 });
		this.#dropOldest(key, run);
		const file = new BoundedFile(this.#path(key, run), this.#limits, (error) => onLost?.(key, run, error));
		let seq = this.#lines(key, run).at(-1)?.seq ?? 0;
		let last: string | null = null;
		const unfinished = new Map<string, string>();
		const tell = (line: LogLine | null): void => {
			for (const listener of this.#listeners) listener({ key, run, line });
		};
		this.#written.add(`${key}/${run}`);
		const put = (source: string, stream: LogStream, text: string): void => {
			seq += 1;
			last = text;
			const line: LogLine = { seq, run, at: clock.now(), source, stream, text };
			file.write(`${seq}\t${line.at}\t${source}\t${stream}\t${text}\n`);
			onLine?.(key, line);
			tell(line);
		};
		return {
			write: (source, stream, text) => {
				const name = `${source}\t${stream}`;
				const lines = `${unfinished.get(name) ?? ''}${text}`.split(/\r\n|\r|\n/);
				let rest = lines.pop() ?? '';
				for (const line of lines) for (const piece of pieces(redact(line))) put(source, stream, piece);
				// A secret is no longer than a line, so within two of them it is whole before the first is written.
				if (rest.length > 2 * lineCharsMax) rest = redact(rest);
				for (; rest.length > 2 * lineCharsMax; rest = rest.slice(lineCharsMax))
					put(source, stream, rest.slice(0, lineCharsMax));
				if (rest === '') unfinished.delete(name);
				else unfinished.set(name, rest);
				file.flush();
			},
			lastLine: () => last,
			close: () => {
				for (const [name, rest] of unfinished) {
					const [source = '', stream] = name.split('\t');
					for (const piece of pieces(redact(rest)))
						put(source, stream === 'stderr' || stream === 'note' ? stream : 'stdout', piece);
				}
				unfinished.clear();
				file.close();
				this.#written.delete(`${key}/${run}`);
				tell(null);
			},
		};
	}

	/** The last `limit` lines as they are now, and how many came before them; with `contains` of those that have it. */
	read(
		key: string,
		run: string,
		limit: number,
		contains?: string,
	): { readonly lines: readonly LogLine[]; readonly dropped: number } {
		const all = this.#lines(key, run);
		if (contains === undefined) {
			const lines = all.slice(-limit);
			return { lines, dropped: (lines[0]?.seq ?? 1) - 1 };
		}
		const wanted = contains.toLowerCase();
		const found = all.filter(({ text }) => text.toLowerCase().includes(wanted));
		const lines = found.slice(-limit);
		return { lines, dropped: found.length - lines.length };
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

	/** Forgets items that have left the project; what is still written stays. */
	async keepOnly(isThere: (key: string) => boolean): Promise<void> {
		for (const key of await namesIn(this.#options.folder)) {
			const isWritten = [...this.#written].some((one) => one.startsWith(`${key}/`));
			if (!isThere(key) && !isWritten) await rm(this.#of(key), { recursive: true, force: true });
		}
	}

	/** Others name the run: a name that leads out of the item's folder could lead to a file that never ends. */
	#lines(key: string, run: string): readonly LogLine[] {
		if (!runName.test(run)) return [];
		const path = this.#path(key, run);
		const files = [path, `${path}.end0`, `${path}.end1`].filter((name) => existsSync(name));
		const parts = files.map((name) =>
			readFileSync(name, 'utf8')
				.split('\n')
				.flatMap((text) => parseLine(run, text)),
		);
		return parts.sort((a, b) => (a[0]?.seq ?? 0) - (b[0]?.seq ?? 0)).flat();
	}

	#dropOldest(key: string, except: string): void {
		for (const run of this.runs(key).slice(0, -runsPerItemMax)) {
			if (run === except) continue;
			for (const suffix of ['', '.end0', '.end1']) rmSync(`${this.#path(key, run)}${suffix}`, { force: true });
		}
	}

	#path(key: string, run: string): string {
		return join(this.#of(key), `${run}.log`);
	}

	#of(key: string): string {
		return join(this.#options.folder, key);
	}
}

class BoundedFile {
	readonly #path: string;
	readonly #limits: RunLogLimits;
	#descriptor: number | null = null;
	#pending: Uint8Array[] = [];
	/** Of the present file. */
	#size: number;
	/** -1 while the beginning is written, then which of the two end files. */
	#part = -1;
	#flag: 'a' | 'w' = 'a';
	/** Told of the first write that failed. Never thrown: who writes is in the middle of reading a program's output. */
	#onLost: ((error: unknown) => void) | null;

	constructor(path: string, limits: RunLogLimits, onLost: (error: unknown) => void) {
		this.#path = path;
		this.#limits = limits;
		this.#onLost = onLost;
		// One that is gone on with goes on where it stands: what comes next replaces the older end.
		const sizes = [path, `${path}.end0`, `${path}.end1`].map((file) => statSync(file, { throwIfNoEntry: false }));
		const [, zero, one] = sizes;
		if (zero) this.#part = one && one.mtimeMs >= zero.mtimeMs ? 1 : 0;
		this.#size = sizes[this.#part + 1]?.size ?? 0;
	}

	write(line: string): void {
		const bytes = Buffer.from(line);
		const limit = this.#part < 0 ? this.#limits.headBytes : this.#limits.tailBytes;
		if (this.#size > 0 && this.#size + bytes.byteLength > limit) this.#turn();
		this.#pending.push(bytes);
		this.#size += bytes.byteLength;
	}

	/** One call to the system for many lines. */
	flush(): void {
		if (this.#pending.length === 0) return;
		const bytes = Buffer.concat(this.#pending);
		this.#pending = [];
		try {
			this.#descriptor ??= this.#open();
			writeSync(this.#descriptor, bytes);
		} catch (error) {
			this.#onLost?.(error);
			this.#onLost = null;
		}
	}

	close(): void {
		this.flush();
		if (this.#descriptor !== null) closeSync(this.#descriptor);
		this.#descriptor = null;
	}

	#turn(): void {
		this.close();
		this.#part = this.#part === 0 ? 1 : 0;
		this.#size = 0;
		this.#flag = 'w';
	}

	#open(): number {
		return openSync(this.#part < 0 ? this.#path : `${this.#path}.end${this.#part}`, this.#flag, 0o600);
	}
}

function parseLine(run: string, text: string): readonly LogLine[] {
	const [seq, at, source, stream, ...rest] = text.split('\t');
	if (source === undefined || (stream !== 'stdout' && stream !== 'stderr' && stream !== 'note')) return [];
	return [{ seq: Number(seq), run, at: Number(at), source, stream, text: rest.join('\t') }];
}

function pieces(line: string): readonly string[] {
	const found: string[] = [];
	for (let at = 0; at === 0 || at < line.length; at += lineCharsMax) found.push(line.slice(at, at + lineCharsMax));
	return found;
}

function byNumber(a: string, b: string): number {
	return a.localeCompare(b, 'en', { numeric: true });
}
