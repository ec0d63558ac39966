/**
 * Items and board as a replica shows them without its home: facts and what is pending, with what the home alone knows
 * (runs, costs, queue) left out and said so.
 */
import {
	type Args,
	archivePage,
	type Board,
	boardItems,
	type DetailSurroundings,
	findView,
	hitOf,
	type ItemAnswer,
	type ItemRef,
	type ItemSurroundings,
	isInArchive,
	itemAnswer,
	itemDetail,
	noRuns,
	type ProjectView,
	type RefusedWish,
	type Result,
	type Situation,
} from '../operations/index.ts';
import { goneItem, type ItemView } from '../pipeline/index.ts';
import type { KeptRefusal } from './kept-refusal.ts';
import { openers, present } from './present-people.ts';
import type { ReplicaSeat } from './seat.ts';

/** Nothing begins or lands by itself as far as can be seen from here. */
function situation(seat: ReplicaSeat): Situation {
	return {
		mayNotBegin: null,
		mayNotLand: null,
		autoStart: true,
		nobody: null,
		freeSlots: 1,
		busy: new Set(),
		queuePosition: null,
		limitedUntil: null,
		proposal: null,
		elsewhere: seat.contact.isConnected ? null : seat.contact.words(),
	};
}

function surroundings(seat: ReplicaSeat): ItemSurroundings {
	const now = situation(seat);
	const { replica, nodeName } = seat;
	return { project: replica.id, runs: noRuns, views: replica.views(), situation: () => now, nodeName };
}

export function seenItems(seat: ReplicaSeat): readonly ItemAnswer[] {
	const around = surroundings(seat);
	return [...around.views.values()].map((view) => itemAnswer(view, around));
}

/** Null where there is no such item (any more). */
export function seenItem(seat: ReplicaSeat, key: string): ItemAnswer | null {
	const around = surroundings(seat);
	const view = around.views.get(key);
	return view ? itemAnswer(view, around) : null;
}

/** @throws GanglineError UNKNOWN_ITEM */
export function seenDetail(seat: ReplicaSeat, ref: ItemRef): Result<'item.show'>['item'] {
	const { replica } = seat;
	const view = replica.openTexts.described(findView(replica, ref));
	const around: DetailSurroundings = {
		...surroundings(seat),
		review: seat.lastView()?.review ?? null,
		node: seat.self,
		change: null,
		history: pendingHistory(seat, view),
		keptRefs: [],
		people: openers(seat.people(), view.key),
	};
	return itemDetail(view, around);
}

/** What waits for the home; what happened before, the home tells. */
function pendingHistory({ replica }: ReplicaSeat, { key, name }: ItemView): DetailSurroundings['history'] {
	return replica
		.pending()
		.filter(({ item }) => item === key)
		.map(({ at, by, who, author, event }) => ({
			project: replica.id,
			key,
			item: name,
			revision: null,
			at: at[0],
			by,
			who: who ?? author,
			event,
			from: null,
			to: null,
			reason: null,
			outcome: 'tentative',
		}));
}

/** What the index has of it; what left the index long ago lies at the home alone. */
export function seenArchive(
	seat: ReplicaSeat,
	{ page, size }: Pick<Args<'item.archive'>, 'page' | 'size'>,
): Result<'item.archive'> {
	const { replica, contact } = seat;
	const closed = [...replica.views().values()].filter(isInArchive);
	const all = closed.flatMap((view) =>
		view.number === null ? [] : [hitOf(replica.id, { ...view, number: view.number }, { archived: false })],
	);
	return archivePage(all, { page, size }, `what left the board long ago is not in it: ${contact.words()}`);
}

export function seenBoard(seat: ReplicaSeat, takenAt: number): Board {
	const around = surroundings(seat);
	const { counts, shown } = boardItems(around.views);
	const { branch } = seat.project();
	const home = homeStanding(seat);
	return {
		project: seenProject(seat),
		distance: { branch, canonical: null, origin: null, checkout: null },
		qualification: { ready: false, reason: home.words ?? 'the home was not asked', saw: null, at: null },
		counts,
		items: shown.map((view) => itemAnswer(view, around)),
		queue: [],
		costUsd: 0,
		home,
		people: present(seat.people(), around.views),
		refused: refusedWishes(seat),
		takenAt,
	};
}

/** As the home said it last, with the name that the registry has for it now. */
export function seenProject(seat: ReplicaSeat): ProjectView {
	const { replica } = seat;
	const { branch } = seat.project();
	const last = seat.lastView();
	return {
		review: null,
		landing: null,
		paused: false,
		...last,
		id: replica.id,
		name: replica.name,
		path: seat.checkout() ?? '',
		branch,
		trouble: seat.contact.isConnected ? (last?.trouble ?? null) : homeStanding(seat).words,
	};
}

/** Whether the home can be reached from here, and what waits for it here. */
export function homeStanding(seat: ReplicaSeat): Board['home'] {
	const { contact, replica } = seat;
	const changesWaiting = replica.waiting().length;
	const resultsWaiting = seat.resultsWaiting();
	const connected = contact.isConnected;
	const waiting = [counted(changesWaiting, 'change'), counted(resultsWaiting, 'result')].filter(
		(part) => part !== null,
	);
	const words = connected ? null : [contact.words(), ...waiting].join(', ');
	return { node: contact.name, here: false, connected, since: contact.since, changesWaiting, resultsWaiting, words };
}

export function refusedWishes({ replica }: Pick<ReplicaSeat, 'replica'>): RefusedWish[] {
	const views = replica.views();
	return [...replica.refusals(), ...replica.stuck()].map((refusal) => wishOf(refusal, views));
}

/** As people are told of it. */
export function wishOf(refusal: KeptRefusal, views: ReadonlyMap<string, ItemView>): RefusedWish {
	const { author, n, item, event, who, at, words, called } = refusal;
	return { id: `${author}#${n}`, item: views.get(item)?.name ?? called ?? goneItem, key: item, event, who, at, words };
}

function counted(count: number, what: string): string | null {
	return count === 0 ? null : count === 1 ? `1 ${what} waits` : `${count} ${what}s wait`;
}
