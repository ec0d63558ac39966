/**
 * Whole programs under SIGKILL: a gateway, a home and a worker, killed at random moments while items flow, and started
 * again. At the end everything that was acknowledged is there, landed at most once, on the tree that was judged, and no
 * item ever ran twice at once on a machine; read from git, from what the home says, and from locks that end with a process.
 */
import { describe, expect, it } from 'vitest';
import { SimRandom } from '../../shared/ports/sim/index.ts';
import { DoomedMesh } from '../support/crashes/doomed-mesh.ts';

const long = Boolean(process.env.GANGLINE_TEST_LONG);
/** For how long, and how often at least: a busy machine takes its time to start a program. */
const killingMs = Number(process.env.GANGLINE_TEST_KILLING_MS ?? (long ? 120_000 : 8_000));
const killsMin = long ? 20 : 4;

describe('a mesh whose programs are killed', () => {
	it('[I3] [I5] [I6] [I9] [I12] loses and doubles nothing, and goes on', { timeout: killingMs + 600_000 }, async () => {
		const seed = process.env.GANGLINE_TEST_SEED ?? '1';
		await using mesh = await DoomedMesh.start(new SimRandom(`kills ${seed}`));
		const end = performance.now() + killingMs;
		while ((performance.now() < end || mesh.killed < killsMin) && mesh.wrong.length === 0) await mesh.killOne();
		const done = await mesh.settle(300);
		expect(mesh.wrong).toEqual([]);
		const kills = Object.values(mesh.kills).reduce((sum, count) => sum + count, 0);
		expect(kills).toBeGreaterThan(2);
		expect(done).toBeGreaterThanOrEqual(mesh.acknowledged / 2);
		console.info(
			`e2e/crash-mesh: ${kills} kills ${JSON.stringify(mesh.kills)}, ${mesh.acknowledged} items, ${done} done`,
		);
	});
});
