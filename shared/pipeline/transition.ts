/**
 * What a stage means and where an event leads from it, exactly by the table. Knows neither arguments nor projects:
 * a stage made here carries `resumeTo` and nothing else; payloads are added by the project's rules (payloads.ts).
 */
import type { By } from './intent.ts';
import type { ItemRole } from './item.ts';
import type { Stage, StageKind } from './stage.ts';
import { type Badge, type Column, stages } from './table.ts';
import { type TransitionRow, transitions } from './transitions.ts';

export type Transition =
	| { readonly ok: true; readonly stage: Stage; readonly clearsToken: boolean }
	/** No row for this event from this stage, or a row but not for this `by`. */
	| { readonly ok: false; readonly refusal: 'notAllowed' | 'notYours' };

/** A frozen item stays in the column it was frozen in. */
export function columnOf(stage: Stage): Column {
	if (stage.kind === 'frozen') return columnOf(stage.resumeTo);
	return stages[stage.kind].column;
}

export function badgeOf(stage: Stage): Badge {
	return stages[stage.kind].badge;
}

/** The role of the one agent that may work on the item now; any other is stopped. */
export function mayRun(stage: Stage): ItemRole | null {
	if (stage.kind === 'mergeFailure') return stage.failure === 'conflict' ? 'mergemaster' : null;
	return stages[stage.kind].mayRun;
}

/** Whether the system starts that agent by itself; in mergeFailureFinal a person has to ask for it. */
export function autoStarts(stage: Stage): boolean {
	return stages[stage.kind].autoStart && mayRun(stage) !== null;
}

/** The stage below freezes and blocks: what the item will be in when it is let go. */
export function innermost(stage: Stage): Stage {
	return stage.kind === 'frozen' || stage.kind === 'blocked' ? innermost(stage.resumeTo) : stage;
}

/** Applies one event. The same stage and event give the same answer everywhere and always. */
export function transition(stage: Stage, { event, by }: { readonly event: string; readonly by: By }): Transition {
	const row = rowFor(stage.kind, event);
	if (!row) return { ok: false, refusal: 'notAllowed' };
	if (!row.by.includes(by)) return { ok: false, refusal: 'notYours' };
	return { ok: true, stage: destination(stage, row), clearsToken: row.clearsToken };
}

/** The row of an event from a stage, whoever asks. */
export function rowFor(from: StageKind, event: string): TransitionRow | undefined {
	return rowsByEvent.get(event)?.find((row) => row.from.includes(from));
}

/** A Map and not an object: `constructor` is no event. */
const rowsByEvent = new Map<string, TransitionRow[]>();
for (const row of transitions) rowsByEvent.set(row.event, [...(rowsByEvent.get(row.event) ?? []), row]);

function destination(stage: Stage, row: TransitionRow): Stage {
	switch (row.to) {
		case 'resumeTo':
			return resumed(stage, row.event);
		case 'blocked':
		case 'frozen':
			return { kind: row.to, resumeTo: stage };
		default:
			return { kind: row.to };
	}
}

/** Unfreezing gives back exactly what was frozen; what was blocked in a failed merge is queued again instead. */
function resumed(stage: Stage, event: string): Stage {
	if (stage.kind !== 'blocked' && stage.kind !== 'frozen') return stage;
	const { resumeTo } = stage;
	const failedMerge = resumeTo.kind === 'mergeFailure' || resumeTo.kind === 'mergeFailureFinal';
	return event === 'unblock' && failedMerge ? { kind: 'merge' } : resumeTo;
}
