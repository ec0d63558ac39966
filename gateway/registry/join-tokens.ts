/**
 * Join tokens as the gateway keeps them: never a secret, only its hash. A token makes members, each counted in the same
 * batch as its record, so that no crash lets a token be used once more; a node that comes again with the token that
 * made it a member gets the same answer again.
 */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { hashSecret, secretBytes } from '../../shared/mesh/join/index.ts';
import { givenDuties } from '../../shared/operations/mesh-views.ts';
import {
	type Clock,
	type GanglineError,
	ganglineError,
	type JsonValue,
	type NodeId,
	type Random,
	type Store,
	type StoreWrite,
} from '../../shared/ports/index.ts';
import { labelsSchema, nodeIdSchema, slotsSchema, worksForSchema } from '../../shared/registry/index.ts';
import { soundRecord } from '../../shared/store/index.ts';

const name = z.string().max(64);

const recordSchema = z.strictObject({
	id: z.string().regex(/^t[0-9a-f]{8}$/),
	hash: z.string().regex(/^[0-9a-f]{64}$/),
	/** What its nodes become. */
	name: name.nullable(),
	duties: z.array(z.enum(givenDuties)).readonly(),
	worksFor: worksForSchema,
	/** Names of projects, which may not be there yet. */
	homeFor: z.array(name).readonly(),
	person: name.nullable(),
	slots: slotsSchema.nullable(),
	labels: labelsSchema,
	uses: z.int().min(1),
	usedBy: z.array(nodeIdSchema).readonly(),
	createdAt: z.number(),
	createdBy: name,
	/** Wall ms: it has to survive restarts. */
	expiresAt: z.number(),
	revoked: z.boolean(),
	/** Wall ms when it was used up or revoked. */
	closedAt: z.number().nullable(),
});
export type TokenRecord = z.output<typeof recordSchema>;

/** What a token is made with. */
export type TokenWish = Pick<
	TokenRecord,
	'name' | 'duties' | 'worksFor' | 'homeFor' | 'person' | 'slots' | 'labels' | 'uses' | 'createdBy' | 'expiresAt'
>;

/** Tokens kept at once, used and expired ones among them; the oldest closed ones go first. */
const tokensMax = 1_000;
/** Who pastes a line too late is told so for that long; afterwards the door is shut without a word. */
const tellsLateMsMax = 3_600_000;
const prefix = 'gateway/token/';

export class JoinTokens {
	readonly #store: Store;
	readonly #clock: Clock;
	readonly #tokens: Map<string, TokenRecord>;

	static async open(store: Store, clock: Clock): Promise<JoinTokens> {
		const records = (await store.list(prefix)).map(({ key, value }) => soundRecord(recordSchema, key, value));
		return new JoinTokens(store, clock, new Map(records.map((record) => [record.id, record])));
	}

	private constructor(store: Store, clock: Clock, tokens: Map<string, TokenRecord>) {
		this.#store = store;
		this.#clock = clock;
		this.#tokens = tokens;
	}

