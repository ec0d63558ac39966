/**
 * Which projects in containers are on the machines of other members, and what was wished for: written before a machine is
 * asked, so that a kill in between is gone on with by `--retry`. What is true of a container is known there; what was
 * seen last is kept for the time that its machine is away.
 */
import { z } from 'zod';
import { containerOperations, containerViewSchema } from '../../shared/operations/container-operations.ts';
import { ganglineError, type JsonValue, type Store } from '../../shared/ports/index.ts';
import { nodeIdSchema } from '../../shared/registry/index.ts';
import { soundRecord } from '../../shared/store/index.ts';

const placeSchema = z.strictObject({
	name: z.string(),
	/** What its things are called there and here: its first name. */
	madeAs: z.string(),
	node: nodeIdSchema,
	person: z.string(),
	wish: containerOperations['container.create'].args,
	/** Of the join token that was given last, until its node has joined. */
	token: z.string().nullable(),
	/** Of a version that knows less, nothing. */
	seen: containerViewSchema.nullable().catch(null),
	madeAt: z.number(),
});
export type Place = z.output<typeof placeSchema>;

const prefix = 'gateway/place/';

export class Places {
	readonly #store: Store;
	readonly #places: Map<string, Place>;

	static async open(store: Store): Promise<Places> {
		const places = (await store.list(prefix)).map(({ key, value }) => soundRecord(placeSchema, key, value));
		return new Places(store, new Map(places.map((place) => [place.name, place])));
	}

	private constructor(store: Store, places: Map<string, Place>) {
		this.#store = store;
		this.#places = places;
	}

	/** By name. */
	all(): readonly Place[] {
		return [...this.#places.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	find(name: string): Place | undefined {
		return this.#places.get(name);
	}

	/** @throws GanglineError NOTHING_TO_SHOW */
	get(name: string): Place {
		const found = this.#places.get(name);
		if (found !== undefined) return found;
		throw ganglineError('NOTHING_TO_SHOW', `no project on another machine is called ${JSON.stringify(name)}`, {
			hint: 'gangline containers',
		});
	}

	async put(place: Place): Promise<void> {
		this.#places.set(place.name, place);
		await this.#store.write([putOf(place)]);
	}

	/** Kept in memory alone: what changes while something is made. */
	note(place: Place): void {
		this.#places.set(place.name, place);
	}

	/** The same under another name, at once or not at all. */
	async rename(place: Place, to: string): Promise<void> {
		const renamed = { ...place, name: to };
		this.#places.delete(place.name);
		this.#places.set(to, renamed);
		await this.#store.write([putOf(renamed), { kind: 'delete', key: `${prefix}${place.name}` }]);
	}

	async remove(name: string): Promise<void> {
		this.#places.delete(name);
		await this.#store.write([{ kind: 'delete', key: `${prefix}${name}` }]);
	}
}

function putOf(place: Place) {
	// What is left out is not there, as JSON has it.
	const value: JsonValue = JSON.parse(JSON.stringify(place));
	return { kind: 'put', key: `${prefix}${place.name}`, value } as const;
}
