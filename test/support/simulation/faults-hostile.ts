/**
 * Who does not mean well, or not any more: a laptop whose owner was cut off, a member that passes on what nobody has
 * signed, a machine that the registry does not know. What they are told and what is taken from them is looked at.
 */

import { ProjectIndex } from '../../../shared/documents/index.ts';
import { encodeFlush, openingPosition, signEntries } from '../../../shared/log/flush.ts';
import { canonicalJson } from '../../../shared/log/index.ts';
import { schemaNumber } from '../../../shared/mesh/sync/limits.ts';
import { decodeMessage, encodeMessage } from '../../../shared/mesh/sync/wire.ts';
import type { ProjectFacts } from '../../../shared/pipeline/index.ts';
import { authorId, type Channel, meshProtocols, randomHex } from '../../../shared/ports/index.ts';
import { openSimStore, type SimRandom } from '../../../shared/ports/sim/index.ts';
import { revoke } from '../../../shared/registry/index.ts';
import type { ReplicaSeat } from '../../../shared/replica/index.ts';
import type { Makers } from './faults.ts';
import { identityNamed } from './keys.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

const laptops = (world: World): readonly Machine[] =>
	[...world.machines.values()].filter(
		({ kind, id }) => kind === 'laptop' && world.registry.nodes[id]?.status === 'member',
	);

export const hostileFaults: Makers = {
	/** Somebody's laptop is cut off for good; somebody else has to be left who answers what waits for people. */
	personRevoked: {
		forMs: [1_000, 1_000],
		make: () => ({
			begin: async (world, random) => {
				const all = laptops(world);
				const { core } = world.machine('gate').process ?? {};
				const { process } = world.machine('gate');
				if (all.length < 2 || !core || !process) return null;
				const { id, name } = random.pick(all);
				core.registry
					.change((facts, now) => revoke(facts, id, now))
					.then(
						({ revision }) => process.emit({ kind: 'registry', revision, what: `revoke ${name}` }),
						() => process.emit({ kind: 'refused', node: 'gate', code: 'REFUSED', what: `revoke ${name}` }),
					);
				return name;
			},
			heal: async () => {},
		}),
	},
	/** A member says what another wants, and what the facts are. */
	forgery: {
		forMs: [5_000, 15_000],
		make: () => ({
			begin: async (world, random) => {
				const forger = forgersIn(world)[0];
				const { network } = forger?.process?.mesh?.mesh ?? {};
				const seats = forger?.process?.seats() ?? [];
				if (!forger || !network || seats.length === 0) return null;
				const { replica } = random.pick(seats);
				const forged = await forge(world, { forger, replica, random });
				for (const { node } of network.links()) {
					network.open(node, '/gangline/sync/1').then(
						(channel) => pass(channel, forged).catch(() => {}),
						() => {},
					);
				}
				return `${forger.name} about ${replica.name}`;
			},
			heal: async () => {},
		}),
	},
	/** Somebody without a token, with a key that nobody knows, asks everyone for everything. */
	stranger: {
		forMs: [5_000, 20_000],
		make: () => ({
			begin: async (world) => {
				const { nodeId: node, publicKey } = identityNamed('stranger');
				if (world.net.running().includes(node)) return null;
				const network = world.net.node({ node, publicKey, admission: () => 'member', sendsAnything: true });
				for (const { name, id, identity, address, kind } of world.machines.values()) {
					if (kind === 'laptop') continue;
					network.dial({ node: id, publicKey: identity.publicKey, addresses: [address] }).then(
						async () => {
							for (const protocol of meshProtocols) {
								const isMet = await network.open(id, protocol).then(
									() => true,
									() => false,
								);
								if (isMet) world.emit({ kind: 'strangerMet', node: name, protocol });
							}
						},
						() => {},
					);
				}
				return 'asks everyone';
			},
			heal: async (world) => world.net.crash(identityNamed('stranger').nodeId),
		}),
	},
};

/** Of two members the one with the smaller id opens the channel: the other is not listened to. */
function forgersIn(world: World): readonly Machine[] {
	return laptops(world).filter(({ id, process }) => process?.mesh?.mesh?.network.links().some(({ node }) => id < node));
}

