/**
 * Why nothing happens with an item now, and what a person has to do, in words. Pure: derived on read from the facts
 * and what is true of the node, so it cannot be stale [I12].
 */
import { type ItemView, isHeld, mayRun } from '../../shared/pipeline/index.ts';

export interface Situation {
	/** Why nothing new begins in this project; null while it may. */
	readonly mayNotBegin: string | null;
	/** Why nothing lands in this project; null while it may. */
	readonly mayNotLand: string | null;
	readonly autoStart: boolean;
	readonly freeSlots: number;
	readonly busy: ReadonlySet<string>;
	/** 1 is next. */
	readonly queuePosition: number | null;
	/** Until when it must not be begun (a rate limit), wall ms. */
	readonly notBefore: number | null;
	/** Of an item that lands by pull request: what it waits for. */
	readonly proposal: string | null;
	readonly now: number;
}

/** One clause, such as `#3 is in coding`; null while something happens with the item or nothing has to. */
export function waitsBecause(item: ItemView, situation: Situation): string | null {
	const { kind } = item.stage;
	if (item.tentative && item.number === null) return 'the home has not answered yet';
	switch (kind) {
		case 'upcoming':
			return 'it is an idea: accept it when it is ready';
		case 'backlog':
			return backlogWaits(item, situation);
		case 'coding':
		case 'qa':
		case 'mergeFailure':
			return workWaits(item, situation);
		case 'merge':
			if (situation.mayNotLand !== null) return situation.mayNotLand;
			if (situation.proposal !== null) return situation.proposal;
			return (situation.queuePosition ?? 1) > 1 ? `${(situation.queuePosition ?? 2) - 1} land before it` : null;
		case 'reviewHold':
			return item.stage.reason ?? 'it waits for approval';
		case 'blocked':
			return item.stage.reason ?? 'it is blocked';
		case 'mergeFailureFinal':
			return item.stage.detail ?? 'landing failed and recovery gave up';
		case 'frozen':
			return 'it is frozen';
		default:
			return null;
	}
}

/** What a person has to do, with the command; null where nobody is waited for. */
export function needsYou(item: ItemView): string | null {
	const { stage, name } = item;
	const number = name.replace('#', '');
	switch (stage.kind) {
		case 'reviewHold':
			return `look and approve: gangline diff ${number}, then gangline approve ${number} or gangline reject ${number} "…"`;
		case 'blocked':
			return `decide: gangline show ${number}, then gangline move ${number} unblock (or abandon)`;
		case 'mergeFailureFinal':
			return `decide: gangline show ${number}, then gangline move ${number} retryMerge (or abandon)`;
		case 'backlog': {
			const stuck = item.unmet.find(({ why }) => why !== 'notDone');
			return stuck ? `edit its dependencies: ${stuck.words}` : null;
		}
		default:
			return null;
	}
}

function backlogWaits(item: ItemView, situation: Situation): string | null {
	const unmet = item.unmet[0];
	if (unmet) return item.unmet.length > 1 ? `${unmet.words} (and ${item.unmet.length - 1} more)` : unmet.words;
	if (isHeld(item)) return `it is held: gangline move ${item.name.replace('#', '')} start`;
	if (item.type === 'epic') return 'an epic is done when its children are';
	if (!situation.autoStart) return 'work.auto_start is off: start it yourself';
	return situation.mayNotBegin ?? (situation.freeSlots > 0 ? null : 'all slots are busy');
}

function workWaits(item: ItemView, situation: Situation): string | null {
	if (situation.busy.has(item.key)) return null;
	if (item.stage.kind === 'mergeFailure' && mayRun(item.stage) === null) return null;
	if (situation.notBefore !== null && situation.notBefore > situation.now) {
		return `the agent's account is limited until ${new Date(situation.notBefore).toISOString()}`;
	}
	return situation.mayNotBegin ?? (situation.freeSlots > 0 ? null : 'all slots are busy');
}
