/**
 * Room for large documents on their way: so many bytes for all peers together, given in the order of asking. A place is
 * given back when the transfer ends, however it ends.
 */
export class BulkPlaces {
	readonly #bytesMax: number;
	readonly #waiting: { readonly bytes: number; readonly give: (release: () => void) => void }[] = [];
	#taken = 0;

	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Bytes that are spoken for. */
	get taken(): number {
		return this.#taken;
	}

	/** Calls `give` with the way to release the place, now or when it is this one's turn. Returns how to withdraw. */
	take(bytes: number, give: (release: () => void) => void): () => void {
		const asked = { bytes, give };
		this.#waiting.push(asked);
		this.#serve();
		return () => {
			const at = this.#waiting.indexOf(asked);
			if (at >= 0) this.#waiting.splice(at, 1);
			this.#serve();
		};
	}

	#serve(): void {
		for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
			this.#waiting.shift();
			const { bytes, give } = next;
			this.#taken += bytes;
			let isReleased = false;
			give(() => {
				if (isReleased) return;
				isReleased = true;
				this.#taken -= bytes;
				this.#serve();
			});
		}
	}

	/** What is larger than all room is let in alone. */
	#fits(bytes: number): boolean {
		return this.#taken === 0 || this.#taken + bytes <= this.#bytesMax;
	}
}
