import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './support/longest-first.ts';

/**
 * Five kinds of tests, from the cheapest to the most real, one kind after the other. `unit` and `contract` touch at most
 * one temporary folder and share the machine's cores; `programs` are those unit tests whose subject is what git, npm or
 * our own command does, and that therefore start hundreds of processes; `e2e` starts whole nodes, real git and real
 * sockets, and mostly waits for them: more files at a time than processors, each in a world of its own that counts only
 * its own processes.
 * Unit tests share their workers: nothing of ours lives in a module, and a third of the time was starting them.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

const programs = [
	'test/unit/{builds,cli-doctor,cli-init,git,scripts}/**/*.test.ts',
	'test/unit/cli/{launcher,mesh,processes}.test.ts',
	'test/unit/mesh/pack/network-packs.test.ts',
];

const kind = (name: string, groupOrder: number, extra: object = {}) => ({
	root,
	test: { name, include: [`test/${name}/**/*.test.ts`], maxWorkers: '100%', sequence: { groupOrder }, ...extra },
});

export default defineConfig({
	root,
	test: {
		sequence: { sequencer: LongestFirst },
		// Only where it is asked for: scripts/coverage.mjs says of which code, and what of it must be reached.
		coverage: {
			provider: 'v8',
			include: ['node/home/**', 'gateway/scheduler/**', 'shared/{pipeline,placement}/**'],
			reporter: ['json'],
			reportOnFailure: true,
		},
		projects: [
			kind('unit', 0, { testTimeout: 30_000, isolate: false, exclude: programs }),
			kind('programs', 1, { testTimeout: 30_000, isolate: false, include: programs }),
			kind('contract', 2, { testTimeout: 60_000, hookTimeout: 60_000 }),
			kind('simulation', 3, { testTimeout: 120_000 }),
			kind('e2e', 4, {
				testTimeout: 180_000,
				hookTimeout: 180_000,
				maxWorkers: 3,
				globalSetup: 'test/support/compiled-code.ts',
			}),
		],
	},
});
