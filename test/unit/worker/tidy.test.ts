/**
 * Clones that nobody needs: each is removed once, however often that is asked, and nothing begins in it meanwhile. And
 * the slots of offers and of runs: each is given back once, however often it was offered.
 */
import { expect, it } from 'vitest';
import { type Attempts, MachineRoom, Worker } from '../../../node/worker/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, settle } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const task: Task = {
	...{ project, role: 'coder', agent: 'shell', token: [1, 1], main: 'a'.repeat(40), startFrom: null },
	item: { key, number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
};

async function idleWorker(attempts: Partial<Attempts>, slots = 1) {
	const clock = new SimClock();
	const log = new SimLog();
	const room = new MachineRoom({ slots, machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }) });
	const worker = new Worker({
		...{ project, clock, log, room, store: await openSimStore(new SimDisk(), { log }) },
		logs: { open: () => ({ write: () => {}, lastLine: () => null, close: () => {} }) },
		attempts: attempts as Attempts,
		prepare: () => Promise.reject(new Error('nothing runs here')),
		report: async () => {},
	});
	return { worker, room, clock, log };
}

it('[I7] removes a clone once, and begins nothing in it while it goes', async () => {
	const gone = Promise.withResolvers<void>();
	let removals = 0;
	const { worker } = await idleWorker({
		keys: async () => [key],
		known: [key],
		remove: () => {
			removals += 1;
			return gone.promise;
		},
	});
	const both = [worker.tidy(new Set()), worker.tidy(new Set())];
	await Promise.resolve();
	await both[1];
	expect(worker.offer(task)).toEqual({ kind: 'declined', reason: 'its last clone is being removed' });
	gone.resolve();
	await Promise.all(both);
	expect(removals).toBe(1);
	expect(worker.offer(task)).toEqual({ kind: 'accepted' });
});

it('[I12] leaves a clone that cannot be removed, and removes the others all the same', async () => {
	const other = '01BX5ZZKBKACTAV9WEVGEMMVS0';
	const removed: string[] = [];
	const { worker, log } = await idleWorker({
		keys: async () => [key, other],
		remove: async (one) => {
			if (one === key) throw new Error('its objects are gone');
			removed.push(one);
		},
	});
	await worker.tidy(new Set());
	expect(removed).toEqual([other]);
	expect(log.of('clone.notRemoved')).toMatchObject([{ level: 'warn', fields: { item: key } }]);
	expect(worker.offer(task)).toEqual({ kind: 'accepted' });
});

it('[I12] gives the slot of a task back that was offered twice, because the first answer was lost', async () => {
	const { worker, room, clock } = await idleWorker({}, 2);
	expect(worker.offer(task)).toEqual({ kind: 'accepted' });
	expect(worker.offer(task)).toEqual({ kind: 'accepted' });
	expect(room.freeSlots).toBe(1);
	await clock.advance(60_000);
	expect(room.freeSlots).toBe(2);
});

it('[I11] [I12] begins a task again whose settings cannot be read only after a while, and ends at once when it is told to', async () => {
	const { worker, room, clock, log } = await idleWorker({});
	expect(worker.begin(task)).toBe(true);
	await settle();
	expect(log.of('attempt.lost')).toHaveLength(1);
	expect([worker.busy().length, room.freeSlots]).toEqual([1, 0]);
	await clock.advance(5_000);
	await settle();
	expect([worker.busy().length, room.freeSlots]).toEqual([0, 1]);
	expect(worker.begin(task)).toBe(true);
	await settle();
	await worker.cancel(key, 'told to');
	expect([worker.busy().length, room.freeSlots]).toEqual([0, 1]);
});
