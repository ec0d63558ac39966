/** What owners of the mesh do in the middle of everything: cut a worker off for good, or let one finish and take no more. */

import { encodeMessage } from '../../../shared/mesh/sync/wire.ts';
import { drain, type RegistryFacts, revoke, undrain } from '../../../shared/registry/index.ts';
import type { Makers } from './faults.ts';
import { lostMove, sealedMove } from './faults-moves.ts';
import type { Machine } from './machine.ts';
import { codeOf } from './people.ts';
import { push } from './pushes.ts';
import type { World } from './world.ts';

function workers(world: World): readonly Machine[] {
	const { nodes } = world.registry;
	return [...world.machines.values()].filter(({ kind, id }) => kind === 'worker' && nodes[id]?.status === 'member');
}

function change(world: World, what: string, edit: (facts: RegistryFacts, now: number) => RegistryFacts): boolean {
	const { process } = world.machine('gate');
	if (!process?.core) return false;
	process.core.registry.change(edit).then(
		({ revision }) => process.emit({ kind: 'registry', revision, what }),
		(error: unknown) => process.emit({ kind: 'refused', node: 'gate', code: codeOf(error), what }),
	);
	return true;
}

const newerHello = encodeMessage({ message: { k: 'hello', schema: 1_000 } });

export const meshFaults: Makers = {
	sealedMove: { forMs: [10_000, 25_000], make: sealedMove },
	lostMove: { forMs: [30_000, 80_000], make: lostMove },
	/** A member that was upgraded before the others: it says a schema and sends what nobody here knows. */
	newerPeer: {
		forMs: [5_000, 20_000],
		make: () => {
			let isOn = true;
			let upgraded: Machine | undefined;
			return {
				begin: async (world, random) => {
					const one = random.pick([...world.machines.values()].filter(({ process }) => process?.parts));
					upgraded = one;
					const { network } = one?.process?.mesh?.mesh ?? {};
					if (!network) return null;
					const say = async (): Promise<void> => {
						for (const { node } of network.links()) {
							const channel = await network.open(node, '/gangline/sync/1');
							await channel.send(newerHello);
						}
					};
					const again = (): void => {
						if (!isOn || one.process?.isDead !== false) return;
						say().catch(() => {});
						world.clock.after(1_000 + random.below(2_000), again);
					};
					again();
					return one.name;
				},
				/** It is put back to the old version, so its connections begin anew. */
				heal: async (world) => {
					isOn = false;
					for (const { id } of world.machines.values()) if (upgraded) world.net.breakLinks(upgraded.id, id);
				},
			};
		},
	},
	/** Somebody pushes again and again while things land. */
	personPushes: {
		forMs: [5_000, 20_000],
		make: () => {
			let isOn = true;
			return {
				begin: async (world, random) => {
					const { id, name } = random.pick(world.origins.all());
					const again = (n: number): void => {
						if (!isOn || n > 12) return;
						void push(world, id, { n: 100 + n, touchesShared: n % 4 === 0, forges: n % 5 === 0 });
						world.clock.after(200 + random.below(1_500), () => again(n + 1));
					};
					again(0);
					return `to ${name}`;
				},
				heal: async () => {
					isOn = false;
				},
			};
		},
	},
	revocation: {
		forMs: [1_000, 1_000],
		make: () => ({
			begin: async (world, random) => {
				const all = workers(world);
				// Somebody has to be left who works.
				if (all.length < 2) return null;
				const { id, name } = random.pick(all);
				return change(world, `revoke ${name}`, (facts, now) => revoke(facts, id, now)) ? name : null;
			},
			heal: async () => {},
		}),
	},
	draining: {
		forMs: [10_000, 80_000],
		make: () => {
			let drained: Machine | null = null;
			return {
				begin: async (world, random) => {
					const all = workers(world);
					if (all.length < 2) return null;
					const machine = random.pick(all);
					drained = machine;
					const isAsked = change(world, `drain ${machine.name}`, (facts, now) => drain(facts, machine.id, now));
					return isAsked ? machine.name : null;
				},
				heal: async (world) => {
					const id = drained?.id;
					const isThere = id && world.registry.nodes[id]?.status === 'draining';
					if (isThere) change(world, 'undrain', (facts, now) => undrain(facts, id, now));
				},
			};
		},
	},
};
