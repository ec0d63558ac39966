import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * Four kinds of tests, from the cheapest to the most real. `unit` and `contract` touch at most one temporary folder;
 * `e2e` starts processes, real git and real sockets, one file at a time because they measure time and count processes.
 * Unit tests share their workers: nothing of ours lives in a module, and a third of the time was starting them.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

const kind = (name: string, extra: object = {}) => ({
	root,
	test: { name, include: [`test/${name}/**/*.test.ts`], ...extra },
});

export default defineConfig({
	root,
	test: {
		projects: [
			kind('unit', { testTimeout: 30_000, isolate: false }),
			kind('contract', { testTimeout: 60_000, hookTimeout: 60_000 }),
			kind('simulation', { testTimeout: 120_000 }),
			kind('e2e', { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false }),
		],
	},
});
