/**
 * The read side of a channel: frames that arrived and that nobody has read yet, in order, then how it ended. Every
 * adapter of Network uses it, so that all of them agree on what a reader sees: whatever arrived before the other side
 * ended is still read; what was cut off here is not. It holds no more than its owner pushes: the owner bounds it by
 * looking at `bytes` and by what `taken` reports.
 */
import { assert, type GanglineError } from './errors.ts';

/** `error` null: the other side closed. */
interface End {
	readonly error: GanglineError | null;
}

export class FrameInbox {
	readonly #taken: (bytes: number) => void;
	readonly #waiting: Uint8Array[] = [];
	#bytes = 0;
	#end: End | null = null;
	#wake: (() => void) | null = null;

	/** `taken` is told the length of each frame as the reader gets it. */
	constructor(taken: (bytes: number) => void) {
		this.#taken = taken;
	}

	/** Of frames that nobody has read. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Frames that nobody has read. */
	get count(): number {
		return this.#waiting.length;
	}

	get ended(): boolean {
		return this.#end !== null;
	}

	/** What comes after the end is dropped. */
	push(frame: Uint8Array): void {
		if (this.#end) return;
		this.#waiting.push(frame);
		this.#bytes += frame.byteLength;
		this.#rouse();
	}

	/** Ends after what is there; the first end counts. */
	end(error: GanglineError | null): void {
		this.#end ??= { error };
		this.#rouse();
	}

	/** Ends at once: what nobody has read is gone. */
	drop(error: GanglineError): void {
		this.#waiting.length = 0;
		this.#bytes = 0;
		this.#end = { error };
		this.#rouse();
	}

	/** One reader at a time; a reader that leaves early leaves the rest to the next one. */
	async *frames(): AsyncGenerator<Uint8Array, void, void> {
		for (;;) {
			const frame = this.#waiting.shift();
			if (frame) {
				this.#bytes -= frame.byteLength;
				this.#taken(frame.byteLength);
				yield frame;
			} else if (this.#end) {
				if (this.#end.error) throw this.#end.error;
				return;
			} else {
				assert(this.#wake === null, 'a channel has one reader');
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			}
		}
	}

	#rouse(): void {
		const wake = this.#wake;
		this.#wake = null;
		wake?.();
	}
}
