/**
 * The operations of a project, answered where its home is not. A change is an intent in this node's log: applied,
 * refused with the reason, or tentative while the home is away. What is asked is answered by the home while it can be
 * reached and otherwise from what is here; what only the home knows is HOME_AWAY then.
 */
import {
	type Args,
	addIntent,
	approveIntent,
	type Caller,
	type CallName,
	deleteIntent,
	editIntent,
	findView,
	type HandlersAt,
	type IntentOperation,
	type ItemAnswer,
	type ItemDraft,
	listed,
	moveIntent,
	nextSentence,
	type Result,
	rejectIntent,
	type SeenItems,
	someWorker,
	writeArgs,
} from '../operations/index.ts';
import { GanglineError, ganglineError } from '../ports/index.ts';
import { newUlid } from '../ports/ulid.ts';
import { openers, present } from './present-people.ts';
import type { Submitted } from './project-replica.ts';
import {
	homeStanding,
	refusedWishes,
	seenArchive,
	seenBoard,
	seenDetail,
	seenItem,
	seenItems,
} from './replica-answers.ts';
import type { ReplicaSeat } from './seat.ts';

/** What is asked of a project. */
export type ProjectCall = keyof HandlersAt<'project'>;

export interface Asking<Name extends ProjectCall> {
	readonly name: Name;
	readonly args: Args<Name>;
	readonly caller: Caller;
}

/** How long a change waits for the home's answer before it is called tentative. */
const settleMsMax = 2_000;
/** The same where nobody could pass it on: long enough to see that it is on disk. */
const settleMsAway = 50;
/** The home asks a remote, which may take its time; nobody else can. */
const remoteMsMax = 60_000;
/** How long a question waits for the home before it is answered from here. */
const answerMsMax = 3_000;

/** Answers one operation over a replica; access was checked before. @throws GanglineError as the operation says, HOME_AWAY */
export async function askReplica<Name extends ProjectCall>(
	seat: ReplicaSeat,
	{ name, args, caller }: Asking<Name>,
): Promise<Result<Name>> {
	const own = (answers as Readonly<Record<string, Answer>>)[name];
	const asked = { name, args, caller } as Asking<never>;
	return (await (own ? own(seat, asked) : askHome(seat, asked))) as Result<Name>;
}

type Answer = (seat: ReplicaSeat, asking: Asking<never>) => Promise<unknown>;

const answers: { readonly [Name in ProjectCall]?: (seat: ReplicaSeat, asking: Asking<Name>) => Promise<Result<Name>> } =
	{
		'item.add': (seat, asking) => change(seat, asking),
		'item.edit': (seat, asking) => edit(seat, asking),
		'item.move': (seat, asking) => change(seat, asking),
		'item.approve': (seat, asking) => change(seat, asking),
		'item.reject': (seat, asking) => change(seat, asking),
		'item.delete': (seat, asking) => remove(seat, asking),
		'item.list': (seat, asking) =>
			homeFirst(seat, asking, () => {
				const { project: _project, ...filter } = asking.args;
				return { items: listed(seenItems(seat), filter) };
			}),
		'item.archive': (seat, asking) => homeFirst(seat, asking, () => seenArchive(seat, asking.args)),
		'item.show': async (seat, asking) => {
			const { item } = await homeFirst(seat, asking, () => ({ item: seenDetail(seat, asking.args.item) }));
			return { item: { ...item, people: openers(seat.people(), item.key) } };
		},
		'project.status': async (seat, asking) => {
			const board = await homeFirst(seat, asking, () => seenBoard(seat, seat.clock.now()));
			seat.remember(board.project);
			// Whether the home is near, and what nobody has seen, is a matter of the place where it is asked.
			// The checkout that the home compares with is that of its own person, and no matter to anybody else.
			const isTheirs = asking.caller.person === seat.homePerson();
			const distance = { ...board.distance, checkout: isTheirs ? board.distance.checkout : null };
			const people = present(seat.people(), seat.replica.views());
			return { ...board, distance, people, home: homeStanding(seat), refused: refusedWishes(seat) };
		},
		'project.checkGit': (seat, asking) => askHome(seat, asking, remoteMsMax),
		'item.refusals': async (seat, { args }) => {
			const refused = refusedWishes(seat);
			if (args.seen) await seat.replica.seen();
			return { refused };
		},
	};