	/** Newest first. */
	list(): readonly TokenRecord[] {
		return [...this.#tokens.values()].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
	}

	/** Whether someone may come in now. */
	get isOpen(): boolean {
		return [...this.#tokens.values()].some((token) => this.stateOf(token) === 'open');
	}

	/** Whether a stranger is listened to: while someone may come in, and for a while after, to be told why not any more. */
	get expectsSomeone(): boolean {
		const since = this.#clock.now() - tellsLateMsMax;
		return [...this.#tokens.values()].some(
			(token) => Math.min(token.expiresAt, token.closedAt ?? token.expiresAt) > since,
		);
	}

	stateOf(token: TokenRecord): 'open' | 'used' | 'expired' | 'revoked' {
		if (token.revoked) return 'revoked';
		if (token.usedBy.length >= token.uses) return 'used';
		return this.#clock.now() >= token.expiresAt ? 'expired' : 'open';
	}

	/** A new token; the secret is given here and nowhere else. */
	async create(wish: TokenWish, random: Random): Promise<{ readonly token: TokenRecord; readonly secret: Uint8Array }> {
		const secret = random.bytes(secretBytes);
		const hash = hashSecret(secret);
		const id = `t${hash.slice(0, 8)}`;
		const token = recordSchema.parse({
			...wish,
			id,
			hash,
			usedBy: [],
			createdAt: this.#clock.now(),
			revoked: false,
			closedAt: null,
		});
		const writes = [...this.#makeRoom(), put(token)];
		this.#tokens.set(id, token);
		await this.#store.write(writes);
		return { token, secret };
	}

	/** @throws GanglineError NOTHING_TO_SHOW */
	async revoke(id: string): Promise<TokenRecord> {
		const token = this.#tokens.get(id);
		if (token === undefined) {
			throw ganglineError('NOTHING_TO_SHOW', `there is no join token ${JSON.stringify(id)}`, {
				hint: 'gangline token list',
			});
		}
		const revoked = { ...token, revoked: true, closedAt: this.#clock.now() };
		this.#tokens.set(id, revoked);
		await this.#store.write([put(revoked)]);
		return revoked;
	}

	/** The token of a secret that `node` may use now or has used. @throws GanglineError JOIN_REFUSED that says why not */
	present(secret: Uint8Array, node: NodeId): { readonly token: TokenRecord; readonly isRepeated: boolean } {
		const token = this.#find(hashSecret(secret));
		if (token === undefined) throw refusal('wrong', 'the token is not one of this mesh');
		if (token.usedBy.includes(node) && !token.revoked) return { token, isRepeated: true };
		const state = this.stateOf(token);
		if (state === 'open') return { token, isRepeated: false };
		throw refusal(state, `${words[state]} (${token.id})`);
	}

	/** Counts a use at once; the writes belong into the batch that takes the node in. */
	use(id: string, node: NodeId): readonly StoreWrite[] {
		const token = this.#tokens.get(id);
		if (token === undefined || token.usedBy.includes(node)) return [];
		const usedBy = [...token.usedBy, node];
		const used = { ...token, usedBy, closedAt: usedBy.length < token.uses ? token.closedAt : this.#clock.now() };
		this.#tokens.set(id, used);
		return [put(used)];
	}

	/** Makes what is open of those that are meant useless at once; the writes belong into the batch of the reason for it. */
	close(isMeant: (token: TokenRecord) => boolean): readonly StoreWrite[] {
		const closedAt = this.#clock.now();
		const open = this.list().filter((token) => this.stateOf(token) === 'open' && isMeant(token));
		return open.map((token) => {
			const revoked = { ...token, revoked: true, closedAt };
			this.#tokens.set(token.id, revoked);
			return put(revoked);
		});
	}

	/** All are compared, each in the same time, so that an answer's time tells nothing of a hash. */
	#find(hash: string): TokenRecord | undefined {
		const wanted = Buffer.from(hash, 'hex');
		let found: TokenRecord | undefined;
		for (const token of this.#tokens.values()) {
			if (timingSafeEqual(Buffer.from(token.hash, 'hex'), wanted)) found = token;
		}
		return found;
	}

	#makeRoom(): readonly StoreWrite[] {
		if (this.#tokens.size < tokensMax) return [];
		const closed = this.list().findLast((token) => this.stateOf(token) !== 'open');
		if (closed === undefined) {
			throw ganglineError('TOO_LARGE', `${tokensMax} join tokens are open, more are not kept`, {
				hint: 'revoke those that nobody will use: gangline token list',
			});
		}
		this.#tokens.delete(closed.id);
		return [{ kind: 'delete', key: `${prefix}${closed.id}` }];
	}
}

/** Refuses a joiner with the reason that it is told. */
export function refusal(reason: string, message: string): GanglineError {
	return ganglineError('JOIN_REFUSED', message, {
		hint: 'a new one is made at the gateway: gangline token new',
		data: { reason },
	});
}

const words = {
	used: 'the token has been used as often as it may be',
	expired: 'the token is too old',
	revoked: 'the token was revoked',
} as const;

function put(token: TokenRecord): StoreWrite {
	const value: JsonValue = { ...token };
	return { kind: 'put', key: `${prefix}${token.id}`, value };
}
