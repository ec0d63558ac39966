/**
 * A backup file: a tar archive whose first member lists the others with their hashes. It is complete or not there (it
 * gets its name last), it is for its owner alone (a node's key is inside), and nothing of it is used before all of it
 * was read and compared.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { create, extract } from 'tar';
import { z } from 'zod';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { readAs } from '../ports/read-as.ts';
import { syncPath } from '../ports/system/sync-path.ts';
import { whyInvalid } from '../ports/why-invalid.ts';

const manifestName = 'manifest.json';
const manifestSchema = z.strictObject({
	format: z.int(),
	/** Of the gangline that made it. */
	version: z.string(),
	/** Wall ms. */
	at: z.int(),
	/** What the maker says of the content, for the one that restores it. */
	about: z.json(),
	files: z.array(z.strictObject({ path: z.string(), bytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});
export type Manifest = z.output<typeof manifestSchema>;

const format = 1;

/** Packs all files below `folder` into the new file `to`. Throws INVALID_ARGUMENT where `to` exists. */
export async function pack(
	folder: string,
	to: string,
	{ version, at, about }: Pick<Manifest, 'version' | 'at' | 'about'>,
): Promise<Manifest> {
	if (await stat(to).catch(() => null)) {
		throw ganglineError('INVALID_ARGUMENT', `${to} exists: a backup is written to a new file`, {
			hint: 'name another file',
		});
	}
	const paths = await filesBelow(folder);
	const files = await Promise.all(paths.map(async (path) => ({ path, ...(await hashOf(join(folder, path))) })));
	const manifest: Manifest = { format, version, at, about, files };
	await writeFile(join(folder, manifestName), JSON.stringify(manifest, null, '\t'));
	const part = `${to}.part`;
	try {
		await create({ cwd: folder, file: part, portable: true, strict: true, mode: 0o600 }, [manifestName, ...paths]);
		await chmod(part, 0o600);
		await syncPath(part);
		await rename(part, to);
		// Without it a power cut may leave the draft's name, after the person was told that the backup is there.
		await syncPath(dirname(to));
	} catch (cause) {
		await rm(part, { force: true });
		const why = cause instanceof Error ? cause.message : String(cause);
		throw ganglineError('STORE_FAILED', `the backup ${to} could not be written: ${why}`, {
			hint: 'look whether its disk has room and whether you may write there',
			cause,
		});
	}
	return manifest;
}

/**
 * Unpacks `file` into the empty folder `into` and compares every hash; `needed`: what must be among its files. Throws
 * MALFORMED, SCHEMA_TOO_NEW.
 */
export async function unpack(file: string, into: string, needed: readonly string[] = []): Promise<Manifest> {
	try {
		await extract({ file, cwd: into, strict: true, filter: (_path, entry) => isPlain(entry) });
	} catch (cause) {
		throw notOurs(file, cause instanceof Error ? cause.message : String(cause));
	}
	const text = await readFile(join(into, manifestName), 'utf8').catch(() => null);
	if (text === null) throw notOurs(file, `it has no ${manifestName}`);
	const manifest = readManifest(file, text);
	const listed = new Set(manifest.files.map(({ path }) => path));
	const lacking = needed.find((path) => !listed.has(path));
	if (lacking !== undefined) throw notOurs(file, `it has no ${lacking}`);
	const extra = (await filesBelow(into)).find((path) => path !== manifestName && !listed.has(path));
	if (extra !== undefined) throw notOurs(file, `${extra} is in it and not on its list`);
	for (const { path, sha256 } of manifest.files) {
		const found = await hashOf(join(into, path)).catch(() => null);
		if (found?.sha256 !== sha256) throw notOurs(file, `${path} is ${found ? 'damaged' : 'missing'}`);
	}
	return manifest;
}

function readManifest(file: string, text: string): Manifest {
	const parsed = readAs(manifestSchema, jsonOf(text));
	if (!parsed.success) throw notOurs(file, whyInvalid(parsed.error));
	if (parsed.data.format > format) {
		throw ganglineError('SCHEMA_TOO_NEW', `${file} has format ${parsed.data.format}, this version knows ${format}`, {
			hint: `restore it with gangline ${parsed.data.version} or newer`,
		});
	}
	return parsed.data;
}

/** Links could lead out of the folder; nobody puts one in. */
function isPlain(entry: object): boolean {
	return !('type' in entry) || entry.type === 'File' || entry.type === 'Directory' || entry.type === 'OldFile';
}

async function filesBelow(folder: string): Promise<readonly string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)))
		.sort();
}

async function hashOf(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
	const hash = createHash('sha256');
	let bytes = 0;
	for await (const piece of createReadStream(path)) {
		hash.update(piece);
		bytes += piece.length;
	}
	return { bytes, sha256: hash.digest('hex') };
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function notOurs(file: string, why: string): GanglineError {
	return ganglineError('MALFORMED', `${file} cannot be restored: ${why}. Nothing was changed`, {
		hint: 'look for another copy of the backup',
	});
}
