/**
 * What one run of a gate means, and what several runs of a flaky one mean together. Pure. A gate that could not run,
 * ran nothing or changed what it tests has shown nothing: that is `error`, never a pass.
 */
import type { GateConfig } from '../../shared/project/index.ts';
import type { GateVerdict, TestCount } from '../../shared/protocol/work.ts';
import { describeExit } from '../agents/index.ts';
import type { CommandEnd } from './command-run.ts';

export interface GateRunSeen {
	readonly end: Pick<CommandEnd, 'exit' | 'timedOut' | 'tail' | 'tree'>;
	/** What the output says it ran, null where no runner was recognised. */
	readonly tests: TestCount | null;
	/** Paths of the tree that the run changed or added. */
	readonly changed: readonly string[];
}

export type GateOutcome = Pick<GateVerdict, 'outcome' | 'why'>;

const error = (why: string): GateOutcome => ({ outcome: 'error', why });

export function judgeRun(gate: Pick<GateConfig, 'kind' | 'timeout_seconds'>, seen: GateRunSeen): GateOutcome {
	const { end, tests, changed } = seen;
	if (end.tree.kind === 'survivors') return error(`its processes ${end.tree.pids.join(', ')} could not be ended`);
	if (end.timedOut) return error(`it was not done after ${gate.timeout_seconds} s`);
	if (end.exit.kind === 'notStarted') return error(`it ${describeExit(end.exit)}`);
	const isMissing = end.exit.kind === 'code' && (end.exit.code === 126 || end.exit.code === 127);
	if (isMissing) return error(withLastLine(`it could not be run (${describeExit(end.exit)})`, end.tail));
	if (changed.length > 0) return error(`it changed the tree that it tests: ${few(changed)}`);
	if (gate.kind === 'test' && tests && tests.passed + tests.failed === 0) return error('no test was executed');
	if (end.exit.kind === 'code' && end.exit.code === 0) return { outcome: 'passed', why: '' };
	if (tests && tests.failed > 0) {
		return { outcome: 'failed', why: `${tests.failed} of ${tests.passed + tests.failed} tests failed` };
	}
	return { outcome: 'failed', why: withLastLine(`it ${describeExit(end.exit)}`, end.tail) };
}

/**
 * Whether the runs so far decide. The first pass of a first run does; after a failure the majority of `runsMax` runs
 * does, and a tie is no majority. An error decides at once: another run would meet the same machine or a changed tree.
 */
export function decideRuns(outcomes: readonly GateOutcome[], runsMax: number): GateOutcome | null {
	const first = outcomes[0];
	const last = outcomes.at(-1);
	if (!first || !last) return null;
	if (last.outcome === 'error') return last;
	if (first.outcome === 'passed') return first;
	const passes = outcomes.filter(({ outcome }) => outcome === 'passed').length;
	const failures = outcomes.length - passes;
	if (passes > runsMax / 2) return { outcome: 'passed', why: '' };
	if (failures >= runsMax / 2) return outcomes.findLast(({ outcome }) => outcome === 'failed') ?? last;
	return null;
}

function few(paths: readonly string[]): string {
	return paths.length <= 3 ? paths.join(', ') : `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more`;
}

function withLastLine(what: string, tail: string): string {
	const line = tail.split('\n').findLast((text) => text.trim() !== '');
	return line === undefined ? what : `${what}: ${line.trim().slice(0, 200)}`;
}
