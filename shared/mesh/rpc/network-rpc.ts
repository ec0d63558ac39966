/**
 * Rpc over the Network port: one long channel per pair and direction, opened at the first question and again after it
 * broke. Arguments and answers pass the method's schema on both sides, so neither believes the other. A peer that
 * breaks the rules of the wire is named and cut off; one that asks for what it may not have is only refused.
 */

import type { z } from 'zod';
import {
	type Channel,
	type Clock,
	GanglineError,
	ganglineError,
	type Log,
	type Network,
	type NodeId,
	type Peer,
	whyInvalid,
} from '../../ports/index.ts';
import { readAs } from '../../ports/read-as.ts';
import { deadline, orAborted } from '../deadline.ts';
import type { Rpc, RpcMethod, RpcStream } from '../rpc.ts';
import { AnsweringEnd, type Handler, type Load } from './answering.ts';
import { AskingEnd } from './asking.ts';
import { encodeBody } from './frame-sender.ts';
import { askMsDefault } from './limits.ts';

export interface NetworkRpcOptions {
	readonly network: Network;
	readonly clock: Clock;
	readonly log: Log;
}

const protocol = '/gangline/rpc/1';

export class NetworkRpc implements Rpc, AsyncDisposable {
	readonly #options: NetworkRpcOptions;
	readonly #handlers = new Map<string, Handler>();
	readonly #asking = new Map<NodeId, Promise<AskingEnd>>();
	readonly #channels = new Set<Channel>();
	readonly #incoming = new Map<NodeId, Channel>();
	/** Of each peer, over all its channels. */
	readonly #loads = new Map<NodeId, Load>();
	#isClosed = false;

