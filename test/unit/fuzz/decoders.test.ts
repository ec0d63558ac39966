/**
 * What others send, at every decoder: whatever it is, it is read or refused in our words, at once and with nothing read
 * beyond its end [I15]. `GANGLINE_FUZZ_SEED` repeats a run, `GANGLINE_FUZZ_INPUT` one input of it.
 */
import { describe, expect, it } from 'vitest';
import { inputsEach, knock, seedOf } from '../../support/fuzz/door.ts';
import { loginDoors } from '../../support/fuzz/login-doors.ts';
import { pageDoors } from '../../support/fuzz/page-doors.ts';
import { peopleDoor } from '../../support/fuzz/people-doors.ts';
import { recordedFrames } from '../../support/fuzz/recorded.ts';
import { watchResources } from '../../support/fuzz/resources.ts';
import { wireDoors } from '../../support/fuzz/wire-doors.ts';

const seed = seedOf();
const each = inputsEach(700, 21_000);
const doors = [...wireDoors(await recordedFrames()), ...loginDoors, peopleDoor(), ...pageDoors];

const watched = watchResources();

describe(`decoders, seed ${seed}`, () => {
	for (const door of doors) {
		it(`read or refuse ${door.name}`, async () => {
			const knocked = await knock(door, { seed, inputs: each * (door.weight ?? 1) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
			expect(knocked.refused).toBeGreaterThan(0);
		}, 300_000);
	}

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
