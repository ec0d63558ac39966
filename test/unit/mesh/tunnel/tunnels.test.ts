/** Logins over the mesh as a protocol: two members over the twin of the network, and what a hostile one can do. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ByteEnd, bridge, openTunnel, serveTunnels, streamEnd } from '../../../../shared/mesh/tunnel/index.ts';
import { GanglineError, ganglineError } from '../../../../shared/ports/index.ts';
import { SimClock, settle } from '../../../../shared/ports/sim/index.ts';
import { meshPair, twoId } from '../../../support/mesh-pair.ts';

const head = { project: 'shop', person: 'ada', key: null };

/** Both directions of one side, in memory. */
function side() {
	const [input, output] = [new PassThrough(), new PassThrough()];
	return { input, output, end: streamEnd(input, output) };
}

async function textOf(end: ByteEnd): Promise<string> {
	const pieces: Uint8Array[] = [];
	for await (const bytes of end.bytes()) pieces.push(bytes);
	return Buffer.concat(pieces).toString();
}

async function tunnel(served = side()) {
	const pair = await meshPair();
	const ends: string[] = [];
	serveTunnels({ ...pair, network: pair.two }, async () => ({ end: served.end, ended: () => void ends.push('ended') }));
	const end = await pair.finish(openTunnel({ ...pair, network: pair.one }, twoId, head));
	return { ...pair, end, ends, served };
}

async function failureOf(promise: Promise<unknown>): Promise<GanglineError> {
	return promise.then(
		() => expect.fail('it was not refused'),
		(error: unknown) => (error instanceof GanglineError ? error : expect.fail(String(error))),
	);
}

describe('a login over the mesh', () => {
	it('carries bytes both ways, and each half ends by itself', async () => {
		const { finish, end, ends, served } = await tunnel();
		await finish(end.write(Buffer.from('question')));
		await finish(end.end());
		expect(await finish(textOf({ ...end, bytes: () => served.output }))).toBe('question');
		expect(ends).toEqual([]);
		served.input.end('answer');
		expect(await finish(textOf(end))).toBe('answer');
		await settle();
		expect(ends).toEqual(['ended']);
	});

	it('tells who asks why it is not opened', async () => {
		const pair = await meshPair();
		serveTunnels({ ...pair, network: pair.two }, async () => {
			throw ganglineError('FORBIDDEN', 'bob may not', { hint: 'ask an owner' });
		});
		const error = await failureOf(pair.finish(openTunnel({ ...pair, network: pair.one }, twoId, head)));
		expect(error).toMatchObject({ code: 'FORBIDDEN', message: 'bob may not', hint: 'ask an owner' });
	});

	it('ends on both sides when one of them breaks', async () => {
		const { finish, end, ends, served } = await tunnel();
		const read = textOf(end);
		served.input.destroy(new Error('the sshd died'));
		await expect(finish(read)).rejects.toMatchObject({ code: 'PEER_GONE' });
		await settle();
		expect(ends).toEqual(['ended']);
		expect(served.output.destroyed).toBe(true);
	});

	it('[I15] keeps nothing for a reader that does not read: the writer waits', async () => {
		const { clock, end, served } = await tunnel();
		let written = 0;
		void (async () => {
			for (;;) {
				await end.write(Buffer.alloc(64 * 1024));
				written += 64 * 1024;
			}
		})().catch(() => undefined);
		for (let turn = 0; turn < 300; turn += 1) await clock.advance(10);
		const kept = written;
		expect(kept).toBeLessThan(6 * 1024 * 1024);
		served.output.resume();
		for (let turn = 0; turn < 300; turn += 1) await clock.advance(10);
		expect(written).toBeGreaterThan(2 * kept);
		end.abort('enough');
	});

	it('[I12] ends when nothing went over it for ten minutes, and not before', async () => {
		const { clock, end, ends, served } = await tunnel();
		const read = textOf(end).catch((error: unknown) => error);
		await clock.advance(9 * 60_000);
		served.input.write('.');
		await clock.advance(9 * 60_000);
		expect(ends).toEqual([]);
		await clock.advance(2 * 60_000);
		await settle();
		expect(ends).toEqual(['ended']);
		expect(await read).toMatchObject({ code: 'PEER_GONE' });
	});

	it('ends when whoever let it in takes that back', async () => {
		const pair = await meshPair();
		const controller = new AbortController();
		const served = side();
		serveTunnels({ ...pair, network: pair.two }, async () => ({ end: served.end, signal: controller.signal }));
		const end = await pair.finish(openTunnel({ ...pair, network: pair.one }, twoId, head));
		const read = textOf(end);
		controller.abort(ganglineError('FORBIDDEN', 'an owner no more'));
		await expect(pair.finish(read)).rejects.toMatchObject({ code: 'PEER_GONE' });
		expect(served.input.destroyed).toBe(true);
	});
});

