/** Attacks of members below the meaning of things: frames, questions and documents that no honest program sends. */
import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { expect } from 'vitest';
import * as Y from 'yjs';
import { peerNameOf, startHost } from '../../shared/mesh/libp2p-host.ts';
import { encodeFrame, type Frame } from '../../shared/mesh/rpc/frames.ts';
import { frameBytesMax, type MeshProtocol, pause } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { eventually } from './gateway-world.ts';
import type { MeshAttack, Named, RunHere, Scene } from './hostile-mesh.ts';
import type { Standing } from './hostile-mesh-world.ts';

/** A frame of sync whose header is this text. */
function frameOf(header: string, payload: Uint8Array = new Uint8Array()): Uint8Array {
	const bytes = Buffer.from(header);
	const length = Buffer.alloc(2);
	length.writeUInt16BE(bytes.byteLength & 0xffff);
	return Buffer.concat([length, bytes, payload]);
}

/** One attacker for each of these, at the home; all are cut off. */
function eachCutOff(
	event: string,
	frames: readonly ((scene: Scene) => Uint8Array)[],
	protocol: MeshProtocol = '/gangline/sync/1',
): RunHere {
	return {
		kind: 'here',
		as: frames.map((): Standing => 'member'),
		leaves: 'nothing',
		named: [{ by: 'home', event, isCutOff: true }] satisfies readonly Named[],
		run: async (scene) => {
			for (const [i, frame] of frames.entries()) {
				const eve = scene.members[i];
				if (!eve) throw new Error('one attacker for each frame');
				if (protocol === '/gangline/sync/1') {
					const line = await eve.sync(scene.world.home);
					await line.raw(frame(scene));
				} else {
					await eve.connect(scene.world.home);
					const channel = await eve.network.open(scene.world.home.node, protocol);
					await channel.send(frame(scene));
				}
				await eventually(() => !eve.isLinked(scene.world.home), `attacker ${i} to be cut off`, 10);
			}
		},
	};
}

/** A document with one root, as an update. */
function updateOf(fill: (document: Y.Doc) => void): Uint8Array {
	const document = new Y.Doc();
	fill(document);
	return Y.encodeStateAsUpdate(document);
}

const clock = new SystemClock();
const claim = Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 0, 0);
/** A range that was collected, over the first thousand clocks of client 1. */
const collected = Uint8Array.of(1, 1, 1, 0, 0, 0xe8, 0x07, 0);

const texts = (updates: readonly (() => Uint8Array)[]): RunHere =>
	eachCutOff(
		'sync.cutOff',
		updates.map(
			(update) =>
				({ world }: Scene) =>
					frameOf(JSON.stringify({ k: 'update', document: world.textName }), update()),
		),
	);

const question = (frame: Partial<Frame> & { readonly text?: string }): Uint8Array =>
	encodeFrame({ kind: 'ask', id: 1, more: false, body: Buffer.from(frame.text ?? ''), ...frame });

