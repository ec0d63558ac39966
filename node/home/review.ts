/**
 * When a person must look before a change lands, whatever the review mode: it changes what judges it. Pure.
 * Gates are read from main, so a candidate cannot pass by editing them; it can only ask for that here.
 */
import type { Change } from '../../shared/ports/index.ts';
import type { TestCount, TreeVerdict } from '../../shared/protocol/work.ts';

export interface ReviewEvidence {
	readonly changes: readonly Change[];
	/** The verdict on main as the change was made from; null when main was never judged. */
	readonly main: TreeVerdict | null;
	readonly candidate: TreeVerdict;
	/** How many gates main has. */
	readonly gates: number;
}

/** One sentence, or null where nothing but the review mode asks for a person. */
export function reasonForPerson({ changes, main, candidate, gates }: ReviewEvidence): string | null {
	const own = changes.find(({ path }) => path === '.gangline' || path.startsWith('.gangline/'));
	if (own) return `it changes ${own.path}, which decides how changes are judged`;
	if (gates === 0) return 'the project has no gates, so only a person can judge it';
	return fewerTests(main, candidate);
}

/** That fewer tests ran than on main, or more were skipped; null where not, or where they cannot be counted. */
export function fewerTests(main: TreeVerdict | null, candidate: TreeVerdict): string | null {
	const before = testsOf(main);
	const after = testsOf(candidate);
	if (before && !after) return 'main ran tests and this change runs none that can be counted';
	if (!before || !after) return null;
	if (ran(after) < ran(before)) return `it runs ${ran(after)} tests where main runs ${ran(before)}`;
	if (after.skipped > before.skipped) {
		return `it skips ${after.skipped} tests where main skips ${before.skipped}`;
	}
	return null;
}

/** All gates' counts added up; null where no gate's count could be read. */
export function testsOf(verdict: TreeVerdict | null): TestCount | null {
	const counts = (verdict?.gates ?? []).flatMap(({ tests }) => (tests ? [tests] : []));
	if (counts.length === 0) return null;
	return counts.reduce((sum, count) => ({
		passed: sum.passed + count.passed,
		failed: sum.failed + count.failed,
		skipped: sum.skipped + count.skipped,
	}));
}

function ran(count: TestCount): number {
	return count.passed + count.failed;
}
