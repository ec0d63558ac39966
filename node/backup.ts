/**
 * A backup of this node in one file, made while it runs: key, store, to which mesh it belongs, and every project's
 * canonical repository. Without the mesh a restored node would go on as the home of what was moved meanwhile. The store
 * is read as of one moment and the repositories after it, so git may be ahead of the facts and never behind; what landed
 * in between is found on main at the next start, as after a crash. A node that begins with a restored backup begins a
 * new term: no token from after the backup counts, no number is given twice.
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { pack, unpack } from '../shared/backup/index.ts';
import { type CanonicalRepository, restoreRepository, saveRepository } from '../shared/git/index.ts';
import { ganglineError, type Log, type Store, whyInvalid } from '../shared/ports/index.ts';
import { syncPath } from '../shared/ports/system/sync-path.ts';
import type { StateFolder } from '../shared/project/index.ts';
import { openStore, restoreStore } from '../shared/store/index.ts';
import { canonicalOptions } from './compose-canonical.ts';
import type { NodeConfig } from './config.ts';
import type { ProjectRecord } from './home/project-parts.ts';

const aboutSchema = z.object({
	kind: z.literal('node'),
	node: z.string(),
	projects: z.array(z.object({ id: z.string(), name: z.string(), path: z.string(), branch: z.string() })),
});

export interface BackupSource {
	readonly state: StateFolder;
	readonly store: Store;
	readonly node: string;
	readonly version: string;
	/** Wall ms. */
	readonly now: number;
	readonly projects: readonly { readonly record: ProjectRecord; readonly repository: CanonicalRepository }[];
}

export interface BackupReport {
	readonly file: string;
	readonly bytes: number;
	readonly at: number;
	readonly node: string;
	projects: { name: string; path: string }[];
}

/** Writes the new file `to`. @throws GanglineError INVALID_ARGUMENT (it exists), STORE_FAILED, GIT_FAILED */
export async function makeBackup(source: BackupSource, to: string): Promise<BackupReport> {
	const { state, store, node, version, now: at, projects } = source;
	const folder = await mkdtemp(join(state.root, 'backup-'));
	try {
		await copyFile(state.identity, join(folder, 'identity.key'));
		if (existsSync(state.mesh)) await copyFile(state.mesh, join(folder, 'mesh.json'));
		await pipeline(store.dump(), createWriteStream(join(folder, 'store.dump'), { flush: true }));
		await mkdir(join(folder, 'projects'));
		for (const { record, repository } of projects) {
			await saveRepository(repository, join(folder, 'projects', `${record.id}.bundle`));
		}
		const about = {
			kind: 'node',
			node,
			projects: projects.map(({ record: { id, name, path, branch } }) => ({ id, name, path, branch })),
		};
		await pack(folder, to, { version, at, about });
		const { size: bytes } = await stat(to);
		return { file: to, bytes, at, node, projects: about.projects.map(({ name, path }) => ({ name, path })) };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Puts a backup into the state folder, which must have no node's store yet; nothing is there when it fails. */
export async function restoreBackup(config: NodeConfig, file: string, log: Log): Promise<BackupReport> {
	const { state } = config;
	for (const taken of [state.store, state.identity, state.mesh]) {
		if (existsSync(taken)) {
			throw ganglineError('REFUSED', `${state.root} has a node already (${taken}): nothing is overwritten`, {
				hint: `stop it and move it away: gangline stop; mv '${state.root}' '${state.root}.before'`,
			});
		}
	}
	await mkdir(state.root, { recursive: true, mode: 0o700 });
	const folder = await mkdtemp(join(state.root, 'restore-'));
	try {
		const { at, about } = await unpack(file, folder, ['identity.key', 'store.dump']);
		const { node, projects } = aboutOf(file, about);
		await restoreStore(join(folder, 'store'), createReadStream(join(folder, 'store.dump')));
		await (await openStore(join(folder, 'store'), { log })).close();
		for (const { id, branch } of projects) {
			const path = join(folder, 'canonical', id, 'canonical.git');
			await restoreRepository(
				{ ...canonicalOptions(config, unsigned), path, branch },
				join(folder, 'projects', `${id}.bundle`),
			);
		}
		for (const { id } of projects) await place(join(folder, 'canonical', id), state.project(id));
		const membership = join(folder, 'mesh.json');
		if (existsSync(membership)) {
			await chmod(membership, 0o600);
			await syncPath(membership);
			await place(membership, state.mesh);
		}
		await syncPath(join(folder, 'identity.key'));
		await place(join(folder, 'identity.key'), state.identity);
		await chmod(state.identity, 0o600);
		// Last: with it the node is there.
		await place(join(folder, 'store'), state.store);
		const { size: bytes } = await stat(file);
		return { file, bytes, at, node, projects: projects.map(({ name, path }) => ({ name, path })) };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** No landing is made or read while a repository is put back. */
const unsigned = { sign: () => new Uint8Array(), verify: () => false };

function aboutOf(file: string, about: unknown): z.output<typeof aboutSchema> {
	const parsed = aboutSchema.safeParse(about);
	if (parsed.success) return parsed.data;
	throw ganglineError('MALFORMED', `${file} is no backup of a node: ${whyInvalid(parsed.error)}`);
}

async function place(from: string, to: string): Promise<void> {
	await mkdir(dirname(to), { recursive: true, mode: 0o700 });
	await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
		if (error.code !== 'EXDEV') throw error;
		await cp(from, to, { recursive: true, errorOnExist: true, force: false });
	});
	await syncPath(dirname(to));
}
