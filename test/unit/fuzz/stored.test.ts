/** What lies on the disk: shown as it was written, or refused in words; never something else, never a crash [I6]. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { inputsEach, knock, seedOf } from '../../support/fuzz/door.ts';
import { gatewayDoors } from '../../support/fuzz/gateway-doors.ts';
import { watchResources } from '../../support/fuzz/resources.ts';
import { ruleDoor } from '../../support/fuzz/rule-doors.ts';
import { storeDoors } from '../../support/fuzz/store-doors.ts';

const seed = seedOf();
const each = inputsEach(120, 2_500);
const folder = mkdtempSync(join(tmpdir(), 'gangline-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));
const doors = [...(await storeDoors(folder)), ...(await gatewayDoors(folder)), ruleDoor()];

const watched = watchResources();

describe(`what is stored, seed ${seed}`, () => {
	for (const door of doors) {
		it(`is read or refused: ${door.name}`, async () => {
			const knocked = await knock(door, { seed, inputs: each * (door.weight ?? 1) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
		}, 300_000);
	}

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
