/**
 * Doors of a running node: its sync, its rpc and the joining, with real documents behind them and a network in which
 * the test writes every frame. An input is a whole conversation, most of it as recorded. Who breaks the rules is cut off,
 * which counts as refused; an error in the log is a bug of ours.
 */
import { RegistryDocument } from '../../../shared/documents/index.ts';
import { serveJoin } from '../../../shared/mesh/join/serve-join.ts';
import { encodeFrame, type FrameKind } from '../../../shared/mesh/rpc/frames.ts';
import { NetworkRpc } from '../../../shared/mesh/rpc/index.ts';
import type { RpcMethod, RpcStream } from '../../../shared/mesh/rpc.ts';
import { MeshSync } from '../../../shared/mesh/sync/index.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../shared/mesh/sync/wire.ts';
import { GanglineError, ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import * as meshMethods from '../../../shared/protocol/mesh.ts';
import * as provisionMethods from '../../../shared/protocol/provision.ts';
import * as rehomeMethods from '../../../shared/protocol/rehome.ts';
import * as replicaMethods from '../../../shared/protocol/replica.ts';
import * as workMethods from '../../../shared/protocol/work-methods.ts';
import { projectOne } from '../facts.ts';
import { gatewayIdentity, meshId, smallMesh } from '../registry-facts.ts';
import { SyncMesh, type TestProject } from '../sync-mesh.ts';
import { HandChannel, HandNetwork, turns } from './by-hand.ts';
import { spoilBytes } from './bytes.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { jsonText, spoilValue } from './json.ts';
import { spoilLarge } from './makers.ts';
import { indexState, type Recorded } from './recorded.ts';
import { valuesOf } from './schema-values.ts';

type Conversation = readonly Uint8Array[];

/** A node forgets nothing of those who were here; a new one begins behind so many. */
const conversationsPerNode = 200;

export async function meshDoors(recorded: Recorded): Promise<readonly Door[]> {
	return [await syncDoor(recorded), rpcDoor(), askingDoor(), joinDoor()];
}

/** Says what is wrong when the node itself complained, refuses where it cut the other side off. */
function judgeOf(log: SimLog, network: HandNetwork, channel: HandChannel): void {
	const complaint = log.lines.find(({ level }) => level === 'error');
	log.lines.length = 0;
	if (complaint) throw complaint.fields.error ?? new Error(`${complaint.event} ${JSON.stringify(complaint.fields)}`);
	const reason = network.cutOffs.splice(0)[0];
	if (reason !== undefined || channel.isOver) throw ganglineError('MALFORMED', reason ?? 'it was hung up on');
}

async function converse(channel: HandChannel, frames: Conversation): Promise<void> {
	for (const frame of frames) channel.inbox.push(frame);
	await turns(4);
	channel.inbox.end(null);
	await turns(2);
}

async function syncDoor(recorded: Recorded): Promise<Door<Conversation>> {
	const frames = recorded['/gangline/sync/1'].filter((frame) => decodeMessage(frame).message.k !== 'hello');
	const victim = await SyncVictim.begin(recorded);
	return {
		name: 'a node that syncs',
		covers: [
			...['/gangline/sync/1', 'shared/mesh/sync/peer-channel.ts', 'shared/mesh/sync/document-exchange.ts'],
			...[
				'shared/mesh/sync/log-exchange.ts',
				'shared/mesh/sync/bulk-transfer.ts',
				'shared/mesh/sync/presence-board.ts',
			],
			...['shared/mesh/sync/project-exchange.ts', 'shared/mesh/sync/catalog.ts'],
		],
		make: (dice) => [
			...(dice.once(30) ? [] : [encodeMessage({ message: { k: 'hello', schema: 1 } })]),
			...Array.from({ length: dice.below(4) }, () => dice.pick(frames)),
			...Array.from({ length: 1 + dice.below(3) }, () => hostileFrame(dice, frames, victim.names)),
		],
		isConversation: true,
		feed: (conversation) => victim.hear(conversation),
		state: () => victim.state(),
		isWhole: (_before, after) => victim.mustBeKnown(after),
		isNewLife: () => victim.isFresh,
		close: () => victim.stop(),
	};
}

/** A frame with another header or payload, a message out of turn, or bytes that were spoilt. */
function hostileFrame(dice: Dice, frames: Conversation, names: readonly string[]): Uint8Array {
	const frame = dice.pick(frames);
	if (dice.once(3)) return spoilBytes(dice, frame, frames);
	const { message, payload } = decodeMessage(frame);
	const document = dice.pick(names);
	const other: readonly Message[] = [
		{ k: 'update', document },
		{ k: 'diff', document },
		{ k: 'ask', document },
		{ k: 'large', document, bytes: 1 + dice.size(2 ** 26 - 1) },
		{ k: 'take', document },
		{ k: 'part', document, at: dice.size(300_000), bytes: 1 + dice.size(300_000), digest: 'ab'.repeat(32) },
		{ k: 'presence', kind: 'worker' },
		{ k: 'flush', project: projectOne },
		{ k: 'texts', project: projectOne },
		{ k: 'from', project: projectOne, author: `n${'1'.repeat(16)}.01234567.edge` as never, n: dice.size(2 ** 31) },
	];
	const said = dice.once(2) ? message : dice.pick(other);
	const bytes = dice.once(2) ? payload : spoilBytes(dice, payload.length > 0 ? payload : Uint8Array.of(0, 0));
	if (dice.once(2)) return encodeMessage({ message: said, payload: bytes });
	const header = Buffer.from(jsonText(spoilValue(dice, said)));
	const length = Buffer.alloc(2);
	length.writeUInt16BE(header.length & 0xffff);
	return Buffer.concat([length, header, bytes]);
}

/** A laptop that has what the home of a small project published, and syncs with whoever comes. */
class SyncVictim {
	readonly log = new SimLog();
	readonly names: readonly string[];
	readonly #known: ReadonlySet<string>;
	readonly #clock = new SimClock();
	readonly #mesh: SyncMesh;
	#network = new HandNetwork();
	#sync: MeshSync | undefined;
	#heard = 0;
	isFresh = true;

	static async begin(recorded: Recorded): Promise<SyncVictim> {
		const mesh = await SyncMesh.start('recorded', ['home', 'laptop'], { items: ['a', 'b'] });
		await (await mesh.home.project.text('a'))?.replace('one line\nand another\n');
		await mesh.until(() => mesh.isEqual());
		return new SyncVictim(mesh, recorded);
	}

	private constructor(mesh: SyncMesh, recorded: Recorded) {
		this.#mesh = mesh;
		const { index } = this.#project;
		this.names = [
			index.name,
			`doc/${projectOne}/text/a`,
			`doc/${projectOne}/text/b`,
			`doc/${projectOne}/text/none`,
			`doc/${projectOne}/index/2`,
		];
		this.#known = new Set(recorded.indexes);
	}

	get #project(): TestProject {
		return this.#mesh.node('laptop').project;
	}

	/** What its writer alone may change; texts everyone writes, and logs have a door of their own. */
	state(): string {
		const { index } = this.#project;
		return indexState(index);
	}

	mustBeKnown(state: string): void {
		if (!this.#known.has(state)) throw new Error(`the facts are as their writer never published them: ${state}`);
	}

	async hear(conversation: Conversation): Promise<void> {
		this.isFresh = this.#heard % conversationsPerNode === 0;
		if (this.isFresh) await this.#beginAnew();
		this.#heard += 1;
		const channel = this.#network.connect('/gangline/sync/1');
		await converse(channel, conversation);
		judgeOf(this.log, this.#network, channel);
	}

	async stop(): Promise<void> {
		await this.#sync?.[Symbol.asyncDispose]();
		await this.#mesh.stop();
	}

	async #beginAnew(): Promise<void> {
		await this.#sync?.[Symbol.asyncDispose]();
		this.#network = new HandNetwork();
		this.#sync = new MeshSync({ network: this.#network, clock: this.#clock, log: this.log, access: () => 'write' });
		this.#sync.add(this.#project);
		const random = new SimRandom('victim');
		const options = { store: await openSimStore(), mesh: meshId, random, gatewayKey: gatewayIdentity.publicKey };
		const registry = await RegistryDocument.open({ ...options, identity: gatewayIdentity });
		await registry.publish(smallMesh());
		this.#sync.addDocument(registry);
	}
}

type Described = RpcMethod | RpcStream;

/** Every method and stream that is described, also those that are added tomorrow. */
export const rpcMethods: readonly Described[] = [
	meshMethods,
	provisionMethods,
	rehomeMethods,
	replicaMethods,
	workMethods,
]
	.flatMap((module): unknown[] => Object.values(module))
	.filter((one): one is Described => typeof one === 'object' && one !== null && 'name' in one && 'args' in one);

function rpcDoor(): Door<Conversation> {
	const log = new SimLog();
	let network = new HandNetwork();
	let heard = 0;
	const makers = new Map(rpcMethods.map((method) => [method.name, valuesOf(method.args)]));
	const serve = (): void => {
		network = new HandNetwork();
		const rpc = new NetworkRpc({ network, clock: new SimClock(), log });
		for (const method of rpcMethods) {
			if ('result' in method) rpc.serve(method, async () => refused());
			else rpc.serveStream(method, () => refused());
		}
	};
	return {
		name: 'a node that is asked',
		covers: [
			...['/gangline/rpc/1', 'shared/mesh/rpc/answering.ts', 'shared/mesh/rpc/network-rpc.ts'],
			...rpcMethods.map(({ name }) => `rpc ${name}`),
			...['mesh', 'provision', 'rehome', 'replica', 'work-methods', 'work', 'worker-state', 'gates'].map(
				(name) => `shared/protocol/${name}.ts`,
			),
		],
		weight: 2,
		make: (dice) => {
			let id = 0;
			const ask = (): Uint8Array => {
				const [name, args] = dice.pick([...makers]);
				return question(dice, ++id, { method: name, args: args(dice) });
			};
			return Array.from({ length: 1 + dice.below(4) }, () => (dice.once(6) ? spoilBytes(dice, ask()) : ask()));
		},
		feed: async (conversation) => {
			if (heard++ % conversationsPerNode === 0) serve();
			const channel = network.connect('/gangline/rpc/1');
			await converse(channel, conversation);
			judgeOf(log, network, channel);
		},
	};
}

function refused(): never {
	throw ganglineError('REFUSED', 'not from you');
}

const kinds: readonly FrameKind[] = ['ask', 'ask', 'ask', 'ask', 'stream', 'cancel', 'credit', 'answer', 'item'];

function question(dice: Dice, id: number, asked: unknown): Uint8Array {
	const value = dice.once(3)
		? asked
		: dice.once(60)
			? spoilLarge(dice, asked, 900_000)
			: spoilValue(dice, asked, 20_000);
	const body = Buffer.from(jsonText(value)).subarray(0, 1_000_000);
	return encodeFrame({ kind: dice.pick(kinds), id: dice.once(8) ? 1 : id, more: dice.once(12), body });
}

/** The other side of rpc: what a node hears that has asked something. */
function askingDoor(): Door<Conversation> {
	const log = new SimLog();
	const sound = [
		{ kind: 'answer', body: { version: '1', at: 1, revision: 1 } },
		{ kind: 'error', body: { code: 'REFUSED', message: 'no', hint: 'x', data: { a: 1 } } },
		{ kind: 'item', body: 'x' },
		{ kind: 'end', body: null },
	] as const;
	const { helloMethod } = meshMethods;
	return {
		name: 'a node that has asked',
		covers: [
			'/gangline/rpc/1',
			'shared/mesh/rpc/asking.ts',
			'shared/mesh/hello.ts',
			'shared/mesh/serve-operations.ts',
			'shared/replica/home-contact.ts',
		],
		make: (dice) =>
			Array.from({ length: 1 + dice.below(3) }, () => {
				const { kind, body } = dice.pick(sound);
				const value = dice.once(60)
					? spoilLarge(dice, body, 400_000)
					: dice.once(4)
						? body
						: spoilValue(dice, body, 20_000);
				const bytes = Buffer.from(jsonText(value)).subarray(0, 1_000_000);
				const frame = encodeFrame({
					kind: dice.once(8) ? dice.pick(kinds) : kind,
					id: dice.once(6) ? dice.below(9) : 1,
					more: dice.once(12),
					body: bytes,
				});
				return dice.once(5) ? spoilBytes(dice, frame) : frame;
			}),
		feed: async (conversation) => {
			const network = new HandNetwork();
			const rpc = new NetworkRpc({ network, clock: new SimClock(), log });
			const channel = new HandChannel({ node: network.self, publicKey: new Uint8Array(32) }, '/gangline/rpc/1');
			network.next = channel;
			const asked = rpc.ask(network.self, helloMethod, { version: '1', addresses: [], links: [], at: 1 }).then(
				() => null,
				(error: unknown) => error,
			);
			await turns(1);
			await converse(channel, conversation);
			await rpc.close();
			const refusal = await asked;
			// A newer node may answer with a code that we do not know, which becomes INTERNAL as it is told.
			if (refusal !== null && !(refusal instanceof GanglineError)) throw refusal;
			judgeOf(log, network, channel);
		},
	};
}

function joinDoor(): Door<Conversation> {
	const log = new SimLog();
	const request = {
		...{
			v: 1,
			mesh: projectOne,
			secret: 'A'.repeat(22),
			hostName: 'laptop',
			wish: { name: 'laptop', duties: ['work'] },
		},
		...{ addresses: ['/ip4/192.0.2.7/tcp/7421'], version: '0.1.0' },
	};
	let network = new HandNetwork();
	let heard = 0;
	let admitted = 0;
	const serve = (): void => {
		network = new HandNetwork();
		serveJoin({
			...{ network, clock: new SimClock(), log, version: '0.1.0' },
			admit: async (asked) => {
				admitted += 1;
				if (asked.secret !== request.secret)
					throw ganglineError('JOIN_REFUSED', 'wrong', { data: { reason: 'wrong' } });
				throw ganglineError('JOIN_REFUSED', 'used', { data: { reason: 'used' } });
			},
		});
	};
	return {
		name: 'a gateway that is asked to let in',
		covers: ['/gangline/join/1', 'shared/mesh/join/serve-join.ts', 'shared/mesh/join/messages.ts'],
		make: (dice) => {
			const bytes = Buffer.from(jsonText(dice.once(8) ? request : spoilValue(dice, request, 60_000)));
			return [dice.once(4) ? spoilBytes(dice, bytes) : bytes, ...(dice.once(4) ? [dice.bytes(9)] : [])];
		},
		feed: async (conversation) => {
			if (heard++ % conversationsPerNode === 0) serve();
			const before = admitted;
			const channel = network.connect('/gangline/join/1');
			await converse(channel, conversation);
			if (admitted > before + 1) throw new Error('one joiner was let in twice');
			judgeOf(log, network, channel);
		},
	};
}
