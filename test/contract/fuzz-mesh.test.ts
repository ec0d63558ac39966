/** Documents, logs and the protocols of a running node: nothing of an input is applied in part, whatever it is [I13]. */
import { afterAll, describe, it } from 'vitest';
import { documentDoors } from '../support/fuzz/document-doors.ts';
import { inputsEach, knock, seedOf } from '../support/fuzz/door.ts';
import { meshDoors } from '../support/fuzz/mesh-doors.ts';
import { recordedFrames } from '../support/fuzz/recorded.ts';
import { watchResources } from '../support/fuzz/resources.ts';

const seed = seedOf();
const each = inputsEach(250, 6_000);
const doors = [...(await documentDoors()), ...(await meshDoors(await recordedFrames()))];
afterAll(async () => {
	for (const door of doors) await door.close?.();
});

const watched = watchResources();

describe(`a node, seed ${seed}`, () => {
	for (const door of doors) {
		it(`takes whole or refuses: ${door.name}`, async () => {
			const knocked = await knock(door, { seed, inputs: each * (door.weight ?? 1) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
		}, 300_000);
	}

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
