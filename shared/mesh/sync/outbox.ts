/**
 * What waits for one peer. Not frames but *jobs*, one per thing (a document, a log, an acknowledgement), made into
 * frames when it is their turn: whatever happens to that thing meanwhile is coalesced, and a peer that reads slowly
 * makes us hold one job's frames and the names of the others, never a queue [I15].
 *
 * Both sides keep a window of bytes that the other has not yet dealt with. Credit itself needs none, so two sides that
 * wait for each other's credit always get it.
 */
import { type Channel, ganglineError } from '../../ports/index.ts';
import { jobsMax, windowBytes } from './limits.ts';
import { encodeMessage, malformed, type Outgoing } from './wire.ts';

/** Makes the frames of one thing as it is now; few, and none when nothing is left to say. Marks itself again for more. */
export type Job = () => readonly Outgoing[] | Promise<readonly Outgoing[]>;

export class Outbox {
	readonly #channel: Channel;
	readonly #failed: (error: unknown) => void;
	readonly #jobs = new Map<string, Job>();
	#window = windowBytes;
	/** Bytes dealt with that the peer has not been told of. */
	#owed = 0;
	/** Bytes that came in and are being worked on. */
	#held = 0;
	#isEnded = false;
	#isPumping = false;
	#wake: (() => void) | undefined;

	/** `failed` hears of a channel that broke, and of a job that threw. */
	constructor(channel: Channel, failed: (error: unknown) => void) {
		this.#channel = channel;
		this.#failed = failed;
	}

	/** Things that wait. */
	get size(): number {
		return this.#jobs.size;
	}

	/** Takes a job in line; one that waits under the same name is replaced and keeps its place. */
	mark(name: string, job: Job): void {
		if (this.#isEnded) return;
		if (this.#jobs.size >= jobsMax && !this.#jobs.has(name)) {
			this.#failed(ganglineError('PEER_GONE', `${jobsMax} things wait for ${this.#channel.peer.node}`));
			return;
		}
		this.#jobs.set(name, job);
		this.#stir();
	}

	/** A frame came in. Throws when the peer sends more than its window allows. */
	received(bytes: number): void {
		this.#held += bytes;
		if (this.#held + this.#owed > windowBytes) throw malformed(`sent ${this.#held} bytes and had credit for less`);
	}

	/** A frame that came in has been dealt with. */
	consumed(bytes: number): void {
		this.#held -= bytes;
		this.#owed += bytes;
		if (this.#isCreditDue) this.#stir();
	}

	/** The peer has dealt with so much. */
	granted(bytes: number): void {
		if (this.#window + bytes > windowBytes) throw malformed(`gave credit for ${bytes} bytes that it never got`);
		this.#window += bytes;
		this.#stir();
	}

	/** Nothing more is sent or made. */
	end(): void {
		this.#isEnded = true;
		this.#jobs.clear();
		this.#wake?.();
	}

	get #isCreditDue(): boolean {
		return this.#owed >= windowBytes / 2;
	}

	#stir(): void {
		this.#wake?.();
		if (this.#isPumping || this.#isEnded) return;
		this.#isPumping = true;
		this.#pump().catch((error: unknown) => {
			this.end();
			this.#failed(error);
		});
	}

	async #pump(): Promise<void> {
		// What one turn marks is gathered: the first job runs when the code that marked it has come to rest.
		await Promise.resolve();
		while (!this.#isEnded) {
			if (this.#isCreditDue) await this.#sendCredit();
			const [next] = this.#jobs;
			if (!next) {
				this.#isPumping = false;
				return;
			}
			this.#jobs.delete(next[0]);
			for (const outgoing of await next[1]()) await this.#send(encodeMessage(outgoing));
		}
	}

	async #send(frame: Uint8Array): Promise<void> {
		while (this.#window < frame.byteLength && !this.#isEnded) {
			if (this.#isCreditDue) await this.#sendCredit();
			else await new Promise<void>((resolve) => (this.#wake = resolve));
		}
		if (this.#isEnded) return;
		this.#window -= frame.byteLength;
		await this.#channel.send(frame);
	}

	async #sendCredit(): Promise<void> {
		const bytes = this.#owed;
		this.#owed = 0;
		await this.#channel.send(encodeMessage({ message: { k: 'credit', bytes } }));
	}
}
