/**
 * Views of containers on their way to the gateway: of each the newest, so that a slow or absent reader costs one view
 * for each container and misses only what is over [I15].
 */
import type { ContainerView } from '../../shared/operations/index.ts';

export class ViewFeed {
	readonly #readers = new Set<{ readonly waiting: Map<string, ContainerView>; wake: () => void }>();

	publish(view: ContainerView): void {
		for (const reader of this.#readers) {
			// What changed last comes last.
			reader.waiting.delete(view.name);
			reader.waiting.set(view.name, view);
			reader.wake();
		}
	}

	/** What changes from now on, until `signal`. */
	async *follow(signal: AbortSignal): AsyncGenerator<ContainerView> {
		const reader = { waiting: new Map<string, ContainerView>(), wake: (): void => undefined };
		const onAbort = (): void => reader.wake();
		this.#readers.add(reader);
		signal.addEventListener('abort', onAbort, { once: true });
		try {
			while (!signal.aborted) {
				const [next] = reader.waiting.values();
				if (next !== undefined) {
					reader.waiting.delete(next.name);
					yield next;
					continue;
				}
				await new Promise<void>((resolve) => {
					reader.wake = resolve;
				});
			}
		} finally {
			this.#readers.delete(reader);
			signal.removeEventListener('abort', onAbort);
		}
	}
}
