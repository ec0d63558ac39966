/**
 * What the mesh costs between two processes over TCP. An intent: signed and on disk at the laptop, over the link, on
 * disk at the home, folded, its facts signed and on disk there, back over the link, proved and on disk at the laptop,
 * and only then answered. Beside it the least that any such system needs: a synced batch here, a message there, a
 * synced batch there, a message back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { Level } from 'level';
import { decodeMessage } from '../../shared/mesh/sync/wire.ts';
import type { ItemDraft } from '../../shared/operations/index.ts';
import type { Channel, Network } from '../../shared/ports/index.ts';
import { alternate, cpuMsOf, ownCpuMs, repeat } from './alternate.ts';
import { addressOf, echoProtocol, type Laptop, openBareLibp2p, openLaptop } from './mesh-ground.ts';
import { type BenchResult, figuresOf, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

const item = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const waitMs = 30_000;

export async function measureMesh({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-bench-'));
	const others: ChildProcess[] = [];
	const start = async (side: string): Promise<{ address: string; cpuMs: () => number }> => {
		const { child, address } = await startOther(side, join(folder, `other-${side}`));
		others.push(child);
		return { address, cpuMs: () => ownCpuMs() + cpuMsOf(child.pid) };
	};
	const traffic = { bytes: 0, heard: (_kind: string): void => {} };
	const [home, echo] = [await start('home'), await start('echo')];
	const laptop = await openLaptop(join(folder, 'laptop'), (network) => tapBoth(network, traffic));
	await laptop.network.dial(addressOf('home', [home.address]));
	await submit(laptop, [draft('add', { title: 'An item' })]);
	try {
		const peer = await openEcho(echo.address, join(folder, 'bare'));
		const measured = await alternate(
			{ once: () => submit(laptop, [draft('edit', { title: `A title ${Math.random()}` })]), cpuMs: home.cpuMs },
			{ once: peer.exchange, cpuMs: echo.cpuMs },
			{ rounds: quick ? 6 : 20, perRound: 50, warmUp: 200 },
		);
		const offline = await settleOffline(laptop, home.address, quick ? 2 : 5);
		const resync = await resyncWithoutNews(laptop, traffic, { rounds: quick ? 5 : 20, perRound: 20, warmUp: 20 });
		return [
			judged({
				...measured,
				name: 'intent here, fact from the home, durable on both',
				unit: 'ms',
				peer: { ...measured.peer, name: 'libp2p echo and two synced Level batches' },
				goals: [
					{ of: 'p50', atMost: 3 },
					{ of: 'p99', atMost: 15 },
				],
			}),
			judged({
				...{ name: '10,000 intents written offline, settled', unit: 'ms', ours: figuresOf(offline) },
				goals: [{ of: 'p50', atMost: 2_000 }],
			}),
			...resync,
		];
	} finally {
		await laptop.close();
		for (const other of others) {
			other.stdin?.end();
			await once(other, 'exit');
		}
		rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
	}
}

const draft = (event: string, args: Readonly<Record<string, unknown>>): ItemDraft => ({
	by: 'user',
	who: 'ada',
	item,
	event,
	args,
});

async function submit({ replica }: Laptop, drafts: readonly ItemDraft[]): Promise<void> {
	const answers = await replica.submit(drafts, { waitMs });
	const strange = answers.find(({ kind }) => kind !== 'applied');
	if (strange) throw new Error(`an intent ended as ${JSON.stringify(strange)}`);
}

async function startOther(side: string, folder: string): Promise<{ child: ChildProcess; address: string }> {
	const program = fileURLToPath(new URL('./mesh-other.ts', import.meta.url));
	const child = spawn(process.execPath, [program, side, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
	const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
	return { child, address: String(JSON.parse(line).address) };
}

/** One exchange of 120 bytes with the bare node, durable on both sides. */
async function openEcho(address: string, folder: string): Promise<{ exchange(): Promise<void> }> {
	const database = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' });
	const node = await openBareLibp2p();
	const stream: Stream = await node.dialProtocol(multiaddr(address), echoProtocol);
	let back = (): void => {};
	stream.addEventListener('message', () => back());
	const frame = new Uint8Array(120).fill(7);
	let sent = 0;
	return {
		async exchange() {
			sent += 1;
			await database.batch([{ type: 'put', key: String(sent), value: frame }], { sync: true });
			const answered = new Promise<void>((resolve) => {
				back = resolve;
			});
			stream.send(frame);
			await answered;
		},
	};
}

