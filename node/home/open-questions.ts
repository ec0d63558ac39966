/** Which items an agent waits for a person with, so that a question that opens or closes is told at once. */
import type { RunningWork } from './project-worker.ts';

export class OpenQuestions {
	#open: ReadonlyMap<string, string> = new Map();

	/** Keys of the items of which a question was opened or closed since the last look. */
	look(running: readonly Pick<RunningWork, 'key' | 'asks'>[]): readonly string[] {
		const now = new Map(
			running.flatMap(({ key, asks }) => (asks ? [[key, `${asks.id} ${asks.question}`] as const] : [])),
		);
		const before = this.#open;
		this.#open = now;
		return [...new Set([...before.keys(), ...now.keys()])].filter((key) => before.get(key) !== now.get(key));
	}
}
