/**
 * Passes changes on to whoever listens. Nobody is waited for; a listener that throws is a bug of ours. What is written on
 * other machines is brought here only while a listener wants it.
 */
import type { ChangeEvent } from '../operations/index.ts';
import type { EventSource, FollowedLog } from './event-stream.ts';

/** Sees to it that the lines are published; the returned function ends that. */
export type BringLog = (followed: FollowedLog) => () => void;

export class EventHub implements EventSource {
	readonly #listeners = new Set<(event: ChangeEvent) => void>();
	#bring: BringLog = () => () => undefined;

	publish(event: ChangeEvent): void {
		for (const listener of this.#listeners) listener(event);
	}

	subscribe(listener: (event: ChangeEvent) => void, followed: FollowedLog | null = null): () => void {
		this.#listeners.add(listener);
		const end = followed === null ? null : this.#bring(followed);
		return () => {
			this.#listeners.delete(listener);
			end?.();
		};
	}

	/** Who brings lines from other machines; asked for each listener that follows an item. */
	bringLogs(bring: BringLog): void {
		this.#bring = bring;
	}
}
