/**
 * Tokens with which people's programs ask the gateway: one that opens the whole HTTP API, and one for an editor, which
 * opens the tools of models and nothing else. Kept as hashes in the gateway's own store, never in the registry: what
 * everyone replicates holds no secret, and no hash of one. What a person may do is the registry's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Random, Store } from '../../shared/ports/index.ts';
import { soundRecord } from '../../shared/store/index.ts';

/** What a token opens: everything that its person may ask, or the tools alone. */
export type TokenUse = 'all' | 'editor';

interface Held {
	readonly person: string;
	readonly use: TokenUse;
	readonly hash: string;
}

const kinds: Readonly<Record<TokenUse, { readonly prefix: string; readonly mark: string }>> = {
	all: { prefix: 'gateway/person/', mark: 'glp_' },
	editor: { prefix: 'gateway/editor/', mark: 'gle_' },
};
const uses = ['all', 'editor'] as const;
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

export class PersonTokens {
	readonly #store: Store;
	/** By the key of its record. */
	readonly #held: Map<string, Held>;

	static async open(store: Store): Promise<PersonTokens> {
		const held = new Map<string, Held>();
		for (const use of uses) {
			const { prefix } = kinds[use];
			for (const { key, value } of await store.list(prefix)) {
				held.set(key, { person: key.slice(prefix.length), use, hash: soundRecord(hashSchema, key, value) });
			}
		}
		return new PersonTokens(store, held);
	}

	private constructor(store: Store, held: Map<string, Held>) {
		this.#store = store;
		this.#held = held;
	}

	has(person: string, use: TokenUse = 'all'): boolean {
		return this.#held.has(keyOf(person, use));
	}

	/** A new secret for the person; the one before for the same use is void. */
	async renew(person: string, random: Random, use: TokenUse = 'all'): Promise<string> {
		const token = `${kinds[use].mark}${Buffer.from(random.bytes(32)).toString('base64url')}`;
		const key = keyOf(person, use);
		const hash = hashOf(token);
		// Held at once, so that who revokes it while it is being written takes it from both. Nobody else has it before.
		this.#held.set(key, { person, use, hash });
		await this.#store.write([{ kind: 'put', key, value: hash }]);
		return token;
	}

	/** Whose token it is, and what it opens; null for nobody's. */
	holderOf(token: string): Omit<Held, 'hash'> | null {
		const wanted = Buffer.from(hashOf(token), 'hex');
		let found: Held | null = null;
		for (const held of this.#held.values()) {
			if (timingSafeEqual(Buffer.from(held.hash, 'hex'), wanted)) found = held;
		}
		return found && { person: found.person, use: found.use };
	}

	/** The token opens nothing from now on; false where there was none. */
	async revoke(person: string, use: TokenUse): Promise<boolean> {
		const key = keyOf(person, use);
		if (!this.#held.delete(key)) return false;
		await this.#store.write([{ kind: 'delete', key }]);
		return true;
	}

	/** Every token of a person who is let out. */
	async remove(person: string): Promise<void> {
		for (const use of uses) await this.revoke(person, use);
	}
}

function keyOf(person: string, use: TokenUse): string {
	return `${kinds[use].prefix}${person}`;
}

function hashOf(token: string): string {
	return createHash('sha256').update('gangline person 1\0').update(token).digest('hex');
}
