/** What owners of the mesh do in the middle of everything: cut a worker off for good, or let one finish and take no more. */
import { drain, type RegistryFacts, revoke, undrain } from '../../../shared/registry/index.ts';
import type { Makers } from './faults.ts';
import type { Machine } from './machine.ts';
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

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

export const meshFaults: Makers = {
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
