/**
 * What people see: the facts with the pending intents laid over them, marked tentative where they are. Made anew from
 * both on each read and never stored, so that it cannot be wrong for longer than they are [I1].
 */
import { explainUnmet, satisfies, type UnmetDependency, unmetIn } from './dependencies.ts';
import { lookupIn, type ProjectFacts } from './facts.ts';
import { foldIntents } from './fold.ts';
import type { Intent, IntentId } from './intent.ts';
import type { Item } from './item.ts';
import { projectRules } from './project-rules.ts';
import type { Badge, Column } from './table.ts';
import { badgeOf, columnOf } from './transition.ts';

export interface ItemView extends Omit<Item, 'number'> {
	/** Null until the home has given one. */
	readonly number: number | null;
	/** `#12`, or `~laptop-3` while it has no number. */
	readonly name: string;
	/** What it was called before it had a number; null where that is not known. */
	readonly alias: string | null;
	readonly column: Column;
	readonly badge: Badge;
	/** Something of it was not accepted by the home yet. */
	readonly tentative: boolean;
	/** What it waits for, with why in words. */
	readonly unmet: readonly (UnmetDependency & { readonly name: string; readonly words: string })[];
	/** Of an epic: how many of its children are done. */
	readonly progress: { readonly done: number; readonly total: number } | null;
}

/** A view is folded by who cannot look into git; the home decides again about every approval. */
const tentativeRules = projectRules({ diffIsAsShown: () => true });

/**
 * All items as they would be if the home accepted what is pending now, numbered ones first. `names` says what people
 * call the machine of an author; an author without one is called by its id.
 */
export function viewItems(
	facts: ProjectFacts,
	pending: readonly Intent[] = [],
	names: Readonly<Record<string, string>> = {},
): readonly ItemView[] {
	const { state, changed } =
		pending.length > 0 ? foldIntents(facts, pending, tentativeRules) : { state: facts, changed: [] };
	const before = lookupIn(facts);
	const now = lookupIn(state);
	const tentative = new Set(changed);
	const children = childrenByEpic(state);
	const nameOf = (key: string): string => {
		const item = now.item(key);
		if (!item) return key;
		return before.item(key) ? `#${item.number}` : (provisionalName(item.addedAs, names) ?? key);
	};
	return Object.values(state.items)
		.sort((a, b) => a.number - b.number)
		.map((item) => ({
			...item,
			number: before.item(item.key) ? item.number : null,
			name: nameOf(item.key),
			alias: provisionalName(item.addedAs, names),
			column: columnOf(item.stage),
			badge: badgeOf(item.stage),
			tentative: tentative.has(item.key),
			unmet: unmetIn(now, item).map((one) => {
				const name = nameOf(one.key);
				return { ...one, name, words: explainUnmet(one, name) };
			}),
			progress: item.type === 'epic' ? progressOf(children.get(item.key) ?? []) : null,
		}));
}

/** `~laptop-3` for the third entry of laptop's log. */
export function provisionalName(id: IntentId | undefined, names: Readonly<Record<string, string>>): string | null {
	if (id === undefined) return null;
	const split = id.lastIndexOf('#');
	const author = id.slice(0, split);
	return `~${Object.hasOwn(names, author) ? names[author] : author}-${id.slice(split + 1)}`;
}

function childrenByEpic({ items }: ProjectFacts): ReadonlyMap<string, readonly Item[]> {
	const children = new Map<string, Item[]>();
	for (const item of Object.values(items)) {
		if (item.parent === null) continue;
		const known = children.get(item.parent);
		if (known) known.push(item);
		else children.set(item.parent, [item]);
	}
	return children;
}

function progressOf(children: readonly Item[]): { readonly done: number; readonly total: number } {
	return { done: children.filter(satisfies).length, total: children.length };
}
