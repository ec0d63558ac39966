/** Attacks of members with a person, who may read a project and want things of it: they claim to be more than they are. */
import { expect } from 'vitest';
import * as Y from 'yjs';
import type { IntentDraft } from '../../shared/log/index.ts';
import type { MessageOf } from '../../shared/mesh/sync/wire.ts';
import { eventStream, operationMethod, placementMethod, registerProjectMethod } from '../../shared/protocol/mesh.ts';
import { coveredMethod } from '../../shared/protocol/replica.ts';
import { eventually } from './gateway-world.ts';
import type { SyncLine } from './hostile-member.ts';
import type { MeshAttack, RunHere, Scene } from './hostile-mesh.ts';
import type { HostileWorld, Victim } from './hostile-mesh-world.ts';

const key = '01JZ0000000000000000000666';
const emptyVector = Uint8Array.of(0);

export const wish = (who: string, more: Partial<IntentDraft> = {}): IntentDraft => ({
	...{ by: 'user', who, item: key, event: 'add', args: { title: 'By eve', type: 'story' } },
	...more,
});

const forbidden = { code: 'FORBIDDEN' };

/** Waits until the home's record of `key` reads as `isSo` wants it. */
async function recorded(
	line: SyncLine,
	project: string,
	key: string,
	isSo: (record: string) => boolean,
): Promise<void> {
	const { message } = await line.hears('project');
	const document = `doc/${project}/index/${(message as MessageOf<'project'>).generation}`;
	const record = (): string => {
		const facts = new Y.Doc();
		for (const { message: said, payload } of line.heard) {
			const isOfFacts = (said.k === 'diff' || said.k === 'update') && said.document === document;
			if (isOfFacts && payload.byteLength > 0) Y.applyUpdate(facts, payload);
		}
		return facts.getMap<string>('facts').get(key) ?? '';
	};
	await line.say({ k: 'ask', document }, emptyVector);
	await eventually(() => isSo(record()), `the home's record ${key}`);
}

/** The home has answered an author: the refusal is in its facts. */
const refusedBy = (line: SyncLine, project: string, author: string): Promise<void> =>
	recorded(line, project, `x/${author}`, (refusals) => refusals.includes('notAuthorised'));

/** The home has read an author as far as that; whoever is no person is told of no refusal. */
const readBy = (line: SyncLine, project: string, author: string, upTo: number): Promise<void> =>
	recorded(line, project, `a/${author}`, (acts) => acts.includes(`"upTo":${upTo}`));

/** Writes a log of its own and holds that the home has read and refused it; what it keeps is compared by the caller. */
async function sayAs({ world, eve }: Scene, duty: 'edge' | 'home', drafts: readonly IntentDraft[]): Promise<void> {
	const line = await eve.sync(world.home);
	const { author, flushes } = await eve.flushes(world.project, duty, drafts);
	for (const flush of flushes) await line.say({ k: 'flush', project: world.project }, flush);
	if (duty === 'edge') await refusedBy(line, world.project, author);
	else await readBy(line, world.project, author, drafts.length);
}

/** A document as a replica has it, with a record changed by whom it does not belong to. */
async function forged(line: SyncLine, document: string, change: (records: Y.Map<string>) => void): Promise<Uint8Array> {
	await line.say({ k: 'ask', document }, emptyVector);
	const { payload } = await line.hears('diff', ({ message }) => (message as MessageOf<'diff'>).document === document);
	const copy = new Y.Doc();
	Y.applyUpdate(copy, payload);
	const [root = ''] = copy.share.keys();
	const from = Y.encodeStateVector(copy);
	change(copy.getMap<string>(root));
	return Y.encodeStateAsUpdate(copy, from);
}

const indexOf = async (line: SyncLine, { project }: HostileWorld): Promise<string> => {
	const { message } = await line.hears('project');
	return `doc/${project}/index/${(message as MessageOf<'project'>).generation}`;
};