interface Forging {
	readonly forger: Machine;
	readonly replica: ReplicaSeat['replica'];
	readonly random: SimRandom;
}

interface Forged {
	readonly project: string;
	readonly facts: ProjectFacts;
	readonly generation: string;
	/** Who sends what is not signed is heard no more: so there are flushes of logs or facts, never both. */
	readonly flushes: readonly Uint8Array[];
	readonly index: Uint8Array | null;
}

/** A wish of somebody else, a log with a hole, or a later generation of the facts: one of them. */
async function forge(world: World, forging: Forging): Promise<Forged> {
	const { forger, replica, random } = forging;
	const { id: project, facts } = replica;
	const about = { project, facts, generation: String(Number(replica.index.generation) + 1), flushes: [], index: null };
	switch (random.below(4)) {
		case 0: {
			const victim = laptops(world).find(({ id }) => id !== forger.id) ?? world.machine('gate');
			const [flush] = flushesOf(forging, victim);
			if (flush) world.emit({ kind: 'forged', node: forger.name, project, id: `${flush.author}#1` });
			return { ...about, flushes: flush ? [flush.bytes] : [] };
		}
		case 1: {
			const [first, , third] = flushesOf(forging, forger);
			return { ...about, flushes: [first, third].flatMap((flush) => flush?.bytes ?? []) };
		}
		default:
			return { ...about, index: await madeUpFacts(forging, about.generation) };
	}
}

/** What is wanted in the name of `named`, in three flushes of a new log; the forger signs. */
function flushesOf(
	{ forger, replica, random }: Forging,
	named: Machine,
): readonly { readonly author: string; readonly bytes: Uint8Array }[] {
	const { id: project, facts } = replica;
	const { publicKey } = named.identity;
	const author = authorId(named.id, randomHex(random, 4), 'edge');
	const [item = ''] = Object.keys(facts.items);
	const identity = { ...forger.identity, publicKey, sign: (bytes: Uint8Array) => forger.identity.sign(bytes) };
	let position = openingPosition({ project, author, publicKey }, null);
	return [1, 2, 3].map((n) => {
		const text = canonicalJson({
			...{ by: 'user', who: named.person ?? 'ann', item, event: 'edit', args: { title: `Forged ${n}` } },
			...{ at: [Math.round(forger.clock.now()), n], basedOn: facts.revision },
		});
		const opening = n === 1 ? { opening: { predecessor: null } } : {};
		const signed = signEntries({ identity, project, position, texts: [text], ...opening });
		position = signed.position;
		return { author, bytes: encodeFlush(signed.flush) };
	});
}

async function madeUpFacts({ forger, replica, random }: Forging, generation: string): Promise<Uint8Array> {
	const { id: project, facts } = replica;
	const made = await ProjectIndex.open({
		...{ store: await openSimStore(), project, generation, random, identity: forger.identity },
		homeKey: forger.identity.publicKey,
	});
	await made.publish({ ...facts, revision: facts.revision + 1 });
	return made.difference();
}

const noDigest = '0'.repeat(32);

async function pass(channel: Channel, { project, generation, facts, flushes, index }: Forged): Promise<void> {
	const digests = { index: noDigest, logs: noDigest, texts: noDigest };
	const announced = { ...digests, term: facts.term, revision: facts.revision + 1, wantsAnswer: false };
	await channel.send(encodeMessage({ message: { k: 'hello', schema: schemaNumber } }));
	for (const payload of flushes) await channel.send(encodeMessage({ message: { k: 'flush', project }, payload }));
	if (index) await channel.send(encodeMessage({ message: { k: 'project', project, generation, ...announced } }));
	for await (const frame of channel.frames()) {
		const { message } = decodeMessage(frame);
		if (!index || message.k !== 'ask' || message.document !== `doc/${project}/index/${generation}`) continue;
		await channel.send(encodeMessage({ message: { k: 'diff', document: message.document }, payload: index }));
	}
}
