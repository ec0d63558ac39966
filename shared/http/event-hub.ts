/** Passes changes on to whoever listens. Nobody is waited for; a listener that throws is a bug of ours. */
import type { ChangeEvent } from '../operations/index.ts';
import type { EventSource } from './event-stream.ts';

export class EventHub implements EventSource {
	readonly #listeners = new Set<(event: ChangeEvent) => void>();

	publish(event: ChangeEvent): void {
		for (const listener of this.#listeners) listener(event);
	}

	subscribe(listener: (event: ChangeEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}
