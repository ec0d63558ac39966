/**
 * What a project asks beyond the table before an event moves an item, in the order of the refusals. A guard only says
 * no; what happens after a yes is in payloads.ts and books.ts.
 */
import type { EventArguments } from './arguments.ts';
import { isHeld, satisfies, unmetIn } from './dependencies.ts';
import type { Draft } from './draft.ts';
import type { By, Intent, Refusal } from './intent.ts';
import type { Approval, Item } from './item.ts';

/** What the rules must be told about the world. */
export interface ProjectRulesContext {
	/**
	 * Whether the difference that an approval was given for is still the difference that `item.result` makes. The home
	 * looks in git; who cannot look (a view) answers true, because the home decides again anyway.
	 */
	readonly diffIsAsShown: (item: Item, shown: Omit<Approval, 'who'>) => boolean;
	/**
	 * Whether the author may name the person it names: a gateway anyone who is logged in, a laptop only whom it belongs
	 * to, by the registry. The home knows; left out, whoever may act as `user` may name anyone.
	 */
	readonly speaksFor?: (intent: Intent) => boolean;
}

/** Whether the table's row is open to this item at all, whatever the arguments: its type, its kind of failure, its hold. */
export function openTo(item: Item, event: string, by: By): Extract<Refusal, 'notAllowed' | 'notYours'> | null {
	switch (event) {
		case 'start':
			// An epic is never worked on itself; what is held is not started by itself.
			return item.type === 'epic' || (by === 'scheduler' && isHeld(item)) ? 'notAllowed' : null;
		case 'complete':
			return item.type === 'epic' || item.type === 'spike' ? null : 'notAllowed';
		case 'fixup':
			return item.stage.kind === 'mergeFailure' && item.stage.failure === 'gates' ? null : 'notAllowed';
		case 'qaPassed':
		case 'qaFailed':
			// The token of the coder's result is still the item's when QA begins; its holder does not judge itself [I13].
			return item.role === 'qa' ? null : 'notYours';
		case 'submitForReview':
			return item.stage.kind === 'qa' && item.role !== 'qa' ? 'notYours' : null;
		case 'retryMerge':
		case 'giveUpMerge':
			return by === 'agent' && item.role !== 'mergemaster' ? 'notYours' : null;
		case 'archive':
			return by === 'system' && !sweptStages.has(item.stage.kind) ? 'notYours' : null;
		default:
			return null;
	}
}

/** Stages that the sweep may archive after the retention; the others only a person. */
const sweptStages: ReadonlySet<string> = new Set(['done', 'abandoned', 'superseded', 'rejected']);

/** Arguments that an event needs besides those of its row: a result enters only with its commits. */
export function neededBy(item: Item, event: string): readonly string[] {
	const fromCoding = item.stage.kind === 'coding';
	const submits = event === 'submit' || event === 'submitForQa' || event === 'submitForReview';
	return submits && fromCoding ? ['commit', 'base'] : [];
}

/** Guards that look at the arguments, the other items and the world. */
export function guard(
	item: Item,
	{ intent, args, draft, context }: GuardInput,
): Extract<Refusal, 'invalid' | 'dependencies' | 'movedSinceReview'> | null {
	switch (intent.event) {
		case 'start':
			if (intent.by === 'user' && args.force === true) return null;
			return unmetIn(draft, item).length > 0 ? 'dependencies' : null;
		case 'complete':
			return item.type === 'epic' && intent.by !== 'user' && !childrenDone(item, draft) ? 'dependencies' : null;
		case 'supersede':
			return args.by !== undefined && args.by !== item.key && isKnown(draft, args.by) ? null : 'invalid';
		case 'approve': {
			const shown = shownIn(args);
			if (!shown) return 'invalid';
			return context.diffIsAsShown(item, shown) ? null : 'movedSinceReview';
		}
		case 'unblock': {
			const shown = shownIn(args);
			return shown && !context.diffIsAsShown(item, shown) ? 'movedSinceReview' : null;
		}
		default:
			return null;
	}
}

export interface GuardInput {
	readonly intent: Intent;
	readonly args: EventArguments;
	readonly draft: Draft;
	readonly context: ProjectRulesContext;
}

export function shownIn({ branch, main, mergeBase }: EventArguments): Omit<Approval, 'who'> | null {
	return branch && main && mergeBase ? { branch, main, mergeBase } : null;
}

/** In the index, or closed but remembered. */
export function isKnown(draft: Draft, key: string): boolean {
	return draft.item(key) !== undefined || draft.closed(key) !== undefined;
}

/** An epic without children is not done by itself: nobody has said yet what it consists of. */
function childrenDone(epic: Item, draft: Draft): boolean {
	const children = draft.childrenOf(epic.key);
	return children.length > 0 && children.every(satisfies);
}
