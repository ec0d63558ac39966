/** What people write and type: a project's file, the environment, and every command with every option. */
import { afterAll, describe, it } from 'vitest';
import { inputsEach, knock, seedOf } from '../../support/fuzz/door.ts';
import { watchResources } from '../../support/fuzz/resources.ts';
import { settingDoors } from '../../support/fuzz/setting-doors.ts';
import { openWorkplace } from '../../support/terminal.ts';

const seed = seedOf();
const each = inputsEach(200, 4_000);
const place = await openWorkplace({ gateway: true });
afterAll(() => place[Symbol.asyncDispose]());

const watched = watchResources();

describe(`what people write, seed ${seed}`, () => {
	for (const door of settingDoors(place)) {
		it(`is read or refused in words: ${door.name}`, async () => {
			const knocked = await knock(door, { seed, inputs: Math.ceil(each * (door.weight ?? 1)) });
			if (process.env.GANGLINE_FUZZ_SHOW) console.log(JSON.stringify(knocked));
		}, 300_000);
	}

	it('leave neither memory nor open files behind', () => watched.expectBounded());
});
