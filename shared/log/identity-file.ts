/**
 * The node's key on disk: a PEM file that only its owner can read. It is made once, whole or not at all, and never
 * overwritten: a new key is a new node, which has lost every right of the old one.
 */
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ganglineError, type Random, randomHex } from '../ports/index.ts';
import { fromPem, type Identity, identityOf, seedBytes, toPem } from './identity.ts';

/** The identity in the file `path`; where there is none, a new one is drawn and kept there. */
export async function loadOrCreateIdentity(path: string, random: Random): Promise<Identity> {
	const existing = await readIfThere(path);
	if (existing === undefined) await create(path, random);
	const pem = existing ?? (await readFile(path, 'latin1'));
	await refuseOpenToOthers(path);
	try {
		return identityOf(fromPem(pem));
	} catch (cause) {
		throw ganglineError('STORE_DAMAGED', `${path} holds no Ed25519 private key. It was left as it is`, {
			hint: `Put it back from a backup. A node without it must join anew: mv ${path} ${path}.damaged`,
			data: { path },
			cause,
		});
	}
}

async function readIfThere(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, 'latin1');
	} catch (cause) {
		if (codeOf(cause) === 'ENOENT') return undefined;
		throw ganglineError('STORE_FAILED', `could not read the node's key ${path}: ${String(codeOf(cause))}`, {
			hint: `Look at who owns it: ls -la ${path}`,
			cause,
		});
	}
}

/** Written and synced under another name first; the link fails where another process was quicker, whose key then counts. */
async function create(path: string, random: Random): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	const draft = `${path}.${randomHex(random, 8)}`;
	const file = await open(draft, 'wx', 0o600);
	try {
		await file.writeFile(toPem(random.bytes(seedBytes)));
		await file.sync();
		await link(draft, path);
	} catch (error) {
		if (codeOf(error) !== 'EEXIST') throw error;
	} finally {
		await file.close();
		await rm(draft, { force: true });
	}
	const folder = await open(dirname(path), 'r');
	await folder.sync();
	await folder.close();
}

async function refuseOpenToOthers(path: string): Promise<void> {
	const { mode } = await stat(path);
	if ((mode & 0o077) === 0) return;
	throw ganglineError(
		'UNSUITABLE_MACHINE',
		`the node's key ${path} can be read or changed by others (mode ${(mode & 0o777).toString(8)}, expected 600)`,
		{ hint: `chmod 600 ${path}`, data: { path } },
	);
}

function codeOf(error: unknown): unknown {
	return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
