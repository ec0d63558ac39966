/**
 * The build of this very program, made once and kept by its hash, and the door where machines that join fetch it. What
 * it was made of is remembered by size and time of each file, so that asking again costs only looking at them.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../shared/ports/log.ts';
import { filesOf, type Program, type ProgramFile } from '../../shared/ports/system/program.ts';
import { type BuildDoor, type DoorAddress, openDoor } from './door.ts';
import { makeBuild } from './make-build.ts';

export interface Build {
	readonly sha256: string;
	readonly bytes: number;
	/** As `uname -m` says it: the build runs on no other. */
	readonly machine: Program['machine'];
}

export interface Builds extends AsyncDisposable {
	/** The build of the program as it is now; making it takes some seconds, finding it made a fraction of one. */
	current(): Promise<Build>;
	/** Serves builds at exactly these addresses from now on; answers the base URLs. Throws PORT_IN_USE, INVALID_CONFIG. */
	listen(addresses: readonly DoorAddress[]): Promise<readonly string[]>;
	/** Base URLs, as of the last `listen`. */
	urls(): readonly string[];
}

export interface BuildsOptions {
	/** Where they are kept. */
	readonly folder: string;
	readonly program: Program;
	readonly log: Log;
	/** Whether someone may fetch now: while a token is open. */
	readonly isOpen: () => boolean;
}

const keptSchema = z.object({
	fingerprint: z.string(),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
	bytes: z.int(),
});
type Kept = z.output<typeof keptSchema>;

/** Lines that were printed before an upgrade go on working until so many later builds were made. */
const buildsKept = 3;

export function createBuilds({ folder, program, log, isOpen }: BuildsOptions): Builds {
	let making: Promise<Build> | undefined;
	let door: BuildDoor | undefined;
	let doorAt = '';

	async function make(): Promise<Build> {
		const files = await filesOf(program);
		const fingerprint = fingerprintOf(files);
		const kept = await keptBuild(folder, fingerprint);
		if (kept !== null) return { sha256: kept.sha256, bytes: kept.bytes, machine: program.machine };
		const { sha256, bytes } = await makeBuild(files, folder);
		await keep(folder, { fingerprint, sha256, bytes });
		log.info('build.made', { sha256, bytes, files: files.length });
		return { sha256, bytes, machine: program.machine };
	}

	return {
		current() {
			making ??= make().finally(() => {
				making = undefined;
			});
			return making;
		},
		async listen(addresses) {
			const at = JSON.stringify(addresses);
			// Whoever fetches a build now is not cut off, and lines that were printed go on working where any port is taken.
			if (door !== undefined && at === doorAt) return door.urls;
			await door?.close();
			door = undefined;
			door = await openDoor({ folder, addresses, log, isOpen });
			doorAt = at;
			return door.urls;
		},
		urls: () => door?.urls ?? [],
		async [Symbol.asyncDispose]() {
			await door?.close();
			door = undefined;
		},
	};
}

function fingerprintOf(files: readonly ProgramFile[]): string {
	const hash = createHash('sha256');
	for (const { from, to, executable, bytes, modifiedMs } of files) {
		hash.update(JSON.stringify([from, to, executable, bytes, modifiedMs]));
	}
	return hash.digest('hex');
}

async function keptBuild(folder: string, fingerprint: string): Promise<Kept | null> {
	const text = await readFile(join(folder, 'kept.json'), 'utf8').catch(() => 'null');
	const kept = keptSchema.safeParse(jsonOf(text));
	if (!kept.success || kept.data.fingerprint !== fingerprint) return null;
	const found = await stat(join(folder, `${kept.data.sha256}.tgz`)).catch(() => null);
	return found?.size === kept.data.bytes ? kept.data : null;
}

/** What is none was cut off while it was written: the build is made again. */
function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

async function keep(folder: string, kept: Kept): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const draft = join(folder, `kept.${process.pid}`);
	await writeFile(draft, JSON.stringify(kept));
	await rename(draft, join(folder, 'kept.json'));
	const archives = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}\.tgz$/.test(name));
	const aged = await Promise.all(
		archives.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
	);
	const old = aged.sort((a, b) => b.at - a.at).slice(buildsKept);
	for (const { name } of old) await rm(join(folder, name), { force: true });
}
