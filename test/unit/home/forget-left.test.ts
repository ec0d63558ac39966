/** What lies beside the facts of an item goes when the item has left them, and nothing else does. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LeftItems } from '../../../node/home/forget-left.ts';
import { RunBook } from '../../../node/home/run-book.ts';
import { Talks } from '../../../node/home/talks.ts';
import { RunLogs } from '../../../node/worker/index.ts';
import { openSimStore, SimClock } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';
import { makeItem } from '../../support/facts.ts';

const stays = '01K0000000000000000000000A';
const left = '01K0000000000000000000000B';
const written = '01K0000000000000000000000C';

function task(key: string, revision: number): Task {
	return {
		...{ project: '01ARZ3NDEKTSV4RRFFQ69G5FAV', role: 'coder', agent: 'shell', token: [1, revision] },
		...{ main: 'a'.repeat(40), startFrom: null },
		item: { key, number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
	};
}

it('[I15] lets runs, talks and logs go with an item that has left the facts, in memory and on disk', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-left-'));
	const clock = new SimClock();
	const store = await openSimStore();
	const runs = await RunBook.open(store, 'app', () => clock.now());
	const talks = await Talks.open(store, 'app');
	const logs = new RunLogs({ folder, clock });
	for (const key of [stays, left]) {
		await runs.started(task(key, 1), { node: 'n1', runtime: 'codex' });
		await talks.note(key, 'mind the gap');
		logs.open(key, '1.1').write('agent', 'stdout', 'done\n');
		if (key === left) logs.open(key, '1.1').close();
	}
	logs.open(written, '1.1').write('agent', 'stdout', 'not over\n');
	const home = { item: (key: string) => (key === stays ? makeItem(stays) : undefined) };
	const items = new LeftItems({
		home,
		runs,
		talks,
		clock,
		worker: { keepLogsOf: (isThere) => logs.keepOnly(isThere) },
	});
	await items.pass();
	expect(runs.runs(left)).toHaveLength(1);
	await clock.advance(60 * 60_000);
	await items.pass();
	for (const book of [runs, await RunBook.open(store, 'app', () => clock.now())]) {
		expect([stays, left].map((key) => book.runs(key).length)).toEqual([1, 0]);
	}
	for (const said of [talks, await Talks.open(store, 'app')]) {
		expect([stays, left].map((key) => said.forTask(key).notes)).toEqual([['mind the gap'], undefined]);
	}
	expect(readdirSync(folder).sort()).toEqual([stays, written]);
	rmSync(folder, { recursive: true });
});

it('[I15] keeps the last fifty runs of an item, on disk too', async () => {
	const clock = new SimClock();
	const store = await openSimStore();
	const runs = await RunBook.open(store, 'app', () => clock.now());
	for (let revision = 1; revision <= 60; revision += 1) {
		await runs.started(task(stays, revision), { node: 'n1', runtime: 'codex' });
		await clock.advance(1_000);
	}
	expect(
		runs
			.runs(stays)
			.map(({ run }) => run)
			.at(0),
	).toBe('1.11');
	expect(await store.list('run/app/')).toHaveLength(50);
});
