/** Clones that nobody needs: each is removed once, however often that is asked, and nothing begins in it meanwhile. */
import { expect, it } from 'vitest';
import { type Attempts, MachineRoom, Worker } from '../../../node/worker/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const task: Task = {
	...{ project, role: 'coder', agent: 'shell', token: [1, 1], main: 'a'.repeat(40), startFrom: null },
	item: { key, number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
};

it('[I7] removes a clone once, and begins nothing in it while it goes', async () => {
	const clock = new SimClock();
	const log = new SimLog();
	const gone = Promise.withResolvers<void>();
	let removals = 0;
	const attempts: Partial<Attempts> = {
		keys: async () => [key],
		known: [key],
		remove: () => {
			removals += 1;
			return gone.promise;
		},
	};
	const worker = new Worker({
		...{ project, clock, log, store: await openSimStore(new SimDisk(), { log }) },
		room: new MachineRoom({ slots: 1, machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }) }),
		logs: { open: () => Promise.reject(new Error('nothing runs here')) as never },
		attempts: attempts as Attempts,
		prepare: () => Promise.reject(new Error('nothing runs here')),
		report: async () => {},
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
