/**
 * A join token as text: everything that a machine needs to become a member and nothing that anyone else may see. It
 * names the gateway by its key, so that whoever answers at one of the addresses is proved before the secret is shown
 * to it, and the build by its hash, so that what is fetched on the way can be checked. A checksum tells a token that was
 * cut off when it was pasted from one that is wrong.
 */
import { createHash } from 'node:crypto';
import { nodeIdOf } from '../../log/index.ts';
import { type GanglineError, ganglineError, type PeerAddress } from '../../ports/index.ts';
import { addressesMax, addressesSchema, meshIdSchema } from '../../registry/index.ts';

export interface JoinToken {
	/** The mesh's id. */
	readonly mesh: string;
	readonly gateway: PeerAddress;
	/** 16 bytes. */
	readonly secret: Uint8Array;
	/** SHA-256 of the gateway's own build, hex; null where it offers none. */
	readonly build: string | null;
}

export const secretBytes = 16;
const prefix = 'gl1_';
const meshBytes = 26;
const keyBytes = 32;
const hashBytes = 32;
const checkBytes = 4;
const fixedBytes = meshBytes + keyBytes + secretBytes + hashBytes;
const tokenCharactersMax = 8_192;

/** As many of the addresses as fit: a machine with many networks has more, the likeliest first. */
export function formatToken({ mesh, gateway, secret, build }: JoinToken): string {
	const bytes = Buffer.concat([
		Buffer.from(meshIdSchema.parse(mesh), 'latin1'),
		gateway.publicKey,
		secret,
		build === null ? Buffer.alloc(hashBytes) : Buffer.from(build, 'hex'),
		Buffer.from(gateway.addresses.slice(0, addressesMax).join(' '), 'utf8'),
	]);
	return `${prefix}${Buffer.concat([bytes, checksum(bytes)]).toString('base64url')}`;
}

/** @throws GanglineError INVALID_ARGUMENT that says what is wrong with the text */
export function parseToken(text: string): JoinToken {
	const trimmed = text.trim();
	if (!trimmed.startsWith(prefix))
		throw noToken(`it begins with ${JSON.stringify(trimmed.slice(0, 4))}, not with ${prefix}`);
	if (trimmed.length > tokenCharactersMax) throw noToken(`it has ${trimmed.length} characters`);
	if (!/^[\w-]+$/.test(trimmed)) throw noToken('it has characters that no token has');
	const all = Buffer.from(trimmed.slice(prefix.length), 'base64url');
	const bytes = all.subarray(0, -checkBytes);
	if (bytes.length <= fixedBytes || !checksum(bytes).equals(all.subarray(-checkBytes))) {
		throw noToken('a part of it is missing or was changed');
	}
	return read(bytes);
}

/** What the gateway keeps of a secret: 128 random bits need no salt and no slow hash. */
export function hashSecret(secret: Uint8Array): string {
	return createHash('sha256').update('gangline join 1\0').update(secret).digest('hex');
}

function read(bytes: Buffer): JoinToken {
	const [mesh, publicKey, secret, build, addresses] = split(bytes, [meshBytes, keyBytes, secretBytes, hashBytes]);
	const parsed = {
		mesh: meshIdSchema.safeParse(mesh.toString('latin1')),
		addresses: addressesSchema.safeParse(addresses.toString('utf8').split(' ').filter(Boolean)),
	};
	if (!parsed.mesh.success || !parsed.addresses.success) {
		throw noToken('it names no mesh or no address that this version knows');
	}
	return {
		mesh: parsed.mesh.data,
		gateway: { node: nodeIdOf(publicKey), publicKey: new Uint8Array(publicKey), addresses: parsed.addresses.data },
		secret: new Uint8Array(secret),
		build: build.every((byte) => byte === 0) ? null : build.toString('hex'),
	};
}

type Parts = readonly [Buffer, Buffer, Buffer, Buffer, Buffer];

/** Parts of the given lengths, and the rest. */
function split(bytes: Buffer, [a, b, c, d]: readonly [number, number, number, number]): Parts {
	const part = (from: number, length?: number): Buffer =>
		bytes.subarray(from, length === undefined ? undefined : from + length);
	return [part(0, a), part(a, b), part(a + b, c), part(a + b + c, d), part(a + b + c + d)];
}

function checksum(bytes: Uint8Array): Buffer {
	return createHash('sha256').update('gangline token 1\0').update(bytes).digest().subarray(0, checkBytes);
}

function noToken(why: string): GanglineError {
	return ganglineError('INVALID_ARGUMENT', `this is no join token: ${why}`, {
		hint: 'copy the whole line that `gangline token new` printed, or make a new one',
	});
}
