import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
	autoStarts,
	type By,
	badgeOf,
	columnOf,
	mayRun,
	type Stage,
	type StageKind,
	transition,
} from '../../../shared/pipeline/index.ts';

interface Row {
	readonly event: string;
	readonly from: readonly StageKind[];
	readonly to: StageKind | 'resumeTo';
	readonly by: readonly By[];
	readonly clearsToken: boolean;
}

interface Spec {
	readonly stages: Readonly<
		Record<StageKind, { column: string; badge: string; mayRun: string | null; autoStart: boolean }>
	>;
	readonly transitions: readonly Row[];
}

const spec: Spec = JSON.parse(readFileSync(new URL('../../fixtures/spec/pipeline.json', import.meta.url), 'utf8'));
const everyBy: readonly By[] = ['user', 'agent', 'gates', 'landing', 'scheduler', 'system'];
const plain: readonly StageKind[] = Object.keys(spec.stages).filter(
	(kind) => kind !== 'blocked' && kind !== 'frozen',
) as StageKind[];

/** Every stage; blocked and frozen over everything that can be blocked or frozen, with payloads that must survive. */
function everyStage(): readonly Stage[] {
	const simple = plain.map((kind) => stageOf(kind));
	const inner = simple.filter(({ kind }) => fromOf('block').includes(kind));
	const blocked: Stage[] = inner.map((resumeTo) => ({ kind: 'blocked', reason: 'why', resumeTo }));
	const frozen: Stage[] = [...inner, ...blocked].map((resumeTo) => ({ kind: 'frozen', resumeTo }));
	return [...simple, ...blocked, ...frozen];
}

function stageOf(kind: StageKind): Stage {
	if (kind === 'mergeFailure' || kind === 'mergeFailureFinal') return { kind, failure: 'gates', detail: 'red' };
	if (kind === 'reviewHold') return { kind, reason: 'touches gates' };
	return { kind } as Stage;
}

function fromOf(event: string): readonly StageKind[] {
	return spec.transitions.find((row) => row.event === event)?.from ?? [];
}

/** The rule in other words than the code's. */
function expected(stage: Stage, row: Row, by: By): unknown {
	if (!row.from.includes(stage.kind)) return { ok: false, refusal: 'notAllowed' };
	if (!row.by.includes(by)) return { ok: false, refusal: 'notYours' };
	return { ok: true, stage: target(stage, row), clearsToken: row.clearsToken };
}

function target(stage: Stage, row: Row): unknown {
	if (row.event === 'block') return { kind: 'blocked', resumeTo: stage };
	if (row.event === 'freeze') return { kind: 'frozen', resumeTo: stage };
	if (row.to !== 'resumeTo') return { kind: row.to };
	const { resumeTo } = stage as { resumeTo: Stage };
	return row.event === 'unblock' && resumeTo.kind.startsWith('mergeFailure') ? { kind: 'merge' } : resumeTo;
}

test('every stage, event and by gives what its row says, or the refusal', () => {
	const counts = { moved: 0, notAllowed: 0, notYours: 0 };
	for (const stage of everyStage()) {
		for (const row of spec.transitions) {
			for (const by of everyBy) {
				const before = structuredClone(stage);
				const result = transition(stage, { event: row.event, by });
				expect(result, `${row.event} by ${by} from ${JSON.stringify(stage)}`).toStrictEqual(expected(stage, row, by));
				expect(stage).toStrictEqual(before);
				counts[result.ok ? 'moved' : result.refusal] += 1;
			}
		}
	}
	expect(everyStage()).toHaveLength(13 + 8 + 16);
	expect(counts.moved + counts.notAllowed + counts.notYours).toBe(37 * spec.transitions.length * 6);
	expect(Math.min(counts.moved, counts.notAllowed, counts.notYours)).toBeGreaterThan(100);
});

test('names that JavaScript knows are no events and no authors', () => {
	for (const event of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
		expect(transition({ kind: 'coding' }, { event, by: 'user' })).toEqual({ ok: false, refusal: 'notAllowed' });
	}
	const nobody = 'constructor' as By;
	expect(transition({ kind: 'coding' }, { event: 'defer', by: nobody })).toEqual({ ok: false, refusal: 'notYours' });
});

describe('what a stage means', () => {
	test('column and badge follow the table; a frozen item stays in its column', () => {
		for (const stage of everyStage()) {
			const shown = stage.kind === 'frozen' ? stage.resumeTo : stage;
			expect(columnOf(stage)).toBe(spec.stages[shown.kind].column);
			expect(badgeOf(stage)).toBe(spec.stages[stage.kind].badge);
		}
		const twice: Stage = { kind: 'frozen', resumeTo: { kind: 'frozen', resumeTo: { kind: 'merge' } } };
		expect(columnOf(twice)).toBe('merge');
	});

	test('only the role of the stage may run; a mergemaster only where landing met a conflict', () => {
		for (const kind of plain.filter((kind) => !kind.startsWith('mergeFailure'))) {
			expect(mayRun(stageOf(kind))).toBe(spec.stages[kind].mayRun);
			expect(autoStarts(stageOf(kind))).toBe(spec.stages[kind].autoStart);
		}
		for (const failure of ['gates', 'emptyDiff', 'noCommits', 'other'] as const) {
			expect(mayRun({ kind: 'mergeFailure', failure })).toBeNull();
			expect(autoStarts({ kind: 'mergeFailure', failure })).toBe(false);
			expect(mayRun({ kind: 'mergeFailureFinal', failure })).toBe('mergemaster');
		}
		expect(mayRun({ kind: 'mergeFailure' })).toBeNull();
		expect(mayRun({ kind: 'mergeFailure', failure: 'conflict' })).toBe('mergemaster');
		expect(autoStarts({ kind: 'mergeFailure', failure: 'conflict' })).toBe(true);
		expect(autoStarts({ kind: 'mergeFailureFinal', failure: 'conflict' })).toBe(false);
		for (const resumeTo of [{ kind: 'coding' }, { kind: 'qa' }] as const) {
			expect(mayRun({ kind: 'frozen', resumeTo })).toBeNull();
			expect(mayRun({ kind: 'blocked', resumeTo })).toBeNull();
		}
	});
});
