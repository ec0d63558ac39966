/** What a worker remembers of grants that are over: messages come late, and a run that nobody waits for loses work. */
import { describe, expect, it } from 'vitest';
import { ReportBox } from '../../../node/worker/report-box.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';

const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const grant = (key: string, term: number, revision: number) =>
	({ item: { key }, token: [term, revision] as const }) as const;

describe('a grant whose report was settled', () => {
	it('[I4] [I7] is over, and so is each before it of the same term; later ones are not', async () => {
		const box = new ReportBox(await openSimStore(), project);
		expect(box.isOver(grant('a', 1, 70))).toBe(false);
		await box.acknowledge(grant('a', 1, 70));
		expect([60, 70, 71].map((revision) => box.isOver(grant('a', 1, revision)))).toEqual([true, true, false]);
		expect([box.isOver(grant('b', 1, 70)), box.isOver(grant('a', 2, 3))]).toEqual([false, false]);
	});

	it('stays over when the report of an earlier one is settled late', async () => {
		const box = new ReportBox(await openSimStore(), project);
		await box.acknowledge(grant('a', 1, 70));
		await box.acknowledge(grant('a', 1, 60));
		expect(box.isOver(grant('a', 1, 70))).toBe(true);
	});

	it('[I15] is forgotten when a thousand others were settled since', async () => {
		const box = new ReportBox(await openSimStore(), project);
		await box.acknowledge(grant('first', 1, 1));
		for (let at = 0; at < 999; at++) await box.acknowledge(grant(`other-${at}`, 1, 2));
		expect(box.isOver(grant('first', 1, 1))).toBe(true);
		await box.acknowledge(grant('last', 1, 3));
		expect(box.isOver(grant('first', 1, 1))).toBe(false);
	});
});
