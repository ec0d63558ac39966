/**
 * Tokens with which people's programs ask the gateway's HTTP API. Kept as hashes in the gateway's own store, never in
 * the registry: what everyone replicates holds no secret, and no hash of one. What a person may do is the registry's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Random, Store } from '../../shared/ports/index.ts';
import { soundRecord } from '../../shared/store/index.ts';

const prefix = 'gateway/person/';
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

export class PersonTokens {
	readonly #store: Store;
	/** Person → hash. */
	readonly #hashes: Map<string, string>;

	static async open(store: Store): Promise<PersonTokens> {
		const records = await store.list(prefix);
		const hashes = records.map(
			({ key, value }) => [key.slice(prefix.length), soundRecord(hashSchema, key, value)] as const,
		);
		return new PersonTokens(store, new Map(hashes));
	}

	private constructor(store: Store, hashes: Map<string, string>) {
		this.#store = store;
		this.#hashes = hashes;
	}

	has(person: string): boolean {
		return this.#hashes.has(person);
	}

	/** A new secret for the person; the one before is void. */
	async renew(person: string, random: Random): Promise<string> {
		const token = `glp_${Buffer.from(random.bytes(32)).toString('base64url')}`;
		const hash = hashOf(token);
		await this.#store.write([{ kind: 'put', key: `${prefix}${person}`, value: hash }]);
		this.#hashes.set(person, hash);
		return token;
	}

	/** Whose token it is, null for nobody's. */
	personOf(token: string): string | null {
		const wanted = Buffer.from(hashOf(token), 'hex');
		let found: string | null = null;
		for (const [person, hash] of this.#hashes) {
			if (timingSafeEqual(Buffer.from(hash, 'hex'), wanted)) found = person;
		}
		return found;
	}

	async remove(person: string): Promise<void> {
		this.#hashes.delete(person);
		await this.#store.write([{ kind: 'delete', key: `${prefix}${person}` }]);
	}
}

function hashOf(token: string): string {
	return createHash('sha256').update('gangline person 1\0').update(token).digest('hex');
}
