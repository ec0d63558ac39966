/**
 * The answerer's end of one channel: reads questions, runs their handlers, sends what they say. A handler whose asker
 * is gone is told by its signal and its answer goes nowhere; one that reads no answers is not read any further. Throws out
 * of `run` what no honest peer sends.
 */

import { z } from 'zod';
import { parseJson } from '../../log/index.ts';
import { type Channel, GanglineError, ganglineError, type Peer } from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import { orAborted } from '../deadline.ts';
import { encodeError } from '../wire-error.ts';
import { itemCost } from './credited-queue.ts';
import { encodeBody, FrameSender } from './frame-sender.ts';
import { BodyAssembler, decodeFrame, type Message } from './frames.ts';
import { questionPartsMax, questionsMax, runningMax, streamWindowBytes } from './limits.ts';

/** A method or stream with its schemas closed in: arguments come in as JSON, what goes out has passed the schema. */
export type Handler =
	| { readonly kind: 'ask'; answer(args: unknown, peer: Peer, signal: AbortSignal): Promise<unknown> }
	| { readonly kind: 'stream'; answer(args: unknown, peer: Peer, signal: AbortSignal): AsyncIterable<unknown> };

/** Handlers of one peer that run, those that nobody waits for among them; outlives its channels. */
export interface Load {
	running: number;
}

export interface AnsweringEndOptions {
	readonly channel: Channel;
	readonly handlers: ReadonlyMap<string, Handler>;
	readonly load: Load;
	/** Called with what a handler threw that is no GanglineError: our bug. */
	readonly onBug: (error: unknown, method: string) => void;
}

interface Open {
	readonly kind: Handler['kind'];
	readonly controller: AbortController;
	/** Bytes that may still be sent, for streams. */
	credit: number;
	credited(): void;
}

const askSchema = z.object({ method: z.string().min(1).max(100), args: z.unknown() });

export class AnsweringEnd {
	readonly #options: AnsweringEndOptions;
	readonly #sender: FrameSender;
	readonly #open = new Map<number, Open>();
	/** Answers that the channel has not taken yet: whoever does not read them is not read either. */
	#untaken = 0;
	#taken: () => void = () => {};

	constructor(options: AnsweringEndOptions) {
		this.#options = options;
		this.#sender = new FrameSender(options.channel);
	}

	/** Until the channel ends; then every handler that still runs is told. */
	async run(): Promise<void> {
		const assembler = new BodyAssembler();
		try {
			for await (const bytes of this.#options.channel.frames()) {
				const message = assembler.take(decodeFrame(bytes));
				if (message !== null) this.#take(message);
				while (this.#untaken > questionsMax) await this.#whenTaken();
			}
		} finally {
			for (const { controller } of this.#open.values()) controller.abort(this.#left());
			this.#open.clear();
		}
	}

	#take(message: Message): void {
		const { kind } = message;
		if (kind === 'ask' || kind === 'stream') this.#begin(kind, message);
		else if (kind === 'cancel') this.#cancel(message.id);
		else if (kind === 'credit') this.#credit(message);
		else throw ganglineError('MALFORMED', `an asker sent ${kind}`);
	}

	#begin(kind: Handler['kind'], { id, body }: Message): void {
		if (this.#open.has(id)) throw ganglineError('MALFORMED', `question ${id} was asked twice`);
		const alike = [...this.#open.values()].filter((one) => one.kind === kind).length;
		if (alike >= questionsMax) throw ganglineError('TOO_LARGE', `more than ${questionsMax} questions are open at once`);
		const parsed = readAs(askSchema, parseJson(Buffer.from(body).toString(), questionPartsMax));
		if (!parsed.success) throw ganglineError('MALFORMED', 'a question names no method');
		const open: Open = {
			kind,
			controller: new AbortController(),
			credit: streamWindowBytes,
			credited: () => undefined,
		};
		this.#open.set(id, open);
		void this.#answer(id, open, parsed.data.method, parsed.data.args);
	}

	async #answer(id: number, open: Open, method: string, args: unknown): Promise<void> {
		const { load } = this.#options;
		load.running++;
		try {
			const handler = this.#handler(open.kind, method);
			if (handler.kind === 'ask') await this.#answerOnce(id, open, handler, args);
			else await this.#answerMany(id, open, handler, args);
		} catch (error) {
			const { signal } = open.controller;
			const isOurs = !signal.aborted || error !== signal.reason;
			if (isOurs && !(error instanceof GanglineError)) this.#options.onBug(error, method);
			await this.#finish(id, open, 'error', encodeError(error)).catch(() => undefined);
		} finally {
			load.running--;
		}
	}

	async #answerOnce(id: number, open: Open, handler: Handler & { kind: 'ask' }, args: unknown): Promise<void> {
		const { channel } = this.#options;
		const answer = await handler.answer(args, channel.peer, open.controller.signal);
		await this.#finish(id, open, 'answer', encodeBody(answer, 'the answer'));
	}

	async #answerMany(id: number, open: Open, handler: Handler & { kind: 'stream' }, args: unknown): Promise<void> {
		const { signal } = open.controller;
		for await (const value of handler.answer(args, this.#options.channel.peer, signal)) {
			const item = encodeBody(value, 'an item');
			while (open.credit <= 0) await orAborted(creditOf(open), signal);
			signal.throwIfAborted();
			open.credit -= itemCost(item);
			await this.#sender.send('item', id, item);
		}
		await this.#finish(id, open, 'end', new Uint8Array());
	}

	/** Says the last word on a question, if anybody still waits for it. */
	async #finish(id: number, open: Open, kind: 'answer' | 'error' | 'end', body: Uint8Array): Promise<void> {
		if (this.#open.get(id) !== open) return;
		this.#open.delete(id);
		this.#untaken += 1;
		try {
			await this.#sender.send(kind, id, body);
		} finally {
			this.#untaken -= 1;
			this.#taken();
		}
	}

	/** Also when the channel has ended: then nothing waits to be sent. */
	#whenTaken(): Promise<void> {
		return new Promise((resolve) => {
			this.#taken = resolve;
		});
	}

	#handler(kind: Handler['kind'], method: string): Handler {
		const { running } = this.#options.load;
		if (running > runningMax) {
			throw ganglineError('PEER_UNREACHABLE', `the node is busy with ${running} questions, most of them given up`);
		}
		const handler = this.#options.handlers.get(method);
		if (handler?.kind === kind) return handler;
		throw ganglineError('UNKNOWN_OPERATION', `the node answers no ${kind} ${JSON.stringify(method)}`, {
			hint: 'it may run another version',
			data: { method },
		});
	}

	#cancel(id: number): void {
		const open = this.#open.get(id);
		this.#open.delete(id);
		open?.controller.abort(this.#left());
	}

	#credit({ id, body }: Message): void {
		if (body.length !== 4) throw ganglineError('MALFORMED', `a credit of ${body.length} bytes; expected 4`);
		const open = this.#open.get(id);
		if (open === undefined) return;
		const bytes = Buffer.from(body).readUInt32BE();
		open.credit = Math.min(open.credit + bytes, streamWindowBytes);
		open.credited();
	}

	#left(): GanglineError {
		return ganglineError('PEER_GONE', `${this.#options.channel.peer.node} does not wait for the answer any more`);
	}
}

function creditOf(open: Open): Promise<void> {
	return new Promise((resolve) => {
		open.credited = resolve;
	});
}
