/** Git ends without saying what it did: a stale lock was in the way, or it was killed after main had moved. */
import type { Makers } from './faults.ts';

export const gitFaults: Makers = {
	gitFails: {
		forMs: [5_000, 40_000],
		make: () => {
			let clear = (): void => {};
			return {
				begin: async (world, random) => {
					const { id, name } = random.pick(world.origins.all());
					const home = world.homeOf(id);
					const kept = home.repositories.find(home.canonicalPath(id));
					if (!kept) return null;
					const failures = Array.from({ length: 1 + random.below(3) }, () => random.pick(['before', 'after'] as const));
					kept.failures.push(...failures);
					clear = () => {
						kept.failures.length = 0;
					};
					return `at ${home.name} for ${name}: ${failures.join(', ')}`;
				},
				heal: async () => clear(),
			};
		},
	},
};
