/**
 * The asker's end of one channel: questions that are open, by number, and what has come for them. Ends once, with the
 * channel; what waits then is rejected with PEER_GONE. What the other side may not send (an answer to nothing, bytes
 * that are no frame) ends it too and is told to the owner, who cuts the peer off.
 */
import { parseJson } from '../../log/index.ts';
import { type Channel, type GanglineError, ganglineError } from '../../ports/index.ts';
import { decodeError } from '../wire-error.ts';
import { creditedQueue, itemCost } from './credited-queue.ts';
import { FrameSender } from './frame-sender.ts';
import { BodyAssembler, decodeFrame, type Message } from './frames.ts';
import { answerPartsMax, pieceBytes, questionsMax, waitingMax } from './limits.ts';
import { Places } from './places.ts';

interface Open {
	take(message: Message): void;
	fail(error: unknown): void;
}

export class AskingEnd {
	readonly #channel: Channel;
	readonly #sender: FrameSender;
	readonly #places = new Places({ places: questionsMax, lineMax: waitingMax });
	readonly #open = new Map<number, Open>();
	#nextId = 1;
	#streams = 0;
	#ended: GanglineError | null = null;

	constructor(channel: Channel) {
		this.#channel = channel;
		this.#sender = new FrameSender(channel);
	}

	get isOpen(): boolean {
		return this.#ended === null;
	}

	/** Reads until the channel ends. Throws when the other side broke the rules; everything that waits is rejected first. */
	async run(): Promise<void> {
		const assembler = new BodyAssembler();
		try {
			for await (const bytes of this.#channel.frames()) {
				const message = assembler.take(decodeFrame(bytes));
				if (message !== null) this.#take(message);
			}
			this.end(this.#gone());
		} catch (cause) {
			this.end(this.#gone(cause));
			throw cause;
		}
	}

	/** Rejects what waits and everything after. */
	end(error: GanglineError): void {
		if (this.#ended !== null) return;
		this.#ended = error;
		const open = [...this.#open.values()];
		this.#open.clear();
		for (const one of open) one.fail(error);
	}

	/** The answer as it came, parsed as JSON only. */
	ask(body: Uint8Array, signal: AbortSignal): Promise<unknown> {
		return this.#places.within(signal, () => this.#round(body, signal));
	}

	#round(body: Uint8Array, signal: AbortSignal): Promise<unknown> {
		return new Promise((resolve, reject) => {
			const question = this.#begin('ask', body, signal, {
				take: (message) => {
					// Parsed before it is finished: what throws here must still find the question to reject it.
					const settle = settlement(message);
					question.finish();
					settle(resolve, reject);
				},
				fail: reject,
			});
		});
	}

	/** The items as they come, parsed as JSON only. */
	async *stream(body: Uint8Array, signal: AbortSignal): AsyncGenerator<unknown, void, undefined> {
		if (this.#streams >= questionsMax) {
			throw ganglineError('REFUSED', `${this.#streams} streams from that node are open already`);
		}
		this.#streams++;
		const queue = creditedQueue((bytes) => question.credit(bytes));
		const question = this.#begin('stream', body, signal, {
			take: (message) => {
				if (message.kind === 'item') return queue.put(jsonOf(message), itemCost(message.body));
				if (message.kind === 'end') queue.end();
				else if (message.kind === 'error') queue.fail(decodeError(message.body));
				else throw unexpected(message.kind);
				question.finish();
			},
			fail: (error) => queue.fail(error),
		});
		try {
			yield* queue.items();
		} finally {
			this.#streams--;
			question.abandon();
		}
	}

	#begin(kind: 'ask' | 'stream', body: Uint8Array, signal: AbortSignal, open: Open): Question {
		const id = this.#nextId++;
		const finish = (): void => {
			this.#open.delete(id);
			signal.removeEventListener('abort', onAbort);
		};
		const fail = (error: unknown): void => {
			finish();
			open.fail(error);
		};
		const abandon = (): void => {
			if (!this.#open.has(id)) return;
			finish();
			const cancel = (): Promise<void> => this.#sender.send('cancel', id);
			// Right behind a question in one piece: the next one, which takes its place, must not pass it.
			void (body.length <= pieceBytes ? cancel() : sent.then(cancel)).catch(() => undefined);
		};
		const onAbort = (): void => {
			abandon();
			open.fail(signal.reason);
		};
		const sent = this.#ended === null ? this.#sender.send(kind, id, body) : Promise.reject(this.#ended);
		this.#open.set(id, { take: open.take, fail });
		sent.catch((cause: unknown) => {
			if (this.#open.has(id)) fail(this.#gone(cause));
		});
		if (signal.aborted) onAbort();
		else signal.addEventListener('abort', onAbort, { once: true });
		const credit = (bytes: number): void => {
			if (!this.#open.has(id)) return;
			const count = Buffer.alloc(4);
			count.writeUInt32BE(bytes);
			void sent.then(() => this.#sender.send('credit', id, count)).catch(() => undefined);
		};
		return { finish, abandon, credit };
	}

	#take(message: Message): void {
		const open = this.#open.get(message.id);
		if (open !== undefined) {
			open.take(message);
			return;
		}
		// An answer may cross with our cancel; one to a question that was never asked may not.
		const crossed = message.id > 0 && message.id < this.#nextId && answers.has(message.kind);
		if (!crossed) throw ganglineError('MALFORMED', `an ${message.kind} came for question ${message.id}, never asked`);
	}

	#gone(cause?: unknown): GanglineError {
		if (this.#ended !== null) return this.#ended;
		const node = this.#channel.peer.node;
		return ganglineError('PEER_GONE', `the connection to ${node} ended before it had answered`, {
			data: { node },
			...(cause === undefined ? {} : { cause }),
		});
	}
}

interface Question {
	/** Nothing more is expected. */
	finish(): void;
	/** Tells the other side that nobody waits any more; once. */
	abandon(): void;
	credit(bytes: number): void;
}

function jsonOf({ body }: Message): unknown {
	return parseJson(Buffer.from(body).toString(), answerPartsMax);
}

function settlement(message: Message): (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void {
	if (message.kind === 'answer') {
		const value = jsonOf(message);
		return (resolve) => resolve(value);
	}
	if (message.kind !== 'error') throw unexpected(message.kind);
	const error = decodeError(message.body);
	return (_, reject) => reject(error);
}

const answers: ReadonlySet<string> = new Set(['answer', 'error', 'item', 'end']);

function unexpected(kind: string): GanglineError {
	return ganglineError('MALFORMED', `the other side sent ${kind}, which answers no question of this kind`);
}
