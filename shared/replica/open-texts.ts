/** The item texts that are open on this node: opened once each, on demand, for items that are known here. */
import { ItemText } from '../documents/index.ts';
import type { Random, Store } from '../ports/index.ts';

export interface OpenTextsOptions {
	readonly store: Store;
	readonly project: string;
	readonly random: Random;
	/** Nobody makes documents here by asking for texts of items that are not there. */
	readonly isKnown: (item: string) => boolean;
}

export class OpenTexts {
	readonly #options: OpenTextsOptions;
	readonly #opening = new Map<string, Promise<ItemText>>();
	readonly #open = new Map<string, ItemText>();
	readonly #listeners = new Set<(text: ItemText) => void>();

	constructor(options: OpenTextsOptions) {
		this.#options = options;
	}

	/** The text of an item, opened when it was not; undefined where there is no such item. */
	async open(item: string): Promise<ItemText | undefined> {
		const known = this.#opening.get(item);
		if (known) return known;
		if (!this.#options.isKnown(item)) return undefined;
		const { store, project, random } = this.#options;
		const opening = ItemText.open({ store, project, item, random });
		this.#opening.set(item, opening);
		try {
			const text = await opening;
			this.#open.set(item, text);
			for (const listener of this.#listeners) listener(text);
			return text;
		} catch (error) {
			this.#opening.delete(item);
			throw error;
		}
	}

	/** Opens what earlier processes had of items that are still there: what was written before a restart is offered again. */
	async openStored(): Promise<void> {
		const prefix = `doc/${this.#options.project}/text/`;
		for (const stream of this.#options.store.streams()) {
			if (stream.startsWith(prefix)) await this.open(stream.slice(prefix.length));
		}
	}

	all(): readonly ItemText[] {
		return [...this.#open.values()];
	}

	/** Called with each text that is opened from now on; must not throw. */
	subscribe(listener: (text: ItemText) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}