export const frameAttacks: readonly MeshAttack[] = [
	{
		name: 'frames',
		who: 'a member',
		what: 'frames of sync that are none: no bytes, no JSON, nested 8,000 deep, `__proto__`, unknown kinds and fields, a second hello, credit for nothing',
		outcome: 'is cut off: MALFORMED',
		proof: eachCutOff(
			'sync.cutOff',
			[
				'{"k":',
				`${'['.repeat(8000)}${']'.repeat(8000)}`,
				'{"k":"become","node":"home"}',
				'{"k":"bye","reason":"x","__proto__":{"isAdmin":true}}',
				'{"k":"hello","schema":1}',
				'{"k":"credit","bytes":9000000}',
			].map((header) => () => frameOf(header)),
		),
	},
	{
		name: 'lengths',
		who: 'a member',
		what: 'a header longer than its frame, a frame of 4 GiB announced, a length without end',
		outcome: 'is cut off before anything of it is kept',
		proof: {
			...{ kind: 'here', as: ['member', 'member'], leaves: 'nothing' },
			named: [{ by: 'home', event: 'peer cut off', isCutOff: true }],
			async run({ world, members }) {
				const lies = [Buffer.alloc(4, 0xff), Buffer.from((frameBytesMax + 1).toString(16).padStart(8, '0'), 'hex')];
				for (const [i, eve] of members.entries()) {
					const none = (): void => {};
					const host = await startHost({
						...{ identity: eve.identity, listen: [] },
						...{ mayConnect: () => true, connecting: none, opening: none },
					});
					const [address = ''] = world.home.addresses;
					const to = multiaddr(`${address}/p2p/${peerNameOf(world.home.publicKey)}`);
					const connections: Connection[] = [];
					const dial = async (): Promise<boolean> => {
						const connection = await host.dial(to).catch(() => null);
						await pause(clock, 50);
						if (connection?.status === 'open') connections.push(connection);
						return connections.length > 0;
					};
					await eventually(dial, 'the home to let it in');
					const [connection] = connections;
					if (!connection) throw new Error('no connection');
					const stream = await connection.newStream('/gangline/sync/1' satisfies MeshProtocol);
					stream.send(Buffer.concat([lies[i] ?? Buffer.alloc(0), Buffer.alloc(100)]));
					await eventually(() => connection.status !== 'open', 'the connection to end');
					await host.stop();
				}
			},
		},
	},
	{
		name: 'questions',
		who: 'a member',
		what: 'questions that are none: no kind, no JSON, `__proto__`, an answer to nothing, one number twice, a body in pieces of one byte',
		outcome: 'is cut off: MALFORMED or TOO_LARGE',
		proof: eachCutOff(
			'rpc.peerCutOff',
			[
				() => Uint8Array.of(77, 0),
				() => question({ text: '{"method":' }),
				() => question({ text: '{"__proto__":{"method":"node.hello"}}' }),
				() => question({ kind: 'answer', text: '{}' }),
				() => question({ kind: 'credit', text: 'xx' }),
				() => question({ more: true, text: 'x' }),
			],
			'/gangline/rpc/1',
		),
	},
	{
		name: 'updates',
		who: 'a member',
		what: "updates of a text that harm Yjs: 33 million structures in ten bytes, V2 encoding, 2,000 roots, a collected range over another's clock, an embedded document",
		outcome: 'is cut off: MALFORMED, before Yjs sees a byte',
		proof: texts([
			() => claim,
			() => {
				const document = new Y.Doc();
				document.getText('text').insert(0, 'x');
				return Y.encodeStateAsUpdateV2(document);
			},
			() =>
				updateOf((document) => {
					for (let i = 0; i < 2_000; i++) document.getText(`root ${i}`).insert(0, 'x');
				}),
			() => collected,
			() => updateOf((document) => document.getText('text').insertEmbed(0, { isAdmin: true })),
		]),
	},
	{
		name: 'many-questions',
		who: 'a member',
		what: 'tens of thousands of questions at once, and reads no answer',
		outcome: 'what waits for it is bounded: the gateway reads no further, or cuts it off',
		proof: {
			...{ kind: 'here', as: ['member'], leaves: 'nothing', named: [] },
			async run({ eve, world }) {
				await eve.connect(world.gateway);
				const channel = await eve.network.open(world.gateway.node, '/gangline/rpc/1');
				const before = world.memory('gateway');
				const text = '{"method":"node.events","args":{}}';
				const asked = Array.from({ length: 30_000 }, (_, id) =>
					channel.send(question({ id, kind: id % 2 ? 'stream' : 'ask', text })).catch(() => {}),
				);
				await Promise.race([Promise.all(asked), pause(clock, 3_000)]);
				expect(world.memory('gateway') - before).toBeLessThan(60 * 1024 * 1024);
				channel.abort('enough');
			},
		},
	},
	{
		name: 'pulls-malformed',
		who: 'a member',
		what: 'a pull that begins with bytes, or wants paths and refs that are none',
		outcome: 'is cut off: MALFORMED',
		proof: eachCutOff(
			'pack.peerCutOff',
			[
				() => Uint8Array.of(1, 2, 3),
				() => Buffer.from('\0{"kind":"want","project":"x","ref":"refs/../../etc","__proto__":{}}'),
				() => Buffer.from('\0{"kind":"credit","bytes":-1}'),
			],
			'/gangline/pack/1',
		),
	},
];
