/**
 * The gateway in one file, made while it runs: its key, its store (registry, tokens, people) and where it listens. Put
 * back on any machine it is the same gateway: members know it by its key, bring what came after the copy, and until
 * then it publishes nothing (registry/recovery.ts). There must never be two of it.
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { pack, unpack } from '../shared/backup/index.ts';
import type { Result } from '../shared/operations/index.ts';
import { GanglineError, ganglineError, type Log, whyInvalid } from '../shared/ports/index.ts';
import { openPinoLog } from '../shared/ports/system/index.ts';
import { syncPath } from '../shared/ports/system/sync-path.ts';
import type { GatewayFolder } from '../shared/project/index.ts';
import type { BackupLine } from '../shared/protocol/backup.ts';
import { openStore, restoreStore } from '../shared/store/index.ts';
import type { GatewayConfig } from './config.ts';
import type { GatewayParts } from './context.ts';

type Report = Result<'gateway.backup'>;

const aboutSchema = z.object({ kind: z.literal('gateway'), node: z.string() });

/** Writes the new file `to`. @throws GanglineError INVALID_ARGUMENT (it exists), STORE_FAILED */
export async function makeGatewayBackup(
	{ config, store, mesh, clock, version }: Pick<GatewayParts, 'config' | 'store' | 'mesh' | 'clock' | 'version'>,
	to: string,
): Promise<Report> {
	const { root, identity, listen } = config.folder;
	const node = mesh.self;
	const at = clock.now();
	const folder = await mkdtemp(join(root, 'backup-'));
	try {
		await copyFile(identity, join(folder, 'identity.key'));
		if (existsSync(listen)) await copyFile(listen, join(folder, 'listen.json'));
		await pipeline(store.dump(), createWriteStream(join(folder, 'store.dump'), { flush: true }));
		await pack(folder, to, { version, at, about: { kind: 'gateway', node } });
		return { file: to, bytes: (await stat(to)).size, at, node, projects: [] };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Puts it into a state folder that has no gateway yet; nothing is there when it fails. */
export async function restoreGatewayBackup(folder: GatewayFolder, file: string, log: Log): Promise<Report> {
	for (const taken of [folder.identity, folder.store]) {
		if (existsSync(taken)) {
			throw ganglineError('REFUSED', `this machine has a gateway already (${taken}): nothing is overwritten`, {
				hint: `stop it and move it away: gangline gateway stop; mv '${folder.root}' '${folder.root}.before'`,
			});
		}
	}
	await mkdir(folder.root, { recursive: true, mode: 0o700 });
	const draft = await mkdtemp(join(folder.root, 'restore-'));
	try {
		const { at, about } = await unpack(file, draft, ['identity.key', 'store.dump']);
		const parsed = aboutSchema.safeParse(about);
		if (!parsed.success) {
			throw ganglineError('MALFORMED', `${file} is no backup of a gateway: ${whyInvalid(parsed.error)}`, {
				hint: 'a backup of a node is put back with gangline restore',
			});
		}
		await restoreStore(join(draft, 'store'), createReadStream(join(draft, 'store.dump')));
		await (await openStore(join(draft, 'store'), { log })).close();
		await chmod(join(draft, 'identity.key'), 0o600);
		// A power cut must not leave their names without what is in them, nor the key without the store.
		for (const name of ['identity.key', 'listen.json'])
			if (existsSync(join(draft, name))) await syncPath(join(draft, name));
		if (existsSync(join(draft, 'listen.json'))) await rename(join(draft, 'listen.json'), folder.listen);
		await rename(join(draft, 'store'), folder.store);
		await syncPath(folder.root);
		// Last: with its key the gateway is there.
		await rename(join(draft, 'identity.key'), folder.identity);
		await syncPath(folder.root);
		return { file, bytes: (await stat(file)).size, at, node: parsed.data.node, projects: [] };
	} finally {
		await rm(draft, { recursive: true, force: true });
	}
}

/** `gateway/main restore --file PATH`: prints one JSON line and answers the exit code. */
export async function runRestore(
	{ folder }: Pick<GatewayConfig, 'folder'>,
	file: string,
	stdout: { write(text: string): unknown },
): Promise<number> {
	const say = (line: BackupLine): void => void stdout.write(`${JSON.stringify(line)}\n`);
	try {
		say({ type: 'backup', ...(await restoreGatewayBackup(folder, file, openPinoLog({ to: 2, level: 'error' }))) });
		return 0;
	} catch (error) {
		const known = error instanceof GanglineError;
		const message = error instanceof Error ? error.message : String(error);
		const hint = known ? (error.hint ?? null) : null;
		say({ type: 'error', error: { code: known ? error.code : 'INTERNAL', message, hint } });
		return 1;
	}
}