/** From the home while it answers, otherwise from what is here. */
async function homeFirst<Name extends ProjectCall>(
	seat: ReplicaSeat,
	asking: Asking<Name>,
	here: () => Result<Name>,
): Promise<Result<Name>> {
	// What was said here and not settled yet would be missing from the home's answer.
	if (!seat.contact.mayAnswer || seat.replica.waitsForHome) return here();
	try {
		return await askHome(seat, asking, answerMsMax);
	} catch (error) {
		if (error instanceof GanglineError && error.code === 'HOME_AWAY') return here();
		throw error;
	}
}

function askHome<Name extends ProjectCall>(
	{ replica, contact }: ReplicaSeat,
	{ name, args, caller }: Asking<Name>,
	timeoutMs?: number,
): Promise<Result<Name>> {
	const written = writeArgs<Name & CallName>(args, { id: replica.id, seen: replica });
	return contact.ask({ name, args: written, caller, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

async function change<Name extends Exclude<IntentOperation, 'item.delete'>>(
	seat: ReplicaSeat,
	{ name, args, caller }: Asking<Name>,
): Promise<Result<'item.add'>> {
	const draft = drafts[name](args as never, { seat, project: seat.replica, caller });
	const { kind } = await submit(seat, draft);
	return changed(seat, draft.item, { caller, isTentative: kind === 'tentative' });
}

/** The description is a text that everyone writes, also without the home; fields are the home's to change. */
async function edit(seat: ReplicaSeat, { args, caller }: Asking<'item.edit'>): Promise<Result<'item.add'>> {
	const { replica, contact } = seat;
	const { key } = findView(replica, args.item);
	const draft = editIntent(args, { project: replica, caller });
	const settled = draft === null ? null : await submit(seat, draft);
	if (args.description !== undefined) await replica.openTexts.write(key, args.description);
	const isTentative = settled === null ? !contact.isConnected : settled.kind === 'tentative';
	return changed(seat, key, { caller, isTentative });
}

async function changed(
	seat: ReplicaSeat,
	key: string,
	{ caller, isTentative }: { readonly caller: Caller; readonly isTentative: boolean },
): Promise<Result<'item.add'>> {
	const seen = seenItem(seat, key);
	const item = isTentative ? seen : await itemAtHome(seat, key, caller).catch(() => seen);
	if (!item) throw ganglineError('UNKNOWN_ITEM', `the item ${key} is gone`);
	const answer = isTentative ? tentatively(seat) : nextSentence(item, item.holder?.node ?? someWorker);
	return { item, answer, hint: null };
}

async function remove(seat: ReplicaSeat, { args, caller }: Asking<'item.delete'>): Promise<Result<'item.delete'>> {
	const draft = deleteIntent(args, { project: seat.replica, caller });
	const name = seat.replica.views().get(draft.item)?.name ?? draft.item;
	const { kind } = await submit(seat, draft);
	const words = kind === 'tentative' ? `${name}: ${tentatively(seat)}` : `${name} is deleted; work on it is kept`;
	return { key: draft.item, name, answer: words, kept: [] };
}

interface Drafting {
	readonly seat: ReplicaSeat;
	readonly project: SeenItems;
	readonly caller: Caller;
}

const drafts: {
	readonly [Name in Exclude<IntentOperation, 'item.delete'>]: (args: Args<Name>, drafting: Drafting) => ItemDraft;
} = {
	'item.add': (args, { seat, ...wanted }) => addIntent(args, { ...wanted, key: newUlid(seat.clock, seat.random) }),
	'item.move': moveIntent,
	'item.approve': approveIntent,
	'item.reject': rejectIntent,
};

/** @throws GanglineError REFUSED with the home's reason */
async function submit({ replica, contact }: ReplicaSeat, draft: ItemDraft): Promise<Submitted> {
	const stage = replica.views().get(draft.item)?.stage.kind;
	const waitMs = contact.mayAnswer ? settleMsMax : settleMsAway;
	const [submitted] = await replica.submit([draft], { waitMs });
	if (!submitted) throw ganglineError('INTERNAL', 'an intent that was submitted has no answer');
	if (submitted.kind !== 'refused') return submitted;
	throw ganglineError('REFUSED', submitted.words, { data: { refusal: submitted.refusal, stage } });
}

/** With what only the home knows, such as on which node it starts. */
async function itemAtHome(seat: ReplicaSeat, key: string, caller: Caller): Promise<ItemAnswer> {
	const args = { project: seat.replica.id, item: key };
	return (await seat.contact.ask({ name: 'item.show', args, caller, timeoutMs: answerMsMax })).item;
}

function tentatively({ contact }: ReplicaSeat): string {
	return `is kept here until the home answers: ${contact.words()}`;
}
