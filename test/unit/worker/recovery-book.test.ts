import { expect, test } from 'vitest';
import { afterCrash, type Pause, pauseOn, RecoveryBook } from '../../../node/worker/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const runLog = { write: () => {}, close: () => {}, lastLine: () => null };

async function machine() {
	const disk = new SimDisk();
	const clock = new SimClock();
	const book = async () => new RecoveryBook({ store: await openSimStore(disk, { log: new SimLog() }), project });
	return { disk, clock, book };
}

test('[I11] tries a program that begins no session three times, with a pause, also over a restart, and names the cause', async () => {
	const { disk, clock, book } = await machine();
	const { signal } = new AbortController();
	const waited: number[] = [];
	const pause: Pause = (ms, ended) => {
		waited.push(ms);
		const over = pauseOn(clock)(ms, ended);
		void clock.advance(ms);
		return over;
	};
	const crash = { key: 'a', reason: 'ended with 127: not found', signal, runLog, pause };
	for (const _ of [1, 2]) {
		// Each time by another process of the node, which has only the disk.
		expect(await afterCrash({ ...crash, recoveries: await book() })).toBeNull();
		disk.crash();
	}
	expect(waited).toEqual([2_000, 15_000]);
	const recoveries = await book();
	expect(await afterCrash({ ...crash, recoveries })).toBe(
		'the agent could not begin, 3 times in a row: ended with 127: not found',
	);
	// A person has been asked: what begins after that is counted anew.
	expect(await recoveries.crashed('a')).toBe(1);
});

test('counts the crashes of an item until a session has begun, each item by itself', async () => {
	const recoveries = await (await machine()).book();
	expect([await recoveries.crashed('a'), await recoveries.crashed('a'), await recoveries.crashed('b')]).toEqual([
		1, 2, 1,
	]);
	await recoveries.forgetCrashes('a');
	expect([await recoveries.crashed('a'), await recoveries.crashed('b')]).toEqual([1, 2]);
});

test('a pause ends at once with the run that it is for', async () => {
	const { clock, book } = await machine();
	const controller = new AbortController();
	const again = afterCrash({
		...{ key: 'a', reason: 'x', signal: controller.signal, runLog, pause: pauseOn(clock) },
		recoveries: await book(),
	});
	controller.abort(new Error('it was frozen'));
	await expect(again).rejects.toThrow('it was frozen');
});
