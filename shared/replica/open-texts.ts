/**
 * The item texts that are open on this node: opened once each, on demand, for items that are known here. An item that
 * nobody has written at since it was added has no text of its own: its description is what it was added with.
 */
import { ItemText } from '../documents/index.ts';
import type { Item } from '../pipeline/index.ts';
import { ganglineError, type Random, type Store } from '../ports/index.ts';

export interface OpenTextsOptions {
	readonly store: Store;
	readonly project: string;
	readonly random: Random;
	/** The item as it is known here. Nobody makes documents by asking for texts of items that are not there. */
	readonly item: (key: string) => Pick<Item, 'description' | 'stage'> | undefined;
}

export class OpenTexts {
	readonly #options: OpenTextsOptions;
	readonly #opening = new Map<string, Promise<ItemText>>();
	readonly #open = new Map<string, ItemText>();
	/** Of earlier processes, of items that are not known here. */
	readonly #stored = new Set<string>();
	readonly #listeners = new Set<(text: ItemText) => void>();
	readonly #writtenListeners = new Set<(key: string) => void>();

	constructor(options: OpenTextsOptions) {
		this.#options = options;
	}

	/** The text of an item, opened when it was not; undefined where there is no such item. */
	async open(key: string): Promise<ItemText | undefined> {
		const known = this.#opening.get(key);
		if (known) return known;
		const item = this.#options.item(key);
		if (item === undefined) return undefined;
		const { store, project, random } = this.#options;
		const opening = ItemText.open({ store, project, item: key, random, first: item.description });
		this.#opening.set(key, opening);
		try {
			const text = await opening;
			this.#open.set(key, text);
			text.subscribe(() => this.#written(key));
			for (const listener of this.#listeners) listener(text);
			return text;
		} catch (error) {
			this.#opening.delete(key);
			throw error;
		}
	}

	/** Opens what earlier processes had of items that are still there: what was written before a restart is offered again. */
	async openStored(): Promise<void> {
		const prefix = `doc/${this.#options.project}/text/`;
		for (const stream of this.#options.store.streams()) {
			const key = stream.startsWith(prefix) ? stream.slice(prefix.length) : null;
			if (key !== null && (await this.open(key)) === undefined) this.#stored.add(key);
		}
	}

	/** The same of items that have become known since: facts that the disk had lost come back. `items`: null for any. */
	async openKnown(items: ReadonlySet<string> | null): Promise<void> {
		for (const key of [...this.#stored]) {
			const isMeant = items === null || items.has(key);
			if (!isMeant || this.#options.item(key) === undefined) continue;
			await this.open(key);
			this.#stored.delete(key);
		}
	}

	/** The item with its text in the place of what it was added with. */
	described<T extends Pick<Item, 'key' | 'description'>>(item: T): T {
		const text = this.#open.get(item.key)?.text;
		return text === undefined || text === item.description ? item : { ...item, description: text };
	}

	/** The state of an item's text; null where nobody has written at it. */
	stateOf(key: string): string | null {
		return this.#open.get(key)?.stateHash ?? null;
	}

	/**
	 * Makes an item's text `next`, durable here when it resolves. What others write at the same time is kept.
	 * @throws GanglineError UNKNOWN_ITEM, REFUSED for an item of the archive, TOO_LARGE
	 */
	async write(key: string, next: string): Promise<void> {
		const text = await this.open(key);
		if (text === undefined) throw ganglineError('UNKNOWN_ITEM', `the item ${key} is gone`);
		if (this.#options.item(key)?.stage.kind === 'archived') {
			throw ganglineError('REFUSED', 'an item of the archive stays as it was', { data: { refusal: 'notAllowed' } });
		}
		await text.replace(next);
	}

	all(): readonly ItemText[] {
		return [...this.#open.values()];
	}

	/** Called with each text that is opened from now on; must not throw. */
	subscribe(listener: (text: ItemText) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Called with the key of each item whose text was written, here or elsewhere; must not throw. */
	onWritten(listener: (key: string) => void): () => void {
		this.#writtenListeners.add(listener);
		return () => this.#writtenListeners.delete(listener);
	}

	#written(key: string): void {
		for (const listener of this.#writtenListeners) listener(key);
	}
}
