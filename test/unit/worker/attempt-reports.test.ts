/** What every report of an attempt says besides its kind: who used what, and which accounts were found limited. */
import { expect, it } from 'vitest';
import { AttemptReports } from '../../../node/worker/attempt-reports.ts';
import { type WorkReport, withinBounds, workReportSchema } from '../../../shared/protocol/work.ts';

const usage = { costUsd: 1, inputTokens: 10, outputTokens: 1, seconds: 1 };
const commit = 'a'.repeat(40);

it('tells of an agent that looked first and of limits that were met, however the attempt ends', () => {
	const reports = new AttemptReports();
	reports.usedBy('rita', usage);
	reports.used(usage);
	reports.limited({ agent: 'rita', account: 'work', until: 5 });
	reports.limited({ agent: 'ada', account: null, until: 6 });
	const outcome = { kind: 'rateLimited', until: 6 } as const;
	const ends: WorkReport[] = [
		reports.result(commit as never, commit as never, { tree: commit, gateSet: 'set', passed: true, gates: [] }),
		reports.failed('red', '', null),
		reports.blocked('no login', null),
		reports.rateLimited({ outcome }, 0),
		reports.stopped('told to', null),
	];
	for (const report of ends) {
		expect(withinBounds(workReportSchema.parse(report))).toMatchObject({
			usage: { costUsd: 2 },
			shares: [{ agent: 'rita', usage }],
			limits: [
				{ agent: 'rita', account: 'work', until: 5 },
				{ agent: 'ada', until: 6 },
			],
		});
	}
});

it('says which files were edited: those that the sessions named, and those that its commits show besides', () => {
	const reports = new AttemptReports();
	expect(reports.stopped('told to', null)).not.toHaveProperty('edits');
	reports.edited([{ path: 'a.txt', count: 2 }]);
	reports.edited(undefined);
	reports.edited([{ path: 'a.txt', count: 1 }]);
	reports.committed(['a.txt', 'b.txt', 'x'.repeat(501)]);
	const report = workReportSchema.parse(reports.failed('red', '', null));
	expect(report.edits).toEqual([
		{ path: 'a.txt', count: 3 },
		{ path: 'b.txt', count: 1 },
	]);
	reports.committed(Array.from({ length: 1_000 }, (_, at) => `f${at}`));
	expect(workReportSchema.parse(reports.failed('red', '', null)).edits).toHaveLength(200);
});
