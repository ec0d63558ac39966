/** The asker's end where the other side takes nothing for a while: it stays within the bounds that both hold to. */
import { expect, it } from 'vitest';
import { AskingEnd } from '../../../../shared/mesh/rpc/asking.ts';
import { decodeFrame } from '../../../../shared/mesh/rpc/frames.ts';
import { questionsMax } from '../../../../shared/mesh/rpc/limits.ts';
import type { Channel } from '../../../../shared/ports/index.ts';
import { settle } from '../../../../shared/ports/sim/index.ts';
import { twoId } from '../../../support/mesh-pair.ts';

it('[I12] gives a question up before it asks the one that takes its place', async () => {
	const sent: string[] = [];
	const line = Promise.withResolvers<void>();
	const channel: Channel = {
		peer: { node: twoId, publicKey: new Uint8Array(32) },
		protocol: '/gangline/rpc/1',
		send: async (frame) => {
			await line.promise;
			const { kind, id } = decodeFrame(frame);
			sent.push(`${kind} ${id}`);
		},
		frames: async function* () {},
		close: async () => undefined,
		abort: () => undefined,
	};
	const end = new AskingEnd(channel);
	const first = new AbortController();
	const others = new AbortController();
	const body = Buffer.from('{}');
	const asked = Array.from({ length: questionsMax + 1 }, (_, i) => end.ask(body, (i === 0 ? first : others).signal));
	const all = Promise.allSettled(asked);
	await settle();
	first.abort(new Error('too late'));
	await settle();
	line.resolve();
	await settle();
	expect(sent.slice(-2)).toEqual(['cancel 1', `ask ${questionsMax + 1}`]);
	others.abort(new Error('the test is over'));
	await all;
});
