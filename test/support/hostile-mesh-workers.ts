/** Attacks of a plain worker: it has no documents, may be given tasks, and tells the home what came of them. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import * as Y from 'yjs';
import { decode, encodeWords, pullerSchema, serverSchema } from '../../shared/mesh/pack/messages.ts';
import { type Channel, parseCommitId } from '../../shared/ports/index.ts';
import { operationMethod } from '../../shared/protocol/mesh.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import {
	workAcknowledge,
	workBegin,
	workCancel,
	workOffer,
	workReport,
	workState,
} from '../../shared/protocol/work-methods.ts';
import type { WorkerState } from '../../shared/protocol/worker-state.ts';
import { eventually } from './gateway-world.ts';
import type { HostileMember } from './hostile-member.ts';
import type { MeshAttack, RunHere, Scene } from './hostile-mesh.ts';
import { wish } from './hostile-mesh-members.ts';
import type { HostileWorld } from './hostile-mesh-world.ts';
import { type Handmade, handmadeBundle } from './hostile-pack.ts';

const nothing = { kind: 'here', leaves: 'nothing', named: [] } as const;
const forbidden = { code: 'FORBIDDEN' };
const emptyVector = Uint8Array.of(0);
const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 1 };

function stateOf(world: HostileWorld, author: string): WorkerState {
	return {
		author,
		slots: { free: 1, total: 1 },
		shortage: null,
		load: 0,
		free: { memoryMb: 9_000, diskMb: 90_000 },
		floor: { memoryMb: 1, diskMb: 1 },
		runtimes: ['shell'],
		busy: [],
		reporting: [],
		projects: [
			{
				project: world.project,
				qualified: true,
				reason: null,
				saw: '1 test',
				main: world.main() as never,
				agents: [],
				clones: [],
			},
		],
	};
}

function resultOf(world: HostileWorld, commit: string): WorkReport {
	const verdict = { tree: 'ab'.repeat(20), gateSet: 'eve', passed: true, gates: [] };
	return { kind: 'result', commit: commit as never, base: world.main() as never, usage, verdict };
}

/** A task that nobody was given. */
function madeUp(world: HostileWorld, key: string, token: readonly [number, number]): Task {
	return {
		project: world.project as never,
		item: {
			...{ key: key as never, number: 1, title: 'x', type: 'story', description: '' },
			...{ words: [], lastFailure: null },
		},
		...{ role: 'coder', agent: 'shell', token: token as never, main: world.main() as never, startFrom: null },
	} as Task;
}

/** Says that it is ready, takes what it is offered, and answers the task. */
async function granted({ world, eve }: Scene, title: string): Promise<Task> {
	const tasks: Task[] = [];
	eve.rpc.serve(workOffer, async () => ({ kind: 'accepted' as const }));
	eve.rpc.serve(workBegin, async ({ task }) => {
		tasks.push(task);
		return { begun: true };
	});
	eve.rpc.serve(workCancel, async () => ({}));
	eve.rpc.serve(workAcknowledge, async () => ({}));
	for (const to of [world.gateway, world.home]) await eve.connect(to);
	const { nodes } = await world.ask('node.list', {});
	const { name = '' } = nodes.find(({ id }) => id === eve.id) ?? {};
	await world.world.ok(world.shop, 'add', title, '--run', 'true', '--label', `needs:${name}`);
	await eventually(
		async () => {
			await sayReady(eve, world);
			return tasks.length > 0;
		},
		'a grant',
		30,
	);
	const [task] = tasks;
	if (!task) throw new Error('no task');
	return task;
}

