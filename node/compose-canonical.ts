/**
 * Opens the canonical repository of a project: the one whose main only the home moves. Made from the person's checkout
 * the first time; one that was there and is gone is never made anew by itself, because of what was kept in it.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CanonicalOptions, CanonicalRepository, importMain, MirrorRepository } from '../shared/git/index.ts';
import { fromBase64, verifySignature } from '../shared/log/index.ts';
import { type CommitId, type GanglineError, ganglineError, type Person } from '../shared/ports/index.ts';
import type { NodeParts } from './compose.ts';
import type { ProjectRecord } from './home/project-parts.ts';
import { formerKeys } from './rehome/records.ts';

/** How long a killed node's last git child may still hold the repository. */
const lockWaitMs = 15_000;
/** Who writes commits where the person has no name in git. */
export const committer: Person = { name: 'Gangline', email: 'gangline@localhost' };

/** The canonical repositories of a node, as moves of homes need them. */
export interface Repositories {
	/** See `openCanonical`. */
	canonical(
		record: Pick<ProjectRecord, 'id' | 'path' | 'branch'>,
		options?: { readonly anew?: boolean },
	): Promise<CanonicalRepository>;
	/** The place of a project's canonical repository, to be filled with what another home hands over. */
	handedOver(project: Pick<ProjectRecord, 'id' | 'branch'>, main: CommitId): Promise<MirrorRepository>;
}

export function openRepositories(parts: Pick<NodeParts, 'config' | 'identity' | 'store'>): Repositories {
	const { state, personEnvironment: environment } = parts.config;
	return {
		canonical: (record, options) => openCanonical(parts, record, options),
		handedOver: ({ id, branch }, main) =>
			MirrorRepository.open({
				path: join(state.project(id), 'canonical.git'),
				branch,
				objectFormat: main.length === 64 ? 'sha256' : 'sha1',
				environment,
				lockWaitMs,
			}),
	};
}

/**
 * The canonical repository of a project, made from the person's checkout where there is none yet. `anew`: also where
 * there was one, because the home that had it is lost.
 */
export async function openCanonical(
	{ config, identity, store }: Pick<NodeParts, 'config' | 'identity' | 'store'>,
	{ id, path: checkout, branch }: Pick<ProjectRecord, 'id' | 'path' | 'branch'>,
	{ anew = false }: { readonly anew?: boolean } = {},
): Promise<CanonicalRepository> {
	const folder = config.state.project(id);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const path = join(folder, 'canonical.git');
	const environment = config.personEnvironment;
	// Landings of the homes before this one are landings too.
	const keys = [identity.publicKey, ...(await formerKeys(store, id)).map(fromBase64)];
	const signer = {
		sign: (bytes: Uint8Array) => identity.sign(bytes),
		verify: (bytes: Uint8Array, signature: Uint8Array) => keys.some((key) => verifySignature(key, bytes, signature)),
	};
	const twin = repositoryAt(folder, 'mirror.git');
	const options = { ...canonicalOptions(config, signer), path, twin, branch };
	const hadOne = !anew && store.streams().some((stream) => stream.startsWith(`doc/${id}/`));
	const copy = `git clone --bare '${checkout}' '${path}'`;
	if (hadOne && !existsSync(path)) throw canonicalGone(`the canonical repository ${path} is gone`, copy);
	const repository = existsSync(path)
		? await CanonicalRepository.open(options)
		: await CanonicalRepository.create(options);
	try {
		if ((await repository.main()) !== null) return repository;
		if (hadOne)
			throw canonicalGone(
				`the branch ${branch} is gone from the canonical repository ${path}`,
				`mv '${path}' '${path}.lost' && ${copy}`,
			);
		const commit = await importMain(repository, { checkout, environment });
		if (commit === null) {
			throw ganglineError('UNSUITABLE_REPOSITORY', `${checkout} has no branch ${branch}`, {
				hint: `make it, or put the right branch into .gangline/project.toml`,
			});
		}
		await repository.moveMain(commit, null);
		return repository;
	} catch (error) {
		await repository.close();
		throw error;
	}
}

/** A repository of a project's folder, null where it is not there. */
export function repositoryAt(folder: string, name: 'canonical.git' | 'mirror.git'): string | null {
	const path = join(folder, name);
	return existsSync(path) ? path : null;
}

/** What all canonical repositories of a node have in common. */
export function canonicalOptions(
	{ personEnvironment }: Pick<NodeParts['config'], 'personEnvironment'>,
	signer: CanonicalOptions['signer'],
): Omit<CanonicalOptions, 'path' | 'branch'> {
	return { committer, environment: personEnvironment, lockWaitMs, signer };
}

/** What has landed and what is kept is in there: it is never made anew without being asked for. */
function canonicalGone(what: string, copy: string): GanglineError {
	return ganglineError('UNSUITABLE_REPOSITORY', `${what}, with what landed and the work that was kept there`, {
		hint: `put it back from a backup; or go on with what your checkout has: ${copy}`,
	});
}
