/** Switches in what events do to an item: who may cause them, what they count, what they leave and in which order. */
import type { Switch } from './switch.ts';

const guards = 'shared/pipeline/guards.ts';
const books = 'shared/pipeline/books.ts';
const records = 'shared/pipeline/record-events.ts';
const table = 'shared/pipeline/transition.ts';
const dependencies = 'shared/pipeline/dependencies.ts';
const reports = 'node/home/report-intents.ts';

export const eventSwitches: readonly Switch[] = [
	{
		name: 'hold-ignored',
		breaks: 'what is held is not started by itself',
		edits: [
			{
				file: guards,
				find: "return item.type === 'epic' || (by === 'scheduler' && isHeld(item)) ? 'notAllowed' : null;",
				replace: "return item.type === 'epic' || (by === 'gates' && isHeld(item)) ? 'notAllowed' : null;",
			},
			{
				file: dependencies,
				find: "item.type !== 'epic' && !isHeld(item))",
				replace: "item.type !== 'epic')",
			},
		],
	},
	{
		name: 'late-intent-reopens',
		breaks: 'from a stage lead only the rows that the table has for it',
		edits: [
			{
				file: table,
				find: 'return rowsByEvent.get(event)?.find((row) => row.from.includes(from));',
				replace:
					'return rowsByEvent.get(event)?.find((row) => row.from.includes(from)) ?? rowsByEvent.get(event)?.[0];',
			},
		],
	},
	{
		name: 'anybody-does-it',
		breaks: 'each row of the table says who may do it',
		edits: [{ file: table, find: "if (!row.by.includes(by)) return { ok: false, refusal: 'notYours' };", replace: '' }],
	},
	{
		name: 'needed-deleted',
		breaks: 'nothing is deleted that others still wait for',
		edits: [
			{
				file: records,
				find: "return needed ? refuse('invalid') : { ok: true, item: null };",
				replace: "return needed && item.title === '' ? refuse('invalid') : { ok: true, item: null };",
			},
		],
	},
	{
		name: 'circle-allowed',
		breaks: 'nothing waits for itself in any way',
		edits: [
			{
				file: records,
				find: 'return unchanged || (!known && parent === null) || !draft.wouldCircle(item);',
				replace: "return unchanged || (!known && parent === null) || !draft.wouldCircle(item) || item.title !== '';",
			},
		],
	},
	{
		name: 'unknown-named',
		breaks: 'an item depends on what is there',
		edits: [
			{
				file: records,
				find: 'if (!named || item.dependsOn.includes(item.key)) return false;',
				replace: 'if (item.dependsOn.includes(item.key)) return named;',
			},
		],
	},
	{
		name: 'added-again',
		breaks: 'an item that is there is not made again',
		edits: [{ file: records, find: "if (isKnown(draft, key)) return refuse('alreadyExists');", replace: '' }],
	},
	{
		name: 'epic-worked-on',
		breaks: 'an epic is not worked on itself',
		edits: [
			{
				file: guards,
				find: "return item.type === 'epic' || (by === 'scheduler' && isHeld(item)) ? 'notAllowed' : null;",
				replace: "return by === 'scheduler' && isHeld(item) ? 'notAllowed' : null;",
			},
			{
				file: dependencies,
				find: ".filter((item) => item.stage.kind === 'backlog' && item.type !== 'epic' && !isHeld(item))",
				replace: ".filter((item) => item.stage.kind === 'backlog' && !isHeld(item))",
			},
		],
	},
	{
		name: 'fixups-free',
		breaks: 'every fixup counts as an attempt',
		edits: [{ file: books, find: 'tries: countAttempt(item.tries),', replace: 'tries: item.tries,' }],
	},
	{
		name: 'failed-merges-free',
		breaks: 'failed landings in a row are counted',
		edits: [
			{
				file: 'shared/pipeline/tries.ts',
				find: 'return { ...counted, freeFixups, mergeFailures: { kind, count: before + 1 } };',
				replace: 'return { ...counted, freeFixups, mergeFailures: { kind, count: before > 0 ? before : 1 } };',
			},
		],
	},
	{
		name: 'given-back-counts',
		breaks: 'what only gives an item back costs it no try',
		edits: [
			{
				file: reports,
				find: '\t\tdefault:\n\t\t\treturn [];',
				replace:
					"\t\tdefault:\n\t\t\treturn [say(reported, 'gates', 'attemptFailed', { reason: 'it was given back' })];",
			},
		],
	},
	{
		name: 'approval-outlives-result',
		breaks: 'a new result needs a new approval',
		edits: [
			{
				file: books,
				find: 'return args.commit && args.base ? { result: resultIn(args), approval: null, lastFailure: null } : {};',
				replace: 'return args.commit && args.base ? { result: resultIn(args), lastFailure: null } : {};',
			},
			{
				file: books,
				find: "case 'fixup':\n\t\t\treturn {\n\t\t\t\tapproval: null,",
				replace: "case 'fixup':\n\t\t\treturn {",
			},
			{
				file: books,
				find: 'return { ...reset, approval: null, words:',
				replace: 'return { ...reset, words:',
			},
		],
	},
	{
		name: 'resolved-counts-as-approved',
		breaks: 'a conflict that was resolved in another way than was approved is looked at again',
		edits: [
			{
				file: books,
				find: 'return diffIsAsShown(next, shown) ? next : { ...next, approval: null };',
				replace: 'return diffIsAsShown(next, shown) ? next : { ...next };',
			},
			{
				file: reports,
				find: 'if (item.approval === null) return false;',
				replace: 'if (item.approval !== null || result.commit) return item.approval !== null;',
			},
		],
	},
	{
		name: 'token-outlives-release',
		breaks: 'who let an item go has no token for it any more',
		edits: [
			{
				file: books,
				find: 'token: waitsToLand ? item.token : null, holder: null,',
				replace: 'token: waitsToLand ? item.token : item.token, holder: null,',
			},
		],
	},
	{
		name: 'pause-forgets-holder',
		breaks: 'a pause keeps who works',
		edits: [
			{
				file: books,
				find: "const paused = stage.kind === 'frozen' || stage.kind === 'blocked';",
				replace: "const paused = stage.kind === 'frozen' && role === null;",
			},
		],
	},
	{
		name: 'deferred-starts-at-once',
		breaks: 'what a person defers does not start again by itself',
		edits: [{ file: books, find: 'return { held: true, approval: null };', replace: 'return { approval: null };' }],
	},
	{
		name: 'unblocked-in-failed-merge',
		breaks: 'what was blocked in a failed merge is queued again',
		edits: [
			{
				file: table,
				find: "return event === 'unblock' && failedMerge ? { kind: 'merge' } : resumeTo;",
				replace: "return event === 'unblock' && failedMerge ? resumeTo : resumeTo;",
			},
		],
	},
	{
		name: 'clock-of-others-believed',
		breaks: 'nothing is dated into the future by a clock that is ahead',
		edits: [
			{
				file: 'node/home/intake.ts',
				find: 'return intent.at[0] > now + aheadMsMax ? { ...intent, at: [now, intent.at[1]] } : intent;',
				replace: 'return intent.at[0] > now + aheadMsMax ? { ...intent, at: [intent.at[0], intent.at[1]] } : intent;',
			},
		],
	},
	{
		name: 'order-reversed',
		breaks: 'of what waits the oldest is judged first',
		edits: [
			{
				file: 'shared/pipeline/sequence.ts',
				find: 'if (a.at[0] !== b.at[0]) return a.at[0] < b.at[0];',
				replace: 'if (a.at[0] !== b.at[0]) return a.at[0] > b.at[0];',
			},
		],
	},
	{
		name: 'time-goes-back',
		breaks: 'what a node wants now is never dated before what it wanted before',
		edits: [
			{
				file: 'shared/log/hybrid-clock.ts',
				find: 'this.#last = now > this.#last[0] ? [now, 0] : [this.#last[0], this.#last[1] + 1];',
				replace: 'this.#last = now !== this.#last[0] ? [now, 0] : [this.#last[0], this.#last[1] + 1];',
			},
		],
	},
];
