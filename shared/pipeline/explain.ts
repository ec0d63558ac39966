/**
 * Refusals in words: which item, where it is, what was tried, why not, and what is possible now. One sentence or two for
 * the person (or program) whose intent it was; no flag that overrides anything is ever named here.
 */
import { explainUnmet, isHeld, unmetIn } from './dependencies.ts';
import { type Lookup, lookupIn, type ProjectFacts } from './facts.ts';
import { openTo } from './guards.ts';
import type { By, Intent, Refusal } from './intent.ts';
import type { Item } from './item.ts';
import { rowFor } from './transition.ts';
import { transitions } from './transitions.ts';

export interface Refused {
	readonly refusal: Refusal;
	readonly intent: Pick<Intent, 'by' | 'event' | 'item' | 'args'>;
	/** The item as it was when the intent was judged; null where there is none. */
	readonly item: Item | null;
	/** What people called the item where it is not there any more; null or absent where that is not known. */
	readonly calledBefore?: string | null;
	/** Names the dependencies that are missing. */
	readonly lookup?: Lookup;
}

/** The sentence for a refusal, from what the rules knew when they refused. */
export function explainRefusal({ refusal, intent, item, calledBefore = null, lookup }: Refused): string {
	const { by, event } = intent;
	const name = item ? calledIn(item) : (calledBefore ?? calledBy(intent));
	const tried = `${eventWords.get(event) ?? event} of ${name} was refused`;
	switch (refusal) {
		case 'notAuthorised':
			return `${tried}: its author has no right to act as ${by} on it${by === 'user' ? rightsHint : ''}`;
		case 'unknownItem':
			return `${tried}: there is no item any more (it was deleted, or its add was refused)`;
		case 'staleToken':
			return `${tried}: ${where(item)}, and the work was done under a token that is not the item's any more`;
		case 'notAllowed':
			return `${tried}: ${why(item, intent)}. ${possible(item, by)}`;
		case 'notYours':
			return `${tried}: ${allowedFor(item, event, by)}. ${possible(item, by)}`;
		case 'alreadyExists':
			return `${tried}: there is an item with this key already`;
		case 'missingArgument':
			return `${tried}: it needs ${missing(item, intent)}`;
		case 'invalid':
			return `${tried}: ${invalid(intent)}`;
		case 'dependencies':
			return `${tried}: ${waitsFor(item, lookup)}`;
		case 'movedSinceReview':
			return `${tried}: the change is not the one that was shown any more; look at it again`;
		case 'lost':
			return `${tried}: it was lost when the project moved to another home; send it again`;
	}
}

/** An owner gives it; the author may never have had it, or lost it while the home was away. */
const rightsHint = ' (an owner gives it: gangline person add NAME --access member)';

/** `#3 "Title"`: what a refusal calls an item that is there. */
export function calledIn({ number, title }: Pick<Item, 'number' | 'title'>): string {
	return `#${number} ${JSON.stringify(title)}`;
}

/** Of an item that nobody here can name: by the title that was wanted for it, never by its key. */
function calledBy({ event, args }: Refused['intent']): string {
	const title = args?.title;
	if (typeof title === 'string' && title.length <= titleMax) return JSON.stringify(title);
	return event === 'add' ? 'a new item' : goneItem;
}

/** What an item is called that is not there, where its name is not known. */
export const goneItem = 'an item that was deleted';

const titleMax = 500;

/** What people type is called otherwise than the event. */
const eventWords: ReadonlyMap<string, string> = new Map([['requestChanges', 'asking for changes']]);

const states: ReadonlySet<string> = new Set([
	'done',
	'archived',
	'frozen',
	'blocked',
	'abandoned',
	'superseded',
	'rejected',
]);

/** The same, from the facts of a project; for who did not fold itself. */
export function explainRefusalIn(
	facts: ProjectFacts,
	refusal: Refusal,
	intent: Refused['intent'],
	calledBefore: string | null = null,
): string {
	const lookup = lookupIn(facts);
	return explainRefusal({ refusal, intent, item: lookup.item(intent.item) ?? null, calledBefore, lookup });
}

/** The events of the table by which `by` may move this item from where it is, in the table's order. */
export function possibleEvents(item: Item, by: By): readonly string[] {
	return transitions
		.filter((row) => rowFor(item.stage.kind, row.event) === row)
		.filter((row) => (row.by as readonly By[]).includes(by) && openTo(item, row.event, by) === null)
		.map((row) => row.event);
}

function where(item: Item | null): string {
	if (!item) return 'it is not there';
	const { stage } = item;
	const landed = stage.kind === 'done' && stage.commit ? `, landed as ${stage.commit.slice(0, 12)}` : '';
	return `it is ${states.has(stage.kind) ? '' : 'in '}${stage.kind}${landed}`;
}

function why(item: Item | null, { event, by }: Refused['intent']): string {
	if (!item || !rowFor(item.stage.kind, event)) return where(item);
	if (event === 'start' && item.type === 'epic') return 'an epic is never worked on itself, its children are';
	if (event === 'start' && by === 'scheduler' && isHeld(item)) return 'it is held, so only a person starts it';
	if (event === 'complete') return `a ${item.type} is done when its change has landed`;
	if (event === 'fixup') return 'only a landing that failed in the gates goes back to a coder';
	return where(item);
}

function possible(item: Item | null, by: By): string {
	if (!item) return 'Nothing is possible with it';
	const events = possibleEvents(item, by);
	const whose = by === 'user' ? '' : ` for ${by}`;
	return `Possible now${whose}: ${events.length === 0 ? 'nothing' : events.join(', ')}`;
}

function allowedFor(item: Item | null, event: string, by: By): string {
	const row = item ? rowFor(item.stage.kind, event) : undefined;
	if (!row || row.by.includes(by)) return `it is not for ${by}, which works as ${item?.role ?? 'nothing'} on it now`;
	return `it is for ${row.by.join(', ')}, not for ${by}`;
}

function missing(item: Item | null, { event, args }: Refused['intent']): string {
	const needs = (item && rowFor(item.stage.kind, event)?.needs) ?? recordNeeds.get(event) ?? [];
	const absent = needs.filter((need) => args === undefined || !Object.hasOwn(args, need));
	const named = absent.length > 0 ? absent : needs;
	return named.length > 0 ? named.join(', ') : 'arguments';
}

const recordNeeds: ReadonlyMap<string, readonly string[]> = new Map([
	['add', ['title']],
	['edit', ['a field to change']],
	['grant', ['holder', 'role']],
	['attemptFailed', ['reason']],
	['result', ['commit', 'base']],
]);

function invalid({ event }: Refused['intent']): string {
	switch (event) {
		case 'add':
		case 'edit':
			return 'a field has a wrong type or is too long, names an item that is not there, or would make items wait for each other';
		case 'delete':
			return 'other items depend on it or belong to it; change or finish those first';
		case 'supersede':
			return 'the item that replaces it is not there';
		default:
			return 'an argument has a wrong type, is too long or names nothing';
	}
}

function waitsFor(item: Item | null, lookup: Lookup | undefined): string {
	if (!item || !lookup) return 'it waits for other items';
	const unmet = unmetIn(lookup, item);
	if (unmet.length === 0) return 'not all of its children are done';
	return unmet.map((one) => explainUnmet(one, one.number === null ? one.key : `#${one.number}`)).join('; ');
}
