/**
 * A disk on LevelDB, the only file that knows it. One folder holds the whole store: `level` (the database), `mark`
 * (mark-file.ts), `lock` (an empty database that is only there for its lock, because `level` itself is replaced when
 * the store starts again) and `quarantine/<n>` (what was set aside). One process at a time, by the kernel's lock.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { type GanglineError, ganglineError } from '../ports/index.ts';
import type { Disk, DiskOp, DiskPair, KeyRange, Mark } from './disk.ts';
import { MarkFile, readMark } from './mark-file.ts';
import { refuseNewer } from './open.ts';
import { disarmTables } from './table-check.ts';

type Database = Level<string, Buffer>;

const encodings = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const;
const pairsPerRead = 256;
/** What is copied at once when a store starts again. */
const copyBytesMax = 4 * 1024 * 1024;

/** Opens the disk in the folder `path`, which is made when it is missing. */
export async function openLevelDisk(path: string): Promise<Disk> {
	const mark = readMark(join(path, 'mark'));
	refuseNewer(path, mark?.schema ?? 0);
	await makeFolder(path);
	const lock = await openLock(path);
	try {
		await finishStartingAgain(path);
		refuseMissing(path, mark);
		await makeFirst(path);
		disarmTables(join(path, 'level'));
		const database = await openLevel(path);
		return new LevelDisk({ path, lock, database, mark: readMark(join(path, 'mark')) });
	} catch (error) {
		await lock.close();
		throw error;
	}
}

/** Makes a disk in the folder `path`, where nothing may be yet, with these pairs and no mark: a copy, and known as one. */
export async function fillLevelDisk(path: string, pairs: AsyncIterable<DiskPair>): Promise<void> {
	await makeFolder(path);
	await fill(await openDatabase(path, join(path, 'level')), pairs);
}

class LevelDisk implements Disk {
	readonly path: string;
	readonly mark: Mark | undefined;
	readonly #lock: Database;
	readonly #markFile: MarkFile;
	#database: Database;

	constructor(parts: { path: string; lock: Database; database: Database; mark: Mark | undefined }) {
		this.path = parts.path;
		this.mark = parts.mark;
		this.#lock = parts.lock;
		this.#database = parts.database;
		this.#markFile = new MarkFile(join(parts.path, 'mark'));
	}

