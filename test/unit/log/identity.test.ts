/** Who a node is: the key file is made once, is private, and is never overwritten. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, loadOrCreateIdentity, nodeIdOf, verifySignature } from '../../../shared/log/index.ts';
import { SimRandom } from '../../../shared/ports/sim/index.ts';

const random = new SimRandom('identity');
const bytes = new TextEncoder().encode('what is signed');

describe('Identity', () => {
	it('is named by the hash of its key, and signs for it', () => {
		const identity = identityOf(random.bytes(32));
		expect(identity.nodeId).toBe(nodeIdOf(identity.publicKey));
		const signature = identity.sign(bytes);
		expect(verifySignature(identity.publicKey, bytes, signature)).toBe(true);
		expect(verifySignature(identity.publicKey, bytes.subarray(1), signature)).toBe(false);
		expect(verifySignature(identityOf(random.bytes(32)).publicKey, bytes, signature)).toBe(false);
		expect(verifySignature(new Uint8Array(32), bytes, signature)).toBe(false);
		expect(verifySignature(new Uint8Array(3), bytes, signature)).toBe(false);
		expect(verifySignature(identity.publicKey, bytes, new Uint8Array(3))).toBe(false);
	});

	it('is the same from the same seed', () => {
		const seed = random.bytes(32);
		expect(identityOf(seed).publicKey).toEqual(identityOf(seed).publicKey);
		expect(() => identityOf(seed.subarray(1))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
	});
});

describe('loadOrCreateIdentity', () => {
	let folder: string;
	let path: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-identity-'));
		path = join(folder, 'state', 'node.pem');
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	it('makes a key once, readable by its owner only, and leaves nothing else behind', async () => {
		const [one, two] = await Promise.all([loadOrCreateIdentity(path, random), loadOrCreateIdentity(path, random)]);
		expect(one.nodeId).toBe(two.nodeId);
		expect((await loadOrCreateIdentity(path, random)).nodeId).toBe(one.nodeId);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(readdirSync(join(folder, 'state'))).toEqual(['node.pem']);
	});

	it('refuses a key that others can read, and says how to mend it', async () => {
		await loadOrCreateIdentity(path, random);
		chmodSync(path, 0o640);
		await expect(loadOrCreateIdentity(path, random)).rejects.toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			hint: `chmod 600 ${path}`,
		});
	});

	it('leaves a file that holds no key as it is', async () => {
		await loadOrCreateIdentity(path, random);
		writeFileSync(path, 'no key');
		await expect(loadOrCreateIdentity(path, random)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
		expect(readFileSync(path, 'utf8')).toBe('no key');
	});
});
