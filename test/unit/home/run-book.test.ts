/** What was tried for an item, in the order in which it was granted, whatever the clocks say. */
import { expect, it } from 'vitest';
import { RunBook } from '../../../node/home/run-book.ts';
import { openSimStore, SimDisk } from '../../../shared/ports/sim/index.ts';
import type { Task, WorkReport } from '../../../shared/protocol/work.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const node = 'n0000000000000002';
const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
const stopped: WorkReport = { kind: 'stopped', reason: 'told to', commit: null, usage };

const task = (...token: [term: number, revision: number]): Task => ({
	...{ project, role: 'coder', agent: 'shell', token, main: 'a'.repeat(40), startFrom: null },
	item: { key, number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
});

it('names as the newest run what was granted last, though the clock was set back or an older one is heard of late', async () => {
	const store = await openSimStore();
	let now = 50_000;
	const book = await RunBook.open(store, project, () => now);
	await book.started(task(2, 9), { node, runtime: 'shell' });
	now = 1_000;
	await book.started(task(2, 10), { node, runtime: 'shell' });
	now = 90_000;
	await book.ended(task(1, 77), stopped, node);
	const order = ['1.77', '2.9', '2.10'];
	expect(book.runs(key).map(({ run }) => run)).toEqual(order);
	const again = await RunBook.open(store, project, () => now);
	expect(again.runs(key).map(({ run }) => run)).toEqual(order);
});

it('[I6] knows no run that its disk did not take, so that nothing is begun for it', async () => {
	const disk = new SimDisk();
	const book = await RunBook.open(await openSimStore(disk), project, () => 1);
	disk.failNextSync(new Error('no space left on device'));
	await expect(book.started(task(2, 9), { node, runtime: 'shell' })).rejects.toThrow(/no space left/);
	expect(book.runs(key)).toEqual([]);
});
