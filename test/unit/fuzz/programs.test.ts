/** What agents, test runners and git print, and what lies in a repository: read or passed over, at once, whatever it is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { inputsEach, knock, seedOf } from '../../support/fuzz/door.ts';
import { programDoors } from '../../support/fuzz/program-doors.ts';
import { watchResources } from '../../support/fuzz/resources.ts';

const seed = seedOf();
const each = inputsEach(300, 12_000);
const home = mkdtempSync(join(tmpdir(), 'gangline-fuzz-'));
const day = join(home, 'sessions', '2026', '11', '21');
mkdirSync(day, { recursive: true });
afterAll(() => rmSync(home, { recursive: true }));

const write = (record: string): void => writeFileSync(join(day, 'rollout-x-s.jsonl'), record);
const doors = await programDoors({ path: home, write });

const watched = watchResources();

describe(`what programs print, seed ${seed}`, () => {
	for (const door of doors) {
		it(`is read or passed over: ${door.name}`, async () => {
			const knocked = await knock(door, { seed, inputs: each * (door.weight ?? 1) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
		}, 300_000);
	}

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
