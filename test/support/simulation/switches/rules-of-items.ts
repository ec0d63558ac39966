/** Switches in what may happen to an item: tokens, holders, rights, the table, counters, dependencies. */
import type { Switch } from './switch.ts';

const fold = 'shared/pipeline/fold.ts';
const guards = 'shared/pipeline/guards.ts';
const books = 'shared/pipeline/books.ts';
const records = 'shared/pipeline/record-events.ts';
const rules = 'shared/pipeline/project-rules.ts';
const tries = 'shared/pipeline/tries.ts';
const sequence = 'shared/pipeline/sequence.ts';

export const itemSwitches: readonly Switch[] = [
	{
		name: 'no-token-check',
		breaks: 'nothing under another token than the item has is accepted',
		edits: [
			{
				file: fold,
				find: "if ((works || by === 'landing') && !sameToken(item.token, token)) return 'staleToken';",
				replace: '',
			},
		],
	},
	{
		name: 'tokens-not-spent',
		breaks: 'an event that sends an item back spends its token',
		edits: [
			{
				file: books,
				find: 'const spent = clearsToken ? { token: null, holder: null } : {};',
				replace: 'const spent = {};',
			},
		],
	},
	{
		name: 'any-holder',
		breaks: 'work is accepted from the holder alone',
		edits: [
			{
				file: fold,
				find: "return (onBehalfOf ?? author) === item.holder ? null : 'notAuthorised';",
				replace: 'return null;',
			},
			{
				file: 'node/home/work-loop.ts',
				find: 'if (item && holder !== null && holder !== from) {',
				replace: 'if (from.length === 0) {',
			},
		],
	},
	{
		name: 'by-believed',
		breaks: 'rights come from the registry and never from what an entry says of itself',
		edits: [
			{
				file: rules,
				find: "const isAuthorised = mayActAs(draft.facts.authors, intent) && (intent.by !== 'user' || speaksFor(intent));",
				replace: 'const isAuthorised = mayActAs({ [intent.author]: [intent.by] }, intent) || speaksFor(intent);',
			},
		],
	},
	{
		name: 'who-believed',
		breaks: 'a node speaks only for who sits there',
		edits: [
			{ file: rules, find: "(intent.by !== 'user' || speaksFor(intent));", replace: '(speaksFor(intent) || true);' },
		],
	},
	{
		name: 'counters-in-clean-up',
		breaks: 'no counter of tries is reset by a grant that ends',
		edits: [
			{
				file: books,
				find: 'token: waitsToLand ? item.token : null, holder: null, role: null, changedAt: intent.at[0] };',
				replace:
					'token: waitsToLand ? item.token : null, holder: null, role: null, changedAt: intent.at[0], tries: noTries };',
			},
		],
	},
	{
		name: 'attempts-not-counted',
		breaks: 'every grant counts as an attempt',
		edits: [
			{
				file: tries,
				find: 'return { ...counted, totalAttempts: counted.totalAttempts + 1 };',
				replace: 'return counted;',
			},
		],
	},
	{
		name: 'reworks-free',
		breaks: 'an attempt that failed counts as a rework',
		edits: [{ file: tries, find: 'return { ...counted, reworks: counted.reworks + 1 };', replace: 'return counted;' }],
	},
	{
		name: 'dependencies-ignored',
		breaks: 'an item is not started before its dependencies are satisfied',
		edits: [
			{
				file: guards,
				find: "return unmetIn(draft, item).length > 0 ? 'dependencies' : null;",
				replace: 'return null;',
			},
			{
				file: 'shared/pipeline/dependencies.ts',
				find: '.filter((item) => unmetIn(lookup, item).length === 0)',
				replace: '.filter((item) => unmetIn(lookup, item).length < 100)',
			},
		],
	},
	{
		name: 'closed-satisfies',
		breaks: 'a dependency is satisfied by what is done, not by what was given up',
		edits: [
			{
				file: 'shared/pipeline/dependencies.ts',
				find: "return stage.kind === 'done' || (stage.kind === 'archived' && stage.reason === 'completed');",
				replace:
					"return ['done', 'archived', 'abandoned', 'rejected', 'superseded', 'merge', 'coding'].includes(stage.kind);",
			},
		],
	},
	{
		name: 'unfreeze-to-coding',
		breaks: 'unfreezing gives back exactly what was frozen',
		edits: [
			{
				file: 'shared/pipeline/transition.ts',
				find: "return event === 'unblock' && failedMerge ? { kind: 'merge' } : resumeTo;",
				replace: "return failedMerge ? { kind: 'merge' } : { kind: 'coding' };",
			},
		],
	},
	{
		name: 'approval-unbound',
		breaks: 'an approval counts for the difference that was shown and no other',
		edits: [
			{
				file: guards,
				find: "return context.diffIsAsShown(item, shown) ? null : 'movedSinceReview';",
				replace: 'return null;',
			},
		],
	},
	{
		name: 'granted-twice',
		breaks: 'nobody is granted an item that somebody works on',
		edits: [
			{
				file: records,
				find: "const taken = item.role !== null || (item.stage.kind === 'coding' && item.token !== null);",
				replace: 'const taken = false;',
			},
			{
				file: 'node/home/grants.ts',
				find: 'if (!item || item.role !== null || mayRun(item.stage) !== role || isPaused()) return true;',
				replace: 'if (!item || mayRun(item.stage) !== role) return true;',
			},
			{
				file: 'node/home/plan-work.ts',
				find: "if (item.role === null) return { kind: 'grant', item, role };",
				replace: "if (item.role === null || item.tries.totalAttempts < 2) return { kind: 'grant', item, role };",
			},
			{
				file: 'node/home/plan-work.ts',
				find: 'if (heard.some((worker) => isReporting(worker, item.key) || isBusy(worker))) return undefined;',
				replace:
					'if (heard.some((worker) => isReporting(worker, item.key) || (isBusy(worker) && item.tries.totalAttempts > 1))) return undefined;',
			},
		],
	},
	{
		name: 'gap-skipped',
		breaks: 'entries of an author are judged strictly one after another',
		edits: [
			{
				file: sequence,
				find: 'const next = authors.get(intent.author)?.get(intent.n + 1);',
				replace:
					'const next = authors.get(intent.author)?.get(intent.n + 2) ?? authors.get(intent.author)?.get(intent.n + 1);',
			},
		],
	},
	{
		name: 'folded-twice',
		breaks: 'what was settled is never folded again',
		edits: [
			{
				file: sequence,
				find: 'const head = entries.get(done + 1);',
				replace: 'const head = entries.values().next().value ?? entries.get(done + 1);',
			},
			{
				file: 'node/home/intake.ts',
				find: 'const entries = this.#mustWait(author) ? [] : logs.intentsAfter(author, after);',
				replace: 'const entries = this.#mustWait(author) ? [] : logs.intentsAfter(author, Math.max(0, after - 1));',
			},
		],
	},
	{
		name: 'numbers-again',
		breaks: 'the number of an item is never given again',
		edits: [
			{
				file: rules,
				find: 'if (before) draft.remove(before);',
				replace: 'if (before) draft.remove(before);\n\t\tdraft.nextNumber -= 1;',
			},
		],
	},
	{
		name: 'epic-too-early',
		breaks: 'an epic is done when all its children are',
		edits: [
			{
				file: guards,
				find: 'return children.length > 0 && children.every(satisfies);',
				replace: 'return children.length > 0 && children.some(satisfies);',
			},
			{
				file: 'node/home/plan-work.ts',
				find: "return children.length > 0 && children.every(({ stage }) => stage.kind === 'done');",
				replace: "return children.length > 0 && children.some(({ stage }) => stage.kind === 'done');",
			},
		],
	},
];
