/**
 * Why nothing happens with an item now, and what a person has to do, in words. Pure: derived on read from the facts
 * and what is true of the home, so it cannot be stale [I12]. Where the home is away, a replica says that instead.
 */
import { type ItemView, isHeld, mayRun } from '../pipeline/index.ts';

export interface Situation {
	/** Why nothing new begins in this project; null while it may. */
	readonly mayNotBegin: string | null;
	/** Why nothing lands in this project; null while it may. */
	readonly mayNotLand: string | null;
	readonly autoStart: boolean;
	/** Why no agent can work on the item; null where one can. */
	readonly nobody: string | null;
	readonly freeSlots: number;
	readonly busy: ReadonlySet<string>;
	/** 1 is next. */
	readonly queuePosition: number | null;
	/** Until when it must not be begun (a rate limit), as people read it; null where it may. */
	readonly limitedUntil: string | null;
	/** Of an item that lands by pull request: what it waits for. */
	readonly proposal: string | null;
	/** Of an item that is worked on: that its worker was not heard of, and what follows; null while it is. */
	readonly holderAway?: string | null;
	/** Of an item that should be worked on: why no node takes it now; null where one does, or none was asked. */
	readonly nobodyTakes?: string | null;
	/** What its agent asks a person for; null where it asks for nothing. */
	readonly question?: string | null;
	/** Said of whatever would go on by itself: such as that the home is away; null at the home. */
	readonly elsewhere?: string | null;
}

/** One clause, such as `#3 is in coding`; null while something happens with the item or nothing has to. */
export function waitsBecause(item: ItemView, situation: Situation): string | null {
	const { kind } = item.stage;
	if (item.tentative && item.number === null) return situation.elsewhere ?? 'the home has not answered yet';
	if (situation.elsewhere && goesOnByItself.has(kind)) return situation.elsewhere;
	switch (kind) {
		case 'upcoming':
			return `it is an idea: gangline move ${shortName(item)} accept makes it ready`;
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
			return `it is frozen: gangline move ${shortName(item)} unfreeze`;
		default:
			return null;
	}
}

/** What a person has to do, with the command; null where nobody is waited for. */
export function needsYou(item: ItemView, question: string | null = null): string | null {
	const { stage } = item;
	const number = shortName(item);
	const asks = asksOf(item, question);
	if (asks !== null) return `gangline answer ${number} allow, or deny: ${asks}`;
	switch (stage.kind) {
		case 'reviewHold':
			return `gangline diff ${number}, then gangline approve ${number} or gangline reject ${number} "what to change"`;
		case 'blocked':
			return `gangline show ${number}, then gangline move ${number} unblock or gangline move ${number} abandon`;
		case 'mergeFailureFinal':
			return `gangline show ${number}, then gangline move ${number} retryMerge or gangline move ${number} abandon`;
		case 'backlog': {
			const stuck = item.unmet.find(({ why }) => why !== 'notDone');
			return stuck ? `gangline edit ${number} --depends-on …: ${stuck.words}` : null;
		}
		default:
			return null;
	}
}

/** What its agent asks a person to allow; null where it asks nothing, or the item has left the agent's hands. */
export function asksOf({ stage }: ItemView, question: string | null): string | null {
	return stage.kind === 'blocked' || mayRun(stage) !== null ? question : null;
}

/** Stages in which the home is the one who acts next. */
const goesOnByItself: ReadonlySet<string> = new Set(['coding', 'qa', 'merge', 'mergeFailure']);

function backlogWaits(item: ItemView, situation: Situation): string | null {
	const unmet = item.unmet[0];
	if (unmet) return item.unmet.length > 1 ? `${unmet.words} (and ${item.unmet.length - 1} more)` : unmet.words;
	if (isHeld(item)) return `it is held: gangline move ${shortName(item)} start`;
	if (item.type === 'epic') return 'an epic is done when its children are';
	if (situation.elsewhere) return situation.elsewhere;
	if (situation.nobody !== null) return situation.nobody;
	if (!situation.autoStart) return `work.auto_start is off: gangline move ${shortName(item)} start`;
	return situation.mayNotBegin ?? (situation.freeSlots > 0 ? null : 'all slots are busy');
}

function workWaits(item: ItemView, situation: Situation): string | null {
	if (situation.holderAway) return situation.holderAway;
	if (situation.busy.has(item.key)) return null;
	if (item.stage.kind === 'mergeFailure' && mayRun(item.stage) === null) return null;
	if (item.stage.kind === 'coding' && item.role === null && situation.nobody !== null) return situation.nobody;
	if (situation.limitedUntil !== null) return `the agent's account is limited until ${situation.limitedUntil}`;
	return situation.mayNotBegin ?? situation.nobodyTakes ?? (situation.freeSlots > 0 ? null : 'all slots are busy');
}

/** As people type it: a shell takes `#` for a comment. */
function shortName({ name }: Pick<ItemView, 'name'>): string {
	return name.replace('#', '');
}