async function sayReady(eve: HostileMember, world: HostileWorld): Promise<void> {
	const state = stateOf(world, `${eve.id}.00000001.work`);
	for (const to of [world.gateway, world.home]) await eve.rpc.ask(to.node, workState, state as never);
	await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Reports a commit as the result and answers the home's pull with these bytes. */
async function delivers(scene: Scene, title: string, made: Handmade): Promise<void> {
	const { world, eve } = scene;
	let pulled = 0;
	eve.network.handle('/gangline/pack/1', (channel) => {
		pulled += 1;
		void serve(channel, made.bundle).catch(() => {});
	});
	const task = await granted(scene, title);
	await eve.rpc.ask(world.home.node, workReport, {
		task: task as never,
		report: resultOf(world, made.commit) as never,
	});
	await eventually(() => pulled > 0, 'the home to pull', 20);
	const items = async () => (await world.board()).items.find((item) => item.title === title);
	await eventually(async () => (await items())?.holder === null, 'the home to judge', 30);
	expect((await items())?.landed ?? null).toBe(null);
	await world.world.ok(world.shop, 'move', `${(await items())?.number}`, 'freeze');
}

async function serve(channel: Channel, bundle: Uint8Array): Promise<void> {
	for await (const frame of channel.frames()) {
		const heard = decode(pullerSchema, frame);
		if (!('words' in heard) || heard.words.kind !== 'want') continue;
		const sha256 = createHash('sha256').update(bundle).digest('hex');
		await channel.send(encodeWords(serverSchema.parse({ kind: 'begin', offset: 0 })));
		for (let at = 0; at < bundle.byteLength; at += 200_000) {
			await channel.send(Buffer.concat([Uint8Array.of(1), bundle.subarray(at, at + 200_000)]));
		}
		await channel.send(encodeWords(serverSchema.parse({ kind: 'done', bytes: bundle.byteLength, sha256 })));
	}
}

const failedItem: Omit<RunHere, 'run'> = {
	kind: 'here',
	as: ['worker'],
	leaves: 'an item that failed',
	named: [{ by: 'home', event: 'pack.peerCutOff', isCutOff: true }],
};

export const workerAttacks: readonly MeshAttack[] = [
	{
		name: 'worker-log',
		who: 'a plain worker',
		what: 'poses as a person: a log of its own, with intents of an owner',
		outcome: 'nothing of it is taken; its name is in the log',
		proof: {
			...{ ...nothing, as: ['worker'], named: [{ by: 'home', event: 'sync.refused' }] },
			async run({ world, eve }) {
				const line = await eve.sync(world.home);
				for (const duty of ['edge', 'work', 'home'] as const) {
					const { flushes } = await eve.flushes(world.project, duty, [wish('ada'), wish('ada', { by: 'system' })]);
					for (const flush of flushes) await line.say({ k: 'flush', project: world.project }, flush);
				}
				await line.isTaken();
			},
		},
	},
	{
		name: 'worker-reads',
		who: 'a plain worker',
		what: "asks for a project's facts, logs and texts",
		outcome: 'is given nothing of them',
		proof: {
			...{ ...nothing, as: ['worker'] },
			async run({ world, eve }) {
				for (const to of [world.home, world.gateway]) {
					const line = await eve.sync(to);
					for (const document of [`doc/${world.project}/index/1`, world.textName]) {
						await line.say({ k: 'ask', document }, emptyVector);
						const { payload } = await line.hears(
							'diff',
							({ message }) => 'document' in message && message.document === document,
						);
						expect(payload.byteLength).toBe(0);
					}
					await line.say({ k: 'digests', project: world.project, isLast: true, wantsAnswer: true }, Buffer.from('[]'));
					await line.isTaken();
					const said = line.heard.map(({ message }) => message.k);
					expect(said.filter((kind) => ['project', 'digests', 'flush', 'texts', 'update'].includes(kind))).toEqual([]);
				}
			},
		},
	},
	{
		name: 'worker-text',
		who: 'a plain worker',
		what: 'the text of an item',
		outcome: 'nothing of it is taken',
		proof: {
			...{ ...nothing, as: ['worker'] },
			async run({ world, eve }) {
				const line = await eve.sync(world.home);
				const text = new Y.Doc();
				text.getText('text').insert(0, 'by eve');
				await line.say({ k: 'update', document: world.textName }, Y.encodeStateAsUpdate(text));
				await line.isTaken();
			},
		},
	},
	{
		name: 'worker-asks',
		who: 'a plain worker',
		what: 'asks the gateway and the home for any person',
		outcome: 'is refused: FORBIDDEN',
		proof: {
			...{ ...nothing, as: ['worker'] },
			async run({ world, eve }) {
				for (const to of [world.gateway, world.home]) {
					await eve.connect(to);
					for (const operation of ['item.list', 'item.add', 'node.status', 'token.create', 'person.add']) {
						const asked = eve.rpc.ask(to.node, operationMethod, { operation, args: {}, person: 'ada' });
						await expect(asked).rejects.toMatchObject(forbidden);
					}
				}
			},
		},
	},
	{
		name: 'other-worker',
		who: 'a plain worker',
		what: 'says that it works under the name of another one',
		outcome: 'is refused: FORBIDDEN',
		proof: {
			...{ ...nothing, as: ['worker'] },
			async run({ world, eve }) {
				await eve.connect(world.home);
				const state = stateOf(world, `${world.home.node}.00000001.work`);
				await expect(eve.rpc.ask(world.home.node, workState, state as never)).rejects.toMatchObject(forbidden);
			},
		},
	},
	{
		name: 'report',
		who: 'a plain worker',
		what: 'reports a result for items that it was never given, under tokens that it made up, many times',
		outcome: 'each is dropped, and its name is in the log; nothing is fetched or kept',
		proof: {
			...{ ...nothing, as: ['worker'], named: [{ by: 'home', event: 'report.ofNoGrant' }] },
			async run({ world, eve }) {
				await eve.connect(world.home);
				const { item, home } = world;
				for (const [key, token] of [
					[item, [1, 1]],
					[item, [99, 99]],
					['01JZ0000000000000000000777', [1, 1]],
				] as const) {
					const task = madeUp(world, key, token);
					const report = resultOf(world, 'ab'.repeat(20));
					for (let i = 0; i < 5; i++) {
						await eve.rpc.ask(home.node, workReport, { task: task as never, report: report as never });
					}
				}
			},
		},
	},
	{
		name: 'pulls',
		who: 'a plain worker',
		what: 'pulls the kept work and results of others',
		outcome: 'is refused: FORBIDDEN; it may have main, and what its own grant starts from',
		proof: {
			...{ ...nothing, as: ['worker'] },
			async run({ world, eve }) {
				await eve.connect(world.home);
				for (const ref of [
					'refs/gangline/attempts/x',
					'refs/gangline/kept/x',
					'refs/heads/other',
					'refs/heads/../main',
				]) {
					const channel = await eve.network.open(world.home.node, '/gangline/pack/1');
					const want = {
						project: world.project,
						ref,
						commit: world.main(),
						have: [],
						offset: 0,
						sha256: 'ab'.repeat(32),
					};
					await channel.send(encodeWords({ kind: 'want', ...want } as never));
					const frames: Uint8Array[] = [];
					for await (const frame of channel.frames()) frames.push(frame);
					expect(Buffer.concat(frames).toString()).toContain('FORBIDDEN');
				}
			},
		},
	},
	{
		name: 'garbage-bundle',
		who: 'a worker with a grant',
		what: 'bytes that are no bundle, as its result',
		outcome: 'is cut off: MALFORMED; the item counts a failed try',
		proof: {
			...failedItem,
			run: (scene) =>
				delivers(scene, 'Garbage', { commit: parseCommitId('ab'.repeat(20)), bundle: Buffer.alloc(600_000, 'PACK') }),
		},
	},
	{
		name: 'other-commit',
		who: 'a worker with a grant',
		what: 'another commit than the one that it reported',
		outcome: 'the same',
		proof: {
			...failedItem,
			run: (scene) =>
				delivers(scene, 'Other', { ...handmadeBundle({ folder: 'file' }), commit: parseCommitId('cd'.repeat(20)) }),
		},
	},
	{
		name: 'paths',
		who: 'a worker with a grant',
		what: 'a commit with hooks in an entry `.git`, or one called `..`',
		outcome: 'the same; nothing of it comes among the objects',
		proof: { ...failedItem, run: (scene) => delivers(scene, 'Paths', handmadeBundle({ folder: '.git' })) },
	},
	{
		name: 'bomb',
		who: 'a worker with a grant',
		what: 'a bundle of a few bytes that says to unpack to a terabyte',
		outcome: 'the same: TOO_LARGE at the bound',
		proof: {
			...failedItem,
			run: (scene) => delivers(scene, 'Bomb', handmadeBundle({ folder: 'file', unpacksTo: 2 ** 40 })),
		},
	},
];