const nothing = { kind: 'here', leaves: 'nothing', named: [] } as const;
const answered = { kind: 'here', leaves: 'an answer', named: [] } as const;
const cutOff = (...by: readonly Victim[]): Omit<RunHere, 'as' | 'run'> => ({
	kind: 'here',
	leaves: 'nothing',
	named: by.map((one) => ({ by: one, event: 'sync.cutOff', isCutOff: true })),
});

export const memberAttacks: readonly MeshAttack[] = [
	{
		name: 'viewer',
		who: "a viewer's node",
		what: 'intents in a log of its own, and a text',
		outcome: 'what it may not write is not taken, and that is in the log with its name',
		proof: {
			...{ ...nothing, as: ['viewer'], named: [{ by: 'home', event: 'sync.refused' }] },
			async run({ world, eve }) {
				const line = await eve.sync(world.home);
				const { flushes } = await eve.flushes(world.project, 'edge', [wish('vera')]);
				for (const flush of flushes) await line.say({ k: 'flush', project: world.project }, flush);
				await line.isTaken();
			},
		},
	},
	{
		name: 'viewer-text',
		who: "a viewer's node",
		what: 'the text of an item',
		outcome: 'the same',
		proof: {
			...{ ...nothing, as: ['viewer'], named: [{ by: 'home', event: 'sync.refused' }] },
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
		name: 'viewer-asks',
		who: "a viewer's node",
		what: 'asks the gateway and the home to add, move and approve',
		outcome: 'is refused: FORBIDDEN',
		proof: {
			...{ ...nothing, as: ['viewer'] },
			async run({ world, eve }) {
				for (const to of [world.gateway, world.home]) {
					await eve.connect(to);
					for (const operation of ['item.add', 'item.edit', 'item.delete']) {
						const args = { project: world.project, title: 'By eve', item: world.item, description: 'x' };
						const asked = eve.rpc.ask(to.node, operationMethod, { operation, args, person: 'vera' });
						await expect(asked).rejects.toMatchObject(forbidden);
					}
				}
			},
		},
	},
	{
		name: 'other-person',
		who: "a member's node",
		what: 'intents for another person, in a log of its own',
		outcome: 'the home refuses each, visibly: notAuthorised',
		proof: {
			...{ ...answered, as: ['member'] },
			run: (scene) =>
				sayAs(scene, 'edge', [wish('ada'), wish('nobody'), wish('ada', { event: 'delete', item: scene.world.item })]),
		},
	},
	{
		name: 'system',
		who: "a member's node",
		what: 'intents by the system, the scheduler, the gates and the landing queue',
		outcome: 'the same: rights come from the registry, never from an entry',
		proof: {
			...{ ...answered, as: ['member'] },
			run: (scene) => {
				const by = (['system', 'scheduler', 'landing', 'gates', 'agent'] as const).map((one) =>
					wish('bob', { by: one, event: 'release', item: scene.world.item }),
				);
				return sayAs(scene, 'edge', by);
			},
		},
	},
	{
		name: 'duties',
		who: "a member's node",
		what: 'an author with the duty of a home, that grants and lands',
		outcome: 'the same',
		proof: {
			...{ ...answered, as: ['member'] },
			run: (scene) => {
				const { item } = scene.world;
				const grant = wish('bob', {
					by: 'system',
					event: 'grant',
					item,
					args: { holder: `${scene.eve.id}.00000000.work`, role: 'coder' },
				});
				return sayAs(scene, 'home', [grant, wish('bob', { by: 'system' })]);
			},
		},
	},
	{
		name: 'asks-for-another',
		who: "a member's node",
		what: 'asks the gateway and the home for another person',
		outcome: 'is refused: FORBIDDEN',
		proof: {
			...{ ...nothing, as: ['member'] },
			async run({ world, eve }) {
				for (const to of [world.gateway, world.home]) {
					await eve.connect(to);
					for (const person of ['ada', 'nobody', '__proto__', 'constructor']) {
						const asked = { operation: 'item.add', args: { project: world.project, title: 'By eve' }, person };
						await expect(eve.rpc.ask(to.node, operationMethod, asked)).rejects.toMatchObject(forbidden);
					}
				}
			},
		},
	},
	{
		name: 'node-commands',
		who: "an owner's node",
		what: 'asks another machine to stop, to make a backup, to join another mesh',
		outcome: 'is refused: FORBIDDEN, also for an owner',
		proof: {
			...{ ...nothing, as: ['owner'] },
			async run({ world, eve }) {
				for (const to of [world.gateway, world.home]) await eve.connect(to);
				const ask = (to: Victim, operation: string) =>
					eve.rpc.ask(world.at(to).node, operationMethod, { operation, args: {}, person: 'ada' });
				await expect(ask('home', 'node.stop')).rejects.toMatchObject(forbidden);
				for (const operation of ['node.backup', 'mesh.join', 'mesh.offline'])
					await expect(ask('home', operation)).rejects.toMatchObject(forbidden);
				await expect(ask('gateway', 'gateway.backup')).rejects.toMatchObject(forbidden);
				await expect(ask('gateway', 'gateway.stop')).rejects.toMatchObject(forbidden);
				await expect(ask('gateway', 'node.stop')).rejects.toMatchObject(forbidden);
			},
		},
	},
	{
		name: 'duties-asked',
		who: "a member's node",
		what: "a gateway's or a home's questions: registering a project, placing its tasks, hearing all events, speaking for a replica",
		outcome: 'is refused: FORBIDDEN',
		proof: {
			...{ ...nothing, as: ['member'] },
			async run({ world, eve }) {
				const { gateway, home, project } = world;
				for (const to of [gateway, home]) await eve.connect(to);
				const register = { id: project as never, name: 'mine', branch: 'main' };
				await expect(eve.rpc.ask(gateway.node, registerProjectMethod, register)).rejects.toMatchObject(forbidden);
				const task = {
					id: 'x',
					project: project as never,
					workspace: 'x',
					role: 'coder' as const,
					rank: 1,
					runtime: 'shell',
				};
				const tasks = [{ ...task, agent: null, account: null, labels: [], pin: null }];
				await expect(eve.rpc.ask(gateway.node, placementMethod, { tasks })).rejects.toMatchObject(forbidden);
				const covered = {
					project,
					node: home.node,
					generation: '1',
					stateHash: 'ab'.repeat(32),
					current: `${home.node}.00000000.edge`,
					heard: {},
				};
				await expect(eve.rpc.ask(gateway.node, coveredMethod, covered as never)).rejects.toMatchObject(forbidden);
				for (const to of [gateway, home]) {
					const events = eve.rpc.askStream(to.node, eventStream, {}, { idleMs: 5_000 });
					await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject(forbidden);
				}
			},
		},
	},
	{
		name: 'forged-record',
		who: "a member's node",
		what: "another author's record, changed",
		outcome: 'is cut off: BAD_SIGNATURE',
		proof: {
			...{ ...cutOff('home'), as: ['member', 'member'] },
			async run({ world, members }) {
				for (const [i, eve] of members.entries()) {
					const line = await eve.sync(world.home);
					const other = members[1 - i] ?? eve;
					const { flushes } = await other.flushes(world.project, 'edge', [wish('bob')]);
					const changed = Buffer.from(flushes[0] ?? [])
						.toString()
						.replace('By eve', 'By Eve');
					await line.say({ k: 'flush', project: world.project }, Buffer.from(changed));
					await eventually(() => line.isOver, 'the channel to end');
				}
			},
		},
	},
	{
		name: 'replayed-record',
		who: "a member's node",
		what: 'records again that were taken before, its own and those of others',
		outcome: 'each counts once',
		proof: {
			...{ ...answered, as: ['member', 'member'] },
			async run({ world, members, eve }) {
				const [, other = eve] = members;
				const { author, flushes } = await other.flushes(world.project, 'edge', [wish('ada')]);
				const line = await eve.sync(world.home);
				const say = async (): Promise<void> => {
					for (const flush of flushes) await line.say({ k: 'flush', project: world.project }, flush);
				};
				await say();
				await refusedBy(line, world.project, author);
				const before = await world.look();
				for (let i = 0; i < 50; i++) await say();
				await line.isTaken();
				expect(await world.look()).toEqual(before);
			},
		},
	},
	{
		name: 'forked-log',
		who: "a member's node",
		what: 'two versions of its own log, both signed',
		outcome: 'is cut off: BAD_SIGNATURE; the first version counts',
		proof: {
			...{ ...cutOff('home'), as: ['member'], leaves: 'an answer' },
			async run({ world, eve }) {
				const line = await eve.sync(world.home);
				const versions = ['first', 'second'].map((title) => wish('ada', { args: { title, type: 'story' } }));
				const said = await Promise.all(versions.map((draft) => eve.flushes(world.project, 'edge', [draft])));
				expect(new Set(said.map(({ author }) => author)).size).toBe(1);
				for (const { flushes } of said) {
					for (const flush of flushes) await line.say({ k: 'flush', project: world.project }, flush);
				}
				await eventually(() => line.isOver, 'the channel to end');
			},
		},
	},
	{
		name: 'forged-facts',
		who: "a member's node",
		what: 'facts that the home did not sign',
		outcome: 'is cut off by the home and by the gateway: BAD_SIGNATURE',
		proof: {
			...{ ...cutOff('home', 'gateway'), as: ['member'] },
			async run({ world, eve }) {
				for (const to of [world.home, world.gateway]) {
					const line = await eve.sync(to);
					const document = await indexOf(line, world);
					const update = await forged(line, document, (records) => {
						const item = records.get(`i/${world.item}`) ?? '{}';
						records.set(`i/${world.item}`, item.replace('"held":true', '"held":false'));
					});
					await line.say({ k: 'update', document }, update);
					await eventually(() => line.isOver, 'the channel to end');
				}
			},
		},
	},
	{
		name: 'forged-registry',
		who: "a member's node",
		what: 'a registry in which it is the gateway, or its person an owner',
		outcome: 'is cut off by the home and by the gateway: BAD_SIGNATURE',
		proof: {
			...{ ...cutOff('home', 'gateway'), as: ['member'] },
			async run({ world, eve }) {
				for (const to of [world.home, world.gateway]) {
					const line = await eve.sync(to);
					const update = await forged(line, world.registryName, (records) => {
						const mine = records.get(`n/${eve.id}`) ?? '{}';
						records.set(`n/${eve.id}`, mine.replace('"duties":[]', '"duties":["gateway"]'));
						records.set('u/bob', '{"id":"bob","access":"owner"}');
					});
					await line.say({ k: 'update', document: world.registryName }, update);
					await eventually(() => line.isOver, 'the channel to end');
				}
			},
		},
	},
	{
		name: 'generation',
		who: "a member's node",
		what: 'another generation of the facts than the home has, older or newer, or the same facts again',
		outcome: 'nobody tells a home what its facts are',
		proof: {
			...{ ...nothing, as: ['member'] },
			async run({ world, eve }) {
				const line = await eve.sync(world.home);
				const { message } = await line.hears('project');
				const own = message as MessageOf<'project'>;
				const document = await indexOf(line, world);
				await line.say({ k: 'ask', document }, emptyVector);
				const { payload } = await line.hears('diff');
				await line.say({ k: 'update', document }, payload);
				for (const generation of ['999', '1']) {
					await line.say({ ...own, generation, term: 9, revision: 9_999, index: 'ab'.repeat(16) });
					await line.say({ k: 'diff', document: `doc/${world.project}/index/${generation}` }, payload);
				}
				await line.isTaken();
				expect(line.isOver).toBe(false);
			},
		},
	},
];
