/**
 * Typed questions between members over `/gangline/rpc/1`. A method is described once, with schemas for both sides and
 * who may ask; the registry answers who the peer is. An answer may be lost: what must happen is asked again, so every
 * method may be repeated. Schemas must take their own output (brands and defaults do, one-way transforms do not).
 */
import type { z } from 'zod';
import type { NodeId, Peer } from '../ports/index.ts';

export interface RpcMethod<Args extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
	/** `area.verb`, such as `work.offer`. */
	readonly name: string;
	readonly args: Args;
	readonly result: Result;
}

/** A question with many answers, such as a log that grows. */
export interface RpcStream<Args extends z.ZodType = z.ZodType, Item extends z.ZodType = z.ZodType> {
	/** `area.noun`; names of methods and streams are one set. */
	readonly name: string;
	readonly args: Args;
	readonly item: Item;
}

export interface Rpc {
	/**
	 * Asks a connected member. Throws what the other side threw (code, message, hint, data), PEER_GONE when it is not
	 * connected or goes away meanwhile, and PEER_UNREACHABLE when `timeoutMs` (default 10 s) passes without an answer.
	 * An aborted `signal` rejects with its reason and reaches the other side.
	 */
	ask<Args extends z.ZodType, Result extends z.ZodType>(
		node: NodeId,
		method: RpcMethod<Args, Result>,
		args: z.input<Args>,
		options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
	): Promise<z.output<Result>>;
	/**
	 * Answers a method, once per method. `answer` decides by `peer` whether it may be asked: throw FORBIDDEN. `signal` is
	 * aborted when nobody waits any more.
	 */
	serve<Args extends z.ZodType, Result extends z.ZodType>(
		method: RpcMethod<Args, Result>,
		answer: (args: z.output<Args>, peer: Peer, signal: AbortSignal) => Promise<z.input<Result>>,
	): void;
	/**
	 * Asks when it is iterated. A slow reader slows the other side down; leaving the loop or aborting ends it there.
	 * `idleMs`: PEER_UNREACHABLE when that long nothing comes; default: never, because a log may be silent.
	 */
	askStream<Args extends z.ZodType, Item extends z.ZodType>(
		node: NodeId,
		stream: RpcStream<Args, Item>,
		args: z.input<Args>,
		options?: { readonly idleMs?: number; readonly signal?: AbortSignal },
	): AsyncIterable<z.output<Item>>;
	/** Answers a stream. What waits for something must end when `signal` is aborted. */
	serveStream<Args extends z.ZodType, Item extends z.ZodType>(
		stream: RpcStream<Args, Item>,
		answer: (args: z.output<Args>, peer: Peer, signal: AbortSignal) => AsyncIterable<z.input<Item>>,
	): void;
}
