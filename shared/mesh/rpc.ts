/**
 * Typed questions between members over `/gangline/rpc/1`. A method is described once, with schemas for both sides and
 * who may ask; the registry answers who the peer is. An answer may be lost: what must happen is asked again, so every
 * method may be repeated.
 */
import type { z } from 'zod';
import type { NodeId, Peer } from '../ports/index.ts';

export interface RpcMethod<Args extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
	/** `area.verb`, such as `work.offer`. */
	readonly name: string;
	readonly args: Args;
	readonly result: Result;
}

export interface Rpc {
	/**
	 * Asks a connected member. Throws what the other side threw (code, message, hint, data), PEER_GONE when it is not
	 * connected or goes away meanwhile, and PEER_UNREACHABLE when `timeoutMs` (default 10 s) passes without an answer.
	 */
	ask<Args extends z.ZodType, Result extends z.ZodType>(
		node: NodeId,
		method: RpcMethod<Args, Result>,
		args: z.input<Args>,
		options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
	): Promise<z.output<Result>>;
	/** Answers a method, once per method. `answer` decides by `peer` whether it may be asked: throw FORBIDDEN. */
	serve<Args extends z.ZodType, Result extends z.ZodType>(
		method: RpcMethod<Args, Result>,
		answer: (args: z.output<Args>, peer: Peer) => Promise<z.input<Result>>,
	): void;
}
