/**
 * The registry where it is written. Every change is a pure function of the facts (shared/registry), published and
 * durable before anyone is told [I6]. Each builds on all that were made before, durable yet or not, so two never cross.
 */

import type { RegistryDocument } from '../../shared/documents/index.ts';
import { type Identity, toBase64 } from '../../shared/log/index.ts';
import { type Clock, ganglineError, type Random, type Store, type StoreWrite } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { newUlid } from '../../shared/ports/ulid.ts';
import { foundMesh, meshIdSchema, personIdFrom, type RegistryFacts } from '../../shared/registry/index.ts';

const meshKey = 'gateway/mesh';

/** The id of the mesh that this store founded; drawn and kept where it has founded none. */
export async function meshIdOf(store: Store, clock: Clock, random: Random): Promise<string> {
	const kept = readAs(meshIdSchema, await store.get(meshKey));
	if (kept.success) return kept.data;
	const id = newUlid(clock, random);
	await store.write([{ kind: 'put', key: meshKey, value: id }]);
	return id;
}

export interface Founder {
	readonly identity: Identity;
	readonly name: string;
	/** The account of the person who owns the mesh. */
	readonly owner: string;
	readonly addresses: readonly string[];
}

/** A change: facts to facts one revision later, or the very same where there is nothing to do. */
export type RegistryEdit = (facts: RegistryFacts, now: number) => RegistryFacts;

export interface MeshRegistryOptions {
	readonly document: RegistryDocument;
	readonly clock: Clock;
	/** Throws while nothing may be changed. */
	readonly mayChange?: () => void;
}

export class MeshRegistry {
	readonly #document: RegistryDocument;
	readonly #clock: Clock;
	readonly #mayChange: () => void;

	constructor({ document, clock, mayChange = () => {} }: MeshRegistryOptions) {
		this.#document = document;
		this.#clock = clock;
		this.#mayChange = mayChange;
	}

	get facts(): RegistryFacts {
		return this.#document.facts;
	}

	/** The registry as joiners get it. */
	get signed(): Uint8Array {
		return this.#document.difference();
	}

	/** Publishes the first facts where there are none. @throws GanglineError STORE_DAMAGED where there must have been some */
	async found({ identity, name, owner, addresses }: Founder): Promise<void> {
		const { facts, isDamaged } = this.#document;
		if (facts.revision > 0) return;
		if (isDamaged) {
			throw ganglineError('STORE_DAMAGED', `the registry of the mesh ${facts.mesh} is gone from the store`, {
				hint: 'put the state folder back from a backup: founding the mesh anew would cut every member off',
			});
		}
		const gateway = { id: identity.nodeId, name, publicKey: toBase64(identity.publicKey), addresses };
		const person = { id: personIdFrom(owner), access: 'owner' } as const;
		await this.#document.publish(foundMesh(facts.mesh, gateway, { person, at: this.#clock.now() }));
	}

	/**
	 * Makes one change and resolves with the facts behind it when they are durable, together with `writes` (asked for when
	 * the change is taken on). What `edit` throws changes nothing.
	 */
	async change(edit: RegistryEdit, writes: () => readonly StoreWrite[] = () => []): Promise<RegistryFacts> {
		this.#mayChange();
		const { taken } = this.#document;
		const next = edit(taken, this.#clock.now());
		// What is so already may still be on its way to the disk.
		if (next !== taken || taken !== this.#document.facts) await this.#document.publish(next, writes());
		return next;
	}

	/** Called with the facts behind each change, when they are durable; must not throw. */
	subscribe(listener: (facts: RegistryFacts) => void): () => void {
		return this.#document.subscribe(({ facts }) => listener(facts));
	}
}
