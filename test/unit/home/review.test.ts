/** When a person must look at a change whatever the review mode: it changes what judges it. */
import { describe, expect, it } from 'vitest';
import { fewerTests, reasonForPerson } from '../../../node/home/review.ts';
import type { Change } from '../../../shared/ports/index.ts';
import type { TestCount, TreeVerdict } from '../../../shared/protocol/work.ts';
import { passedGate } from '../../support/sim-worker.ts';

const ran = (tests: TestCount | null): TreeVerdict => ({
	...{ tree: 'tree', gateSet: 'set', passed: true },
	gates: [{ ...passedGate, tests }],
});
const of = (passed: number, skipped = 0, failed = 0): TreeVerdict => ran({ passed, failed, skipped });
const changed = (path: string): Change => ({ path, kind: 'modified' }) as Change;

describe('a change', () => {
	it.each([
		['its own judge', ['.gangline/project.toml'], 1, 'it changes .gangline/project.toml, which decides how'],
		['the folder of its judge', ['.gangline'], 1, 'it changes .gangline, which decides how'],
		['where there are no gates', ['a.ts'], 0, 'the project has no gates'],
	])('[I13] of %s asks for a person', (_, paths, gates, words) => {
		const evidence = { changes: paths.map(changed), main: null, candidate: of(1), gates };
		expect(reasonForPerson(evidence)).toContain(words);
	});

	it('of a file that only looks like it asks for nobody', () => {
		const evidence = { changes: [changed('.gangline.md')], main: of(2), candidate: of(2), gates: 1 };
		expect(reasonForPerson(evidence)).toBeNull();
	});

	it.each([
		['fewer tests', of(12), of(3), 'it runs 3 tests where main runs 12'],
		['more that are skipped', of(12, 1), of(12, 2), 'it skips 2 tests where main skips 1'],
		['none that can be counted', of(12), ran(null), 'main ran tests and this change runs none'],
		['tests that fail instead of passing', of(12), of(10, 0, 2), null],
		['as many as before', of(12), of(13), null],
		['its first tests', ran(null), of(1), null],
		['tests on a main that was never judged', null, of(1), null],
	])('with %s', (_, main, candidate, words) => {
		const said = fewerTests(main, candidate);
		if (words === null) expect(said).toBeNull();
		else expect(said).toContain(words);
	});
});
