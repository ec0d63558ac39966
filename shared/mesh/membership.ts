/**
 * What a member keeps of the mesh it belongs to: enough to find the gateway and prove it after any restart, offline too.
 * `mesh.json` in the state folder, 0600, written whole or not at all. Everything else is in the signed registry.
 */

import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { nodeIdOf } from '../log/index.ts';
import { ganglineError, type PeerAddress } from '../ports/index.ts';
import { writeWhole } from '../ports/system/whole-file.ts';
import { addressesSchema, meshIdSchema, nodeIdSchema, publicKeySchema } from '../registry/index.ts';

export interface Membership {
	/** The mesh's id. */
	readonly mesh: string;
	readonly gateway: PeerAddress;
}

const fileSchema = z.strictObject({
	v: z.literal(1),
	mesh: meshIdSchema,
	gateway: z.strictObject({ node: nodeIdSchema, publicKey: publicKeySchema, addresses: addressesSchema }),
});

/** The membership in the file, null where there is none. @throws GanglineError STORE_DAMAGED for anything else there */
export async function readMembership(path: string): Promise<Membership | null> {
	const text = await readFile(path, 'utf8').catch((error: unknown) => {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
		throw ganglineError('STORE_FAILED', `could not read ${path}: ${String(error)}`, { cause: error });
	});
	if (text === null) return null;
	try {
		const { mesh, gateway } = fileSchema.parse(JSON.parse(text));
		const publicKey = new Uint8Array(Buffer.from(gateway.publicKey, 'base64'));
		if (nodeIdOf(publicKey) !== gateway.node) throw new Error(`${gateway.node} has another key`);
		return { mesh, gateway: { ...gateway, publicKey } };
	} catch (cause) {
		throw ganglineError('STORE_DAMAGED', `${path} does not say to which mesh this node belongs. It was left as it is`, {
			hint: `put it back from a backup, or move it away and join again: mv ${path} ${path}.damaged`,
			data: { path },
			cause,
		});
	}
}

export async function writeMembership(path: string, { mesh, gateway }: Membership): Promise<void> {
	const file = { v: 1, mesh, gateway: { ...gateway, publicKey: Buffer.from(gateway.publicKey).toString('base64') } };
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	await writeWhole(path, `${JSON.stringify(file, null, '\t')}\n`);
}
