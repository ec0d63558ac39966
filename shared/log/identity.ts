/**
 * Who a node is: an Ed25519 key pair. Its id is made of the hash of its public key, so a signature that verifies under
 * the key in a log or document also proves the name, and no registry has to be asked who wrote it.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ganglineError, type NodeId, parseNodeId } from '../ports/index.ts';

export interface Identity {
	readonly nodeId: NodeId;
	/** 32 bytes. */
	readonly publicKey: Uint8Array;
	/** An Ed25519 signature of 64 bytes; always the same for the same bytes. */
	sign(bytes: Uint8Array): Uint8Array;
}

export const seedBytes = 32;
const publicKeyBytes = 32;
const signatureBytes = 64;
/** What stands before the raw key in the standard encodings of an Ed25519 key. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
/** Making a key object costs as much as a verification; a mesh has few keys. */
const keysCachedMax = 256;
const keys = new Map<string, KeyObject>();

/** The identity of a seed of 32 random bytes; the same seed gives the same identity. */
export function identityOf(seed: Uint8Array): Identity {
	const key = privateKeyOf(seed);
	const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
	const publicKey = new Uint8Array(spki.subarray(publicPrefix.length));
	return {
		nodeId: nodeIdOf(publicKey),
		publicKey,
		sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
	};
}

export function nodeIdOf(publicKey: Uint8Array): NodeId {
	return parseNodeId(`n${createHash('sha256').update(publicKey).digest('hex').slice(0, 16)}`);
}

/** Whether `signature` is of `publicKey` over `bytes`; false for anything malformed. */
export function verifySignature(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
	if (publicKey.byteLength !== publicKeyBytes || signature.byteLength !== signatureBytes) return false;
	try {
		return verify(null, bytes, publicKeyOf(publicKey), signature);
	} catch {
		return false;
	}
}

export function toPem(seed: Uint8Array): string {
	const pem = privateKeyOf(seed).export({ format: 'pem', type: 'pkcs8' });
	return typeof pem === 'string' ? pem : pem.toString('latin1');
}

/** The seed in a PEM file's text; throws a plain error for anything but an Ed25519 private key. */
export function fromPem(pem: string): Uint8Array {
	const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
	if (!der.subarray(0, privatePrefix.length).equals(privatePrefix)) throw new TypeError('not an Ed25519 key');
	return new Uint8Array(der.subarray(privatePrefix.length));
}

function privateKeyOf(seed: Uint8Array): KeyObject {
	if (seed.byteLength !== seedBytes) {
		throw ganglineError('INVALID_ARGUMENT', `a key seed has ${seedBytes} bytes, this one ${seed.byteLength}`);
	}
	return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(publicKey: Uint8Array): KeyObject {
	const name = Buffer.from(publicKey).toString('latin1');
	const known = keys.get(name);
	if (known) return known;
	const key = createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' });
	if (keys.size >= keysCachedMax) keys.clear();
	keys.set(name, key);
	return key;
}
