/** What a worker remembers of grants that are over: messages come late, and a run that nobody waits for loses work. */
import { describe, expect, it } from 'vitest';
import { ReportBox } from '../../../node/worker/report-box.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const grant = (key: string, term: number, revision: number) =>
	({ item: { key }, token: [term, revision] as const }) as const;

describe('a grant that is over', () => {
	it('[I4] [I7] begins no more, nor does one before it of the same term; later ones do', async () => {
		const box = new ReportBox(await openSimStore(), project);
		expect(box.isOver(grant('a', 1, 70))).toBe(false);
		await box.acknowledge(grant('a', 1, 70), true);
		expect([60, 70, 71].map((revision) => box.isOver(grant('a', 1, revision)))).toEqual([true, true, false]);
		expect([box.isOver(grant('b', 1, 70)), box.isOver(grant('a', 2, 3))]).toEqual([false, false]);
	});

	it('stays so when an earlier one ends late', async () => {
		const box = new ReportBox(await openSimStore(), project);
		await box.acknowledge(grant('a', 1, 70), true);
		await box.acknowledge(grant('a', 1, 60), true);
		expect(box.isOver(grant('a', 1, 70))).toBe(true);
	});

	it('[I5] stays so when one of another term ends late, which is earlier or later by its number', async () => {
		const box = new ReportBox(await openSimStore(), project);
		for (const term of [7, 1, 1_750_000_000]) await box.acknowledge(grant('a', term, 70), true);
		expect([7, 1, 1_750_000_000].map((term) => box.isOver(grant('a', term, 54)))).toEqual([true, true, true]);
	});

	it('is not one whose report was settled for an item that keeps it while it is frozen', async () => {
		const box = new ReportBox(await openSimStore(), project);
		await box.acknowledge(grant('a', 1, 70), false);
		expect(box.isOver(grant('a', 1, 70))).toBe(false);
	});

	it('[I15] is forgotten when a thousand others are over since', async () => {
		const box = new ReportBox(await openSimStore(), project);
		await box.acknowledge(grant('first', 1, 1), true);
		for (let at = 0; at < 999; at++) await box.acknowledge(grant(`other-${at}`, 1, 2), true);
		expect(box.isOver(grant('first', 1, 1))).toBe(true);
		await box.acknowledge(grant('last', 1, 3), true);
		expect(box.isOver(grant('first', 1, 1))).toBe(false);
	});
});

it('[I12] holds each report of an item until it is settled, also where an earlier run of it was never reported', async () => {
	const box = new ReportBox(await openSimStore(), project);
	const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
	const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
	const task = (revision: number): Task => ({
		...{ project, role: 'coder', agent: 'shell', token: [1, revision], main: 'a'.repeat(40), startFrom: null },
		item: { key, number: 1, title: 'x', type: 'story', description: '', words: [], lastFailure: null },
	});
	const [lost, last] = [task(2), task(10)];
	for (const one of [last, lost]) await box.put(one, { kind: 'stopped', reason: 'told to', commit: null, usage });
	expect([box.has(last), box.has(lost), [...box.keys]]).toEqual([true, true, [key]]);
	await box.acknowledge(lost, true);
	expect([box.has(last), box.has(lost), box.grants]).toEqual([true, false, [{ key, token: [1, 10] }]]);
	await box.acknowledge(last, true);
	expect([box.has(last), [...box.keys]]).toEqual([false, []]);
});