describe('a hostile peer', () => {
	const sayAndListen = async (frame: Uint8Array) => {
		const pair = await meshPair({ twoSendsAnything: true });
		serveTunnels({ ...pair, network: pair.one }, async () => expect.fail('it was opened'));
		const channel = await pair.finish(pair.two.open(pair.one.self, '/gangline/ssh/1'));
		await pair.finish(channel.send(frame));
		for (let turn = 0; turn < 50; turn += 1) await pair.clock.advance(1);
		return pair;
	};

	it('is cut off when it says something else than what it wants', async () => {
		const sound = { ...head, person: 'x' };
		const frames = [
			Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
			Buffer.from(JSON.stringify({ ...sound, port: 22 })),
			Buffer.from(JSON.stringify({ ...sound, key: 'command="sh" ssh-ed25519 AAAA' })),
			Buffer.from(JSON.stringify({ ...sound, key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)}\nssh-rsa A` })),
			Buffer.from(JSON.stringify({ ...sound, project: 'x'.repeat(5_000) })),
		];
		for (const frame of frames) {
			const { one, log } = await sayAndListen(frame);
			expect(one.links(), frame.toString('utf8', 0, 60)).toEqual([]);
			expect(log.lines.some(({ event }) => event === 'ssh.opened')).toBe(false);
		}
	});

	it('is cut off when it opens channels and says nothing', async () => {
		const pair = await meshPair();
		serveTunnels({ ...pair, network: pair.one }, async () => expect.fail('it was opened'));
		await pair.finish(pair.two.open(pair.one.self, '/gangline/ssh/1'));
		await pair.clock.advance(11_000);
		await settle();
		expect(pair.one.links()).toEqual([]);
	});

	it('[I15] has no more than 32 open', async () => {
		const pair = await meshPair();
		serveTunnels({ ...pair, network: pair.one }, async () => ({ end: side().end }));
		const asked = { ...pair, network: pair.two };
		for (let n = 0; n < 32; n += 1) await pair.finish(openTunnel(asked, pair.one.self, head));
		expect((await failureOf(pair.finish(openTunnel(asked, pair.one.self, head)))).code).toBe('PEER_GONE');
	});

	it('brings no other peer down with what it answers', async () => {
		for (const answer of [
			Uint8Array.of(1, 0x7b),
			Buffer.from('\u0001{"code":"MALFORMED","message":"you"}'),
			Uint8Array.of(),
		]) {
			const pair = await meshPair({ twoSendsAnything: true });
			pair.two.handle('/gangline/ssh/1', (channel) => void channel.send(answer));
			const error = await failureOf(pair.finish(openTunnel({ ...pair, network: pair.one }, twoId, head)));
			expect(error).toMatchObject({ code: 'REFUSED', disposition: 'terminal' });
		}
	});
});

describe('a line between two ends', () => {
	it('leaves the other half of a socket open when one has ended', async () => {
		const clock = new SimClock();
		const [one, two] = [side(), side()];
		const bridged = bridge(one.end, two.end, { clock, idleMsMax: 1_000 });
		one.input.end('first');
		expect(await textOf({ ...two.end, bytes: () => two.output })).toBe('first');
		two.input.end('second');
		expect(await textOf({ ...one.end, bytes: () => one.output })).toBe('second');
		await bridged;
		expect(clock.waiting).toBe(0);
	});
});