	async commit(ops: readonly DiskOp[]): Promise<void> {
		await write(this.#database, ops);
	}

	note(mark: { readonly schema: number; readonly batch: number }): void {
		this.#markFile.note(mark);
	}

	async get(key: string): Promise<Uint8Array | undefined> {
		return this.#database.get(key);
	}

	async *scan({ from, below }: KeyRange): AsyncIterable<DiskPair> {
		const iterator = this.#database.iterator({ gte: from, lt: below });
		try {
			for (let pairs = await iterator.nextv(pairsPerRead); pairs.length > 0; ) {
				yield* pairs;
				pairs = await iterator.nextv(pairsPerRead);
			}
		} finally {
			await iterator.close();
		}
	}

	async startAgain(pairs: AsyncIterable<DiskPair>, report: string): Promise<string> {
		const fresh = join(this.path, 'level.new');
		await rm(fresh, { recursive: true, force: true });
		await fill(await openDatabase(this.path, fresh), pairs);
		const quarantine = await nextQuarantine(this.path);
		await writeFile(join(quarantine, 'report.txt'), report, { mode: 0o600, flush: true });
		await this.#database.close();
		await rename(join(this.path, 'level'), join(quarantine, 'level'));
		await finishStartingAgain(this.path);
		this.#database = await openLevel(this.path);
		return quarantine;
	}

	afterTurn(action: () => void): void {
		setImmediate(action);
	}

	async close(): Promise<void> {
		await this.#database.close();
		await this.#markFile.close();
		await this.#lock.close();
	}
}

async function write(database: Database, ops: readonly DiskOp[]): Promise<void> {
	await database.batch(
		ops.map((op) =>
			op.kind === 'put'
				? {
						type: 'put' as const,
						key: op.key,
						value: Buffer.from(op.value.buffer, op.value.byteOffset, op.value.byteLength),
					}
				: { type: 'del' as const, key: op.key },
		),
		{ sync: true },
	);
}

/** Every part is synced: LevelDB may lose an unsynced part before a synced one. */
async function fill(database: Database, pairs: AsyncIterable<DiskPair>): Promise<void> {
	let ops: DiskOp[] = [];
	let bytes = 0;
	for await (const [key, value] of pairs) {
		ops.push({ kind: 'put', key, value });
		bytes += value.byteLength;
		if (bytes < copyBytesMax) continue;
		await write(database, ops);
		ops = [];
		bytes = 0;
	}
	await write(database, ops);
	await database.close();
	await syncFolder(database.location);
}

/** `level` is moved away only when `level.new` is complete; without `level` the new one takes its place. */
async function finishStartingAgain(path: string): Promise<void> {
	const fresh = join(path, 'level.new');
	if (!existsSync(fresh)) return;
	if (existsSync(join(path, 'level'))) await rm(fresh, { recursive: true });
	else await rename(fresh, join(path, 'level'));
	await syncFolder(path);
}

/**
 * A new database comes into its place when it is whole: LevelDB syncs neither its first table of contents nor the name
 * CURRENT, and a power cut would leave what it cannot open, or take batches that were synced into its log.
 */
async function makeFirst(path: string): Promise<void> {
	if (existsSync(join(path, 'level'))) return;
	const first = join(path, 'level.first');
	await rm(first, { recursive: true, force: true });
	await (await openDatabase(path, first)).close();
	await syncFolder(first);
	await rename(first, join(path, 'level'));
	await syncFolder(path);
}

/**
 * LevelDB makes a new table of contents at each opening and does not sync that CURRENT names it. Where a file system keeps
 * names apart from contents, a power cut would bring the old one back, and with it the old log: batches that a killed
 * process had not synced are missing there, in front of all that came later.
 */
async function openLevel(path: string): Promise<Database> {
	const level = join(path, 'level');
	const database = await openDatabase(path, level);
	try {
		await syncFolder(level);
	} catch (error) {
		await database.close();
		throw openingError(path, error);
	}
	return database;
}

async function syncFolder(path: string): Promise<void> {
	const folder = await open(path, 'r');
	try {
		await folder.sync();
	} finally {
		await folder.close();
	}
}

/** LevelDB would make a new database where its table of contents is gone, and remove what is left of the old one. */
function refuseMissing(path: string, mark: Mark | undefined): void {
	const level = join(path, 'level');
	if (!existsSync(join(level, 'CURRENT'))) {
		if (!mark && !existsSync(level)) return;
		throw damaged(path, 'its database has lost the file CURRENT', undefined);
	}
	const manifest = readFileSync(join(level, 'CURRENT'), 'latin1').trimEnd();
	if (!/^MANIFEST-\d+$/.test(manifest)) throw damaged(path, 'its file CURRENT names no table of contents', undefined);
	if (!existsSync(join(level, manifest))) throw damaged(path, `its database has lost the file ${manifest}`, undefined);
}

async function nextQuarantine(path: string): Promise<string> {
	const all = join(path, 'quarantine');
	await mkdir(all, { recursive: true, mode: 0o700 });
	const last = Math.max(0, ...(await readdir(all)).map(Number).filter(Number.isInteger));
	const quarantine = join(all, String(last + 1));
	await mkdir(quarantine, { mode: 0o700 });
	return quarantine;
}

async function makeFolder(path: string): Promise<void> {
	try {
		await mkdir(path, { recursive: true, mode: 0o700 });
	} catch (cause) {
		throw ganglineError('STORE_FAILED', `could not make the folder ${path} for the store: ${reasonOf(cause)}`, {
			hint: 'Choose a state folder that you may write to.',
			cause,
		});
	}
}

/** The lock's own files hold nothing: when they are broken, they are made again. */
async function openLock(path: string): Promise<Database> {
	const folder = join(path, 'lock');
	try {
		return await openDatabase(path, folder);
	} catch (error) {
		if (codeOf(error) === 'STORE_LOCKED') throw error;
		await rm(folder, { recursive: true }).catch(() => Promise.reject(error));
		return openDatabase(path, folder);
	}
}

async function openDatabase(path: string, folder: string): Promise<Database> {
	const database: Database = new Level<string, Buffer>(folder, encodings);
	try {
		await database.open();
		return database;
	} catch (error) {
		throw openingError(path, error);
	}
}

function openingError(path: string, error: unknown): GanglineError {
	const cause = error instanceof Error ? error.cause : undefined;
	const code = codeOf(cause);
	if (code === 'LEVEL_LOCKED') {
		return ganglineError('STORE_LOCKED', `another process holds the store ${path}`, {
			hint: 'Use the gangline that is running (gangline status), or stop it first: gangline stop',
			data: { path },
			cause,
		});
	}
	if (code === 'LEVEL_CORRUPTION') return damaged(path, reasonOf(cause), cause);
	return ganglineError('STORE_FAILED', `could not open the store ${path}: ${reasonOf(cause ?? error)}`, {
		hint: `Look at who owns it and whether its disk has room: ls -la ${path}`,
		cause: cause ?? error,
	});
}

function damaged(path: string, why: string, cause: unknown): GanglineError {
	return ganglineError('STORE_DAMAGED', `the store ${path} cannot be opened: ${why}. Nothing was changed`, {
		hint: `Put it back from a backup, or move it away (mv ${path} ${path}.damaged) to begin with a new one.`,
		data: { path },
		cause,
	});
}

function codeOf(error: unknown): unknown {
	return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
