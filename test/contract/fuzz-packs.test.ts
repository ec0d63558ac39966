/** Commits through real git, and backup files: refused ones leave nothing behind [I13]. */
import { afterAll, describe, it } from 'vitest';
import { inputsEach, knock, seedOf } from '../support/fuzz/door.ts';
import { packDoors } from '../support/fuzz/pack-doors.ts';
import { watchResources } from '../support/fuzz/resources.ts';
import { temporaryFolder } from '../support/git.ts';

const seed = seedOf();
const each = inputsEach(100, 2_000);
const folder = temporaryFolder();
const doors = await packDoors(folder.path);
afterAll(async () => {
	for (const door of doors) await door.close?.();
	folder.remove();
});

const watched = watchResources();

describe(`commits and backups, seed ${seed}`, () => {
	for (const door of doors) {
		it(`are taken whole or refused: ${door.name}`, async () => {
			const knocked = await knock(door, { seed, inputs: Math.ceil(each * (door.weight ?? 1)) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
		}, 300_000);
	}

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
