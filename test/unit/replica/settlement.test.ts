/** Answers to what people of a node wanted: taken in once, also while others are on their way to the disk. */
import { describe, expect, it } from 'vitest';
import { identityOf, ProjectLogs } from '../../../shared/log/index.ts';
import { emptyFacts, intentSchema } from '../../../shared/pipeline/index.ts';
import { parseAuthorId } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimRandom, settle } from '../../../shared/ports/sim/index.ts';
import { Settlement } from '../../../shared/replica/settlement.ts';
import { projectOne } from '../../support/facts.ts';

const random = new SimRandom('settlement');
const ada = identityOf(random.bytes(32));
const draft = { by: 'user', who: 'ada', item: 'a', event: 'freeze' } as const;

/** A node with three wishes of one author, the first two said at once. */
async function threeWishes() {
	const disk = new SimDisk();
	const store = await openSimStore(disk);
	const parse = (value: unknown) => intentSchema.parse(value);
	const clock = new SimClock(1_000);
	const about = { store, project: projectOne, log: new SimLog(), clock };
	const logs = await ProjectLogs.open({ ...about, parse });
	const own = await logs.startAuthor({ identity: ada, duty: 'edge', random });
	const [first] = await own.append([draft, draft]);
	await own.append([draft]);
	const author = first?.author ?? '';
	const open = (covered: Readonly<Record<string, number>> = {}) =>
		Settlement.open({ ...about, node: ada.nodeId, logs, nameOf: () => null, onSettled: () => {} }, covered);
	const answered = (n: number) => ({ facts: { ...emptyFacts(), acceptedUpTo: { [author]: n } }, refusals: {} });
	return { disk, store, logs, author, answered, open, settlement: await open() };
}

describe('an answer', () => {
	it('[I14] [I15] that comes again while it is being written takes back nothing of what was heard', async () => {
		const { disk, logs, author, answered, open, settlement } = await threeWishes();
		// What is durable elsewhere is trimmed before the last of it is answered, as after damage here.
		await logs.trim({ [author]: 2 });
		disk.holdSyncs();
		settlement.settle(answered(3));
		settlement.settle(answered(3));
		disk.releaseSyncs();
		await settle();
		await settlement.idle();
		expect(settlement.heard).toEqual({ [author]: 3 });
		const again = await open();
		expect(again.heard).toEqual({ [author]: 3 });
		expect(again.unsettled).toEqual([]);
	});

	it('[I14] [I15] counts to the last, also where another generation came while the first was being written', async () => {
		const { disk, author, answered, settlement } = await threeWishes();
		disk.holdSyncs();
		settlement.settle(answered(1));
		settlement.reopen({ [author]: 1 });
		disk.releaseSyncs();
		await settle();
		settlement.settle(answered(3));
		await settlement.idle();
		expect(settlement.heard).toEqual({ [author]: 3 });
		expect(settlement.unsettled).toEqual([]);
	});

	it('[I14] is taken in for the first of what a home that knows less opened again, before the last is', async () => {
		const { author, answered, settlement } = await threeWishes();
		settlement.settle(answered(2));
		await settlement.idle();
		settlement.reopen({ [author]: 0 });
		expect(settlement.unsettled).toHaveLength(3);
		settlement.settle(answered(1));
		expect(settlement.unsettled.map(({ n }) => n).sort()).toEqual([2, 3]);
	});

	it('[I14] is open again for what a home that knows less has not covered, also after a crash', async () => {
		const { author, answered, open, settlement } = await threeWishes();
		settlement.settle(answered(3));
		await settlement.idle();
		const again = await open({ [author]: 1 });
		expect([again.unsettled.map(({ n }) => n), again.heard]).toEqual([[2, 3], { [author]: 1 }]);
		const refused = { [`${author}#3`]: { reason: 'notAllowed', at: 1 } };
		again.settle({ ...answered(3), refusals: refused as never });
		expect(again.refusals.map(({ n }) => n)).toEqual([3]);
	});

	it('[I14] is open again for a process that begins when the next home has answered more than was read of it', async () => {
		const { store, author, answered, open, settlement } = await threeWishes();
		settlement.settle(answered(3));
		await settlement.idle();
		await store.write(settlement.reopenWrites({ [author]: 1 }));
		const again = await open({ [author]: 3 });
		expect(again.unsettled.map(({ n }) => n)).toEqual([2, 3]);
	});

	it('[I14] is told of an entry that is trimmed here, where the home after a lost one refuses it', async () => {
		const { logs, author, answered, open, settlement } = await threeWishes();
		settlement.settle(answered(3));
		await settlement.idle();
		await logs.trim({ [author]: 3 });
		settlement.reopen({ [author]: 1 });
		const refused = { [`${author}#2`]: { reason: 'notAllowed' } };
		settlement.settle({ ...answered(3), refusals: refused as never });
		expect(settlement.refusals).toMatchObject([{ author, n: 2, refusal: 'notAllowed', event: 'wish' }]);
		await settlement.idle();
		expect(settlement.heard).toEqual({ [author]: 3 });
		const again = await open();
		again.settle({ ...answered(3), refusals: refused as never });
		expect(again.refusals).toHaveLength(1);
		await again.seen();
		again.settle({ ...answered(3), refusals: refused as never });
		expect(again.refusals).toEqual([]);
	});

	it('[I14] that is being written is not taken for one to come when others bring the entry back', async () => {
		const { disk, author, answered, settlement } = await threeWishes();
		disk.holdSyncs();
		settlement.settle(answered(3));
		settlement.restored(parseAuthorId(author));
		expect(settlement.unsettled).toEqual([]);
		disk.releaseSyncs();
		await settlement.idle();
	});
});
