/** One thing after another: whatever is asked for under a name begins when all before it under that name has ended. */
export class Turns {
	readonly #last = new Map<string, Promise<void>>();

	/** Its failure reaches its caller and nobody else. */
	run<T>(name: string, step: () => Promise<T>): Promise<T> {
		const turn = (this.#last.get(name) ?? Promise.resolve()).then(step);
		const over = turn
			.then(
				() => {},
				() => {},
			)
			.then(() => {
				if (this.#last.get(name) === over) this.#last.delete(name);
			});
		this.#last.set(name, over);
		return turn;
	}
}
