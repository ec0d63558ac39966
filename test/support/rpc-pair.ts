/** Two members that ask each other over the simulated network, and what they ask. */
import { expect } from 'vitest';
import { z } from 'zod';
import { encodeFrame, type FrameKind } from '../../shared/mesh/rpc/frames.ts';
import { NetworkRpc } from '../../shared/mesh/rpc/index.ts';
import type { RpcMethod, RpcStream } from '../../shared/mesh/rpc.ts';
import { type Channel, GanglineError } from '../../shared/ports/index.ts';
import { type MeshPair, meshPair } from './mesh-pair.ts';

export const echo = {
	name: 'test.echo',
	args: z.object({ text: z.string() }),
	result: z.object({ text: z.string(), from: z.string() }),
} satisfies RpcMethod;

export const count = {
	name: 'test.count',
	args: z.object({ to: z.int(), size: z.int() }),
	item: z.string(),
} satisfies RpcStream;

export interface Here extends MeshPair {
	readonly asker: NetworkRpc;
	readonly answerer: NetworkRpc;
}

export async function connected(): Promise<Here> {
	const pair = await meshPair();
	const rpcOf = (network: MeshPair['one']): NetworkRpc => new NetworkRpc({ ...pair, network });
	const [asker, answerer] = [rpcOf(pair.one), rpcOf(pair.two)];
	return { ...pair, asker, answerer };
}

export const echoing = (answerer: NetworkRpc): void =>
	answerer.serve(echo, async ({ text }, peer) => ({ text, from: peer.node, secret: 'stays here' }));

export async function failureOf(promise: Promise<unknown>): Promise<GanglineError> {
	const error = await promise.then(
		() => null,
		(thrown: unknown) => thrown,
	);
	expect(error).toBeInstanceOf(GanglineError);
	return error as GanglineError;
}

export const never = (): Promise<never> => new Promise(() => undefined);

/** A first node with rpc, and a second one whose frames a test writes. */
export async function connectedByHand() {
	const pair = await meshPair({ twoSendsAnything: true });
	return { ...pair, asker: new NetworkRpc({ ...pair, network: pair.one }) };
}

export function frame(kind: FrameKind, id: number, body: unknown, more = false): Uint8Array {
	const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
	return encodeFrame({ kind, id, more, body: bytes });
}

/** Answers each question with what `answer` sends. */
export function answerByHand(two: MeshPair['two'], answer: (channel: Channel, id: number) => Promise<void>): void {
	two.handle('/gangline/rpc/1', (channel) => {
		void (async () => {
			for await (const bytes of channel.frames()) await answer(channel, Buffer.from(bytes).readUIntBE(2, 6));
		})().catch(() => undefined);
	});
}
