/** What a token of a person opens, and that each is void for itself: by a new one, by being taken back, with the person. */
import { describe, expect, it } from 'vitest';
import { PersonTokens } from '../../../gateway/registry/index.ts';
import { openSimStore, SimDisk, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';

describe('tokens of people', () => {
	it('[I6] [I13] are told apart by what they open, also after a restart, and are kept as hashes alone', async () => {
		const disk = new SimDisk();
		const store = await openSimStore(disk, { log: new SimLog() });
		const tokens = await PersonTokens.open(store);
		const random = new SimRandom(1);
		const all = await tokens.renew('ann', random);
		const editor = await tokens.renew('ann', random, 'editor');
		disk.crash();
		const again = await PersonTokens.open(await openSimStore(disk, { log: new SimLog() }));
		expect([again.holderOf(all), again.holderOf(editor), again.holderOf('gle_x')]).toEqual([
			...[{ person: 'ann', use: 'all' }, { person: 'ann', use: 'editor' }, null],
		]);
		const next = await again.renew('ann', random, 'editor');
		expect([again.holderOf(editor), again.holderOf(all)?.use, again.holderOf(next)?.use]).toEqual([
			...[null, 'all', 'editor'],
		]);
		expect([await again.revoke('ann', 'editor'), await again.revoke('ann', 'editor')]).toEqual([true, false]);
		expect([again.has('ann'), again.has('ann', 'editor')]).toEqual([true, false]);
		await again.renew('ann', random, 'editor');
		await again.remove('ann');
		expect([again.has('ann'), again.has('ann', 'editor'), again.holderOf(all)]).toEqual([false, false, null]);
	});

	it('[I13] are void when they are taken back while they are being written', async () => {
		const store = await openSimStore(new SimDisk(), { log: new SimLog() });
		const tokens = await PersonTokens.open(store);
		const renewed = tokens.renew('ann', new SimRandom(1));
		const removed = tokens.remove('ann');
		const token = await renewed;
		await removed;
		const again = await PersonTokens.open(store);
		expect([tokens.holderOf(token), again.holderOf(token)]).toEqual([null, null]);
	});
});
