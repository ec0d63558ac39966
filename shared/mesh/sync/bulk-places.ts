/**
 * Room for large documents on their way: so many bytes for all peers together, given in the order of asking. A place is
 * given back when the transfer ends, however it ends.
 */
export class BulkPlaces {
	readonly #bytesMax: number;
	readonly #waiting: Asked[] = [];
	#taken = 0;

	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Calls `give` when there is room, now or later. What it returns gives the place back, or withdraws from the line. */
	take(bytes: number, give: () => void): () => void {
		const asked: Asked = { bytes, give, state: 'waiting' };
		this.#waiting.push(asked);
		this.#serve();
		return () => this.#giveBack(asked);
	}

	#giveBack(asked: Asked): void {
		if (asked.state === 'given') this.#taken -= asked.bytes;
		if (asked.state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(asked), 1);
		asked.state = 'over';
		this.#serve();
	}

	#serve(): void {
		for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
			this.#waiting.shift();
			this.#taken += next.bytes;
			next.state = 'given';
			next.give();
		}
	}

	/** What is larger than all room is let in alone. */
	#fits(bytes: number): boolean {
		return this.#taken === 0 || this.#taken + bytes <= this.#bytesMax;
	}
}

interface Asked {
	readonly bytes: number;
	readonly give: () => void;
	state: 'waiting' | 'given' | 'over';
}
