/**
 * What an operation on an item wants, as the intent of the person who asked: the one place where the words of the
 * registry become the words of the pipeline. Home and replicas build the same intents here; who writes them into which
 * log, and what becomes of them, is theirs.
 */
import { dependencyCycle, type Intent } from '../pipeline/index.ts';
import { ganglineError } from '../ports/errors.ts';
import type { Caller } from './define.ts';
import { findView, type SeenItems } from './find-item.ts';
import { eventFor } from './move-words.ts';
import type { Args } from './registry.ts';

/** An intent before its author's log has numbered and dated it. */
export type ItemDraft = Omit<Intent, 'author' | 'n' | 'at'>;

/** The operations that are one intent. */
export const intentOperations = ['item.add', 'item.move', 'item.approve', 'item.reject', 'item.delete'] as const;
export type IntentOperation = (typeof intentOperations)[number];

export interface Wanted {
	readonly project: SeenItems;
	readonly caller: Caller;
}

/** `key`: the new item's, a ULID. @throws GanglineError UNKNOWN_ITEM */
export function addIntent(args: Args<'item.add'>, { project, caller, key }: Wanted & { key: string }): ItemDraft {
	const { title, type, description, labels, hold, upcoming, agent, review } = args;
	return wants(caller, key, 'add', {
		title,
		type,
		description,
		labels,
		held: hold,
		upcoming,
		agent,
		review,
		dependsOn: args.dependsOn.map((ref) => findView(project, ref).key),
		parent: args.parent && findView(project, args.parent).key,
	});
}

/**
 * What an edit wants of an item's fields; null where it is about the description alone, which is a text of its own that
 * everyone writes. @throws GanglineError UNKNOWN_ITEM, REFUSED naming the circle that the edit would close
 */
export function editIntent(args: Args<'item.edit'>, { project, caller }: Wanted): ItemDraft | null {
	const { key } = findView(project, args.item);
	const { project: _project, item: _item, description: _text, hold, dependsOn, parent, ...fields } = args;
	const links = {
		...(dependsOn ? { dependsOn: dependsOn.map((ref) => findView(project, ref).key) } : {}),
		...(parent === undefined ? {} : { parent: parent && findView(project, parent).key }),
	};
	refuseCircle(project, key, links);
	const changes = { ...fields, ...(hold === undefined ? {} : { held: hold }), ...links };
	return Object.keys(changes).length === 0 ? null : wants(caller, key, 'edit', changes);
}

/** @throws GanglineError UNKNOWN_ITEM, REFUSED where the word leads nowhere from the item's stage */
export function moveIntent(args: Args<'item.move'>, { project, caller }: Wanted): ItemDraft {
	const item = findView(project, args.item);
	const event = eventFor(args.to, item.stage.kind);
	return wants(caller, item.key, event, {
		...(args.reason === undefined ? {} : { reason: args.reason }),
		...(args.by === undefined ? {} : { by: findView(project, args.by).key }),
		...(args.force && event === 'start' ? { force: true } : {}),
	});
}

/** Whoever lets a blocked item go on with what was shown has approved it too. @throws GanglineError UNKNOWN_ITEM */
export function approveIntent(args: Args<'item.approve'>, { project, caller }: Wanted): ItemDraft {
	const { key, stage } = findView(project, args.item);
	return wants(caller, key, stage.kind === 'blocked' ? 'unblock' : 'approve', { ...args.binding });
}

/** @throws GanglineError UNKNOWN_ITEM */
export function rejectIntent(args: Args<'item.reject'>, { project, caller }: Wanted): ItemDraft {
	return wants(caller, findView(project, args.item).key, 'requestChanges', { words: args.words });
}

/** @throws GanglineError UNKNOWN_ITEM */
export function deleteIntent(args: Args<'item.delete'>, { project, caller }: Wanted): ItemDraft {
	return { ...speaks(caller), item: findView(project, args.item).key, event: 'delete' };
}

const speaks = ({ person, agent }: Caller) => ({ by: agent ? 'agent' : 'user', who: person }) as const;

function wants(caller: Caller, item: string, event: string, args: Readonly<Record<string, unknown>>): ItemDraft {
	return { ...speaks(caller), ...grantOf(caller, event), item, event, args };
}

/** An agent changes its own item under its token alone; what it adds is nobody's yet. */
function grantOf({ agent }: Caller, event: string): Pick<ItemDraft, 'token' | 'onBehalfOf'> {
	if (agent === undefined || event === 'add') return {};
	const { token, onBehalfOf } = agent;
	return { token, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) };
}

/** Says which items would wait for each other, before an edit that would be refused without naming them. */
function refuseCircle(
	project: SeenItems,
	key: string,
	fields: { readonly dependsOn?: readonly string[]; readonly parent?: string | null },
): void {
	const views = project.views();
	const item = views.get(key);
	if (item === undefined) return;
	const changed = {
		dependsOn: fields.dependsOn ?? item.dependsOn,
		parent: fields.parent === undefined ? item.parent : fields.parent,
	};
	const circle = dependencyCycle({ ...Object.fromEntries(views), [key]: changed });
	if (circle === null || !circle.includes(key)) return;
	const begin = circle.indexOf(key);
	const names = [...circle.slice(begin), ...circle.slice(0, begin), key].map((one) => views.get(one)?.name ?? one);
	throw ganglineError('REFUSED', `${item.name} would wait for itself: ${names.join(' waits for ')}`, {
		hint: `take one of these out: gangline show ${item.name.replace('#', '')} names what it depends on`,
	});
}
