/**
 * One thing after another. The home's acceptance and the last step of a landing share one of these per project, so
 * that nothing is folded between looking at an item and moving main.
 */
export class Serial {
	#tail: Promise<unknown> = Promise.resolve();

	/** Runs `step` after everything asked for before it; its failure reaches its caller and nobody else. */
	run<T>(step: () => Promise<T>): Promise<T> {
		const result = this.#tail.then(step, step);
		this.#tail = result.catch(() => {});
		return result;
	}

	/** Resolves when everything asked for so far has ended. */
	async idle(): Promise<void> {
		await this.#tail;
	}
}