/** The time from the link's return to the last of 10,000 answers on the laptop's disk. */
async function settleOffline({ network, replica }: Laptop, address: string, times: number): Promise<readonly number[]> {
	const samples: number[] = [];
	const peer = addressOf('home', [address]);
	for (let time = 0; time < times; time += 1) {
		network.cutOff(peer.node, 'offline');
		const drafts = Array.from({ length: 10_000 }, (_, at) => draft('edit', { title: `Offline ${time} ${at}` }));
		for (let at = 0; at < drafts.length; at += 100) {
			await replica.submit(drafts.slice(at, at + 100), { waitMs: 0 });
		}
		const settled = new Promise<void>((resolve) => {
			const look = (): void => {
				if (replica.unsettled().length > 0) return;
				unsubscribe();
				resolve();
			};
			const unsubscribe = replica.subscribe(look);
		});
		const begin = performance.now();
		await network.dial(peer);
		await settled;
		samples.push(performance.now() - begin);
	}
	return samples;
}

interface Traffic {
	bytes: number;
	/** Called with the kind of each message that came. */
	heard: (kind: string) => void;
}

/** The laptop says anew what it has, and hears that the home has the same. */
async function resyncWithoutNews(
	{ replica, sync }: Laptop,
	traffic: Traffic,
	rounds: Parameters<typeof repeat>[1],
): Promise<readonly BenchResult[]> {
	await replica.idle();
	await new Promise((resolve) => setTimeout(resolve, 200));
	const bytes: number[] = [];
	const ours = await repeat(
		{
			once: async () => {
				sync.remove(replica.id);
				traffic.bytes = 0;
				const answered = new Promise<void>((resolve) => {
					traffic.heard = (kind) => kind === 'project' && resolve();
				});
				sync.add(replica);
				await answered;
				bytes.push(traffic.bytes);
			},
		},
		rounds,
	);
	const name = 'resync of a project without news';
	return [
		judged({ name, unit: 'ms', ours, goals: [{ of: 'p50', atMost: 1 }] }),
		judged({
			...{ name, unit: 'bytes', ours: figuresOf(bytes), goals: [{ of: 'p50', atMost: 256 }] },
			note: 'frames of both directions together, before encryption',
		}),
	];
}

/** Counts the frames of the sync protocol, both ways. */
function tapBoth(network: Network, traffic: Traffic): Network {
	const tap = (channel: Channel): Channel => ({
		peer: channel.peer,
		protocol: channel.protocol,
		send: (frame) => {
			traffic.bytes += frame.byteLength;
			return channel.send(frame);
		},
		frames: async function* () {
			for await (const frame of channel.frames()) {
				traffic.bytes += frame.byteLength;
				traffic.heard(decodeMessage(frame).message.k);
				yield frame;
			}
		},
		close: () => channel.close(),
		abort: (reason) => channel.abort(reason),
	});
	return {
		self: network.self,
		addresses: () => network.addresses(),
		dial: (peer) => network.dial(peer),
		open: async (node, protocol) => tap(await network.open(node, protocol)),
		handle: (protocol, take) => network.handle(protocol, (channel) => take(tap(channel))),
		links: () => network.links(),
		subscribe: (listener) => network.subscribe(listener),
		cutOff: (node, reason) => network.cutOff(node, reason),
		review: () => network.review(),
		[Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
	};
}