	/** Takes the protocol of the network at once; methods may be served before and after. */
	constructor(options: NetworkRpcOptions) {
		this.#options = options;
		options.network.handle(protocol, (channel) => void this.#answer(channel));
	}

	async ask<Args extends z.ZodType, Result extends z.ZodType>(
		node: NodeId,
		method: RpcMethod<Args, Result>,
		args: z.input<Args>,
		options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
	): Promise<z.output<Result>> {
		const body = questionBody(method.name, method.args, args);
		const ms = options.timeoutMs ?? askMsDefault;
		const late = () => silent(node, method.name, ms);
		using limit = deadline(this.#options.clock, { ms, signal: options.signal, late });
		const end = await orAborted(this.#end(node), limit.signal);
		return parsed(method.result, await end.ask(body, limit.signal), `the answer of ${node} to ${method.name}`);
	}

	serve<Args extends z.ZodType, Result extends z.ZodType>(
		method: RpcMethod<Args, Result>,
		answer: (args: z.output<Args>, peer: Peer, signal: AbortSignal) => Promise<z.input<Result>>,
	): void {
		this.#register(method.name, {
			kind: 'ask',
			answer: async (args, peer, signal) => {
				const result = await answer(accepted(method.args, args, method.name), peer, signal);
				return method.result.parse(result);
			},
		});
	}

	async *askStream<Args extends z.ZodType, Item extends z.ZodType>(
		node: NodeId,
		stream: RpcStream<Args, Item>,
		args: z.input<Args>,
		options: { readonly idleMs?: number; readonly signal?: AbortSignal } = {},
	): AsyncGenerator<z.output<Item>, void, undefined> {
		const body = questionBody(stream.name, stream.args, args);
		const late = () => silent(node, stream.name, options.idleMs ?? 0);
		using limit = deadline(this.#options.clock, { ms: options.idleMs, signal: options.signal, late });
		const end = await orAborted(this.#end(node), limit.signal);
		for await (const item of end.stream(body, limit.signal)) {
			// Only the other side's silence counts, not the time that the reader takes.
			limit.hold();
			yield parsed(stream.item, item, `an item of ${stream.name} from ${node}`);
			limit.renew();
		}
	}

	serveStream<Args extends z.ZodType, Item extends z.ZodType>(
		stream: RpcStream<Args, Item>,
		answer: (args: z.output<Args>, peer: Peer, signal: AbortSignal) => AsyncIterable<z.input<Item>>,
	): void {
		this.#register(stream.name, {
			kind: 'stream',
			async *answer(args, peer, signal) {
				const items = answer(accepted(stream.args, args, stream.name), peer, signal);
				for await (const item of items) yield stream.item.parse(item);
			},
		});
	}

	/** Rejects what waits and tells every handler; idempotent. */
	async close(): Promise<void> {
		this.#isClosed = true;
		for (const channel of this.#channels) channel.abort('the node stops');
		const ends = await Promise.allSettled(this.#asking.values());
		for (const end of ends) {
			if (end.status === 'fulfilled') end.value.end(ganglineError('STOPPING', 'this node is on its way out'));
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	#register(name: string, handler: Handler): void {
		if (this.#handlers.has(name)) throw new Error(`assertion failed: ${name} is served once`);
		this.#handlers.set(name, handler);
	}

	#end(node: NodeId): Promise<AskingEnd> {
		if (this.#isClosed) return Promise.reject(ganglineError('STOPPING', 'this node is on its way out'));
		const known = this.#asking.get(node);
		if (known !== undefined) return known;
		const opening = this.#openEnd(node).catch((error: unknown) => {
			this.#forget(node, opening);
			throw error;
		});
		this.#asking.set(node, opening);
		return opening;
	}

	async #openEnd(node: NodeId): Promise<AskingEnd> {
		const channel = await this.#options.network.open(node, protocol);
		const end = new AskingEnd(channel);
		const own = this.#asking.get(node);
		void this.#watch(channel, () => end.run()).finally(() => this.#forget(node, own));
		return end;
	}

	#forget(node: NodeId, opening: Promise<AskingEnd> | undefined): void {
		if (opening !== undefined && this.#asking.get(node) === opening) this.#asking.delete(node);
	}

	async #answer(channel: Channel): Promise<void> {
		const { node } = channel.peer;
		// One per peer: an older one is what is left of a connection that broke.
		this.#incoming.get(node)?.abort('a newer channel took its place');
		this.#incoming.set(node, channel);
		const onBug = (error: unknown, method: string): void =>
			this.#options.log.error('rpc.handlerFailed', { method, peer: node, error });
		const load = this.#loads.get(node) ?? { running: 0 };
		this.#loads.set(node, load);
		const end = new AnsweringEnd({ channel, handlers: this.#handlers, load, onBug });
		await this.#watch(channel, () => end.run());
		if (this.#incoming.get(node) === channel) this.#incoming.delete(node);
	}

	/** Runs an end of a channel to its end and judges how it ended. */
	async #watch(channel: Channel, run: () => Promise<void>): Promise<void> {
		this.#channels.add(channel);
		if (this.#isClosed) channel.abort('the node stops');
		try {
			await run();
			await channel.close();
		} catch (error) {
			const isGone = error instanceof GanglineError && error.code === 'PEER_GONE';
			if (!isGone && !this.#isClosed) this.#cutOff(channel.peer, error);
			channel.abort('it cannot be read any further');
		} finally {
			this.#channels.delete(channel);
		}
	}

	#cutOff(peer: Peer, error: unknown): void {
		const { network, log } = this.#options;
		log.warn('rpc.peerCutOff', { peer: peer.node, error });
		network.cutOff(peer.node, error instanceof Error ? error.message : 'rpc broke');
	}
}

function questionBody(method: string, schema: z.ZodType, args: unknown): Uint8Array {
	return encodeBody({ method, args: accepted(schema, args, method) }, `the question ${method}`);
}

/** Arguments that fit, or INVALID_ARGUMENT: the asker may be of another version, that is no attack. */
function accepted<Schema extends z.ZodType>(schema: Schema, value: unknown, method: string): z.output<Schema> {
	const result = readAs(schema, value);
	if (result.success) return result.data;
	throw ganglineError('INVALID_ARGUMENT', `${method}: ${whyInvalid(result.error)}`, {
		data: { method },
	});
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
	const result = readAs(schema, value);
	if (result.success) return result.data;
	throw ganglineError('MALFORMED', `${what} is not as expected: ${whyInvalid(result.error)}`);
}

function silent(node: NodeId, method: string, ms: number): GanglineError {
	return ganglineError('PEER_UNREACHABLE', `${node} did not answer ${method} within ${ms} ms`, {
		data: { node, method, ms },
	});
}
