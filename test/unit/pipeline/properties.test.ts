import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
	type By,
	dependencyCycle,
	type FoldState,
	foldIntents,
	type HistoryEntry,
	type Intent,
	type Item,
	itemSchema,
	type ProjectFacts,
	type Stage,
	sameToken,
	unmetDependencies,
	viewItems,
} from '../../../shared/pipeline/index.ts';
import { authorNames, mixed, play, type Run, rules, type Step } from './mesh-model.ts';

interface Row {
	readonly event: string;
	readonly from: readonly string[];
	readonly to: string;
	readonly by: readonly string[];
}
const spec: { readonly transitions: readonly Row[] } = JSON.parse(
	readFileSync(new URL('../../fixtures/spec/pipeline.json', import.meta.url), 'utf8'),
);

// Whole runs are played and folded again intent by intent; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000 });

const author = fc.constantFrom(...authorNames);
const write: fc.Arbitrary<Step> = fc.record({
	kind: fc.constant('write' as const),
	item: fc.noBias(fc.nat(7)),
	pick: fc.noBias(fc.nat(9999)),
	fresh: fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, { arbitrary: fc.constant(false), weight: 1 }),
	wild: fc.oneof({ arbitrary: fc.constant(false), weight: 9 }, { arbitrary: fc.constant(true), weight: 1 }),
	ms: fc.integer({ min: -2, max: 20 }),
});
const learn: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('learn' as const), author });
const fold: fc.Arbitrary<Step> = fc.record({
	kind: fc.constant('fold' as const),
	from: fc.oneof(
		{ arbitrary: fc.constant(authorNames), weight: 3 },
		{ arbitrary: fc.subarray(authorNames), weight: 1 },
	),
	skip: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.nat(6), weight: 1 }),
	order: fc.nat(100),
});
const steps = fc.array(
	fc.oneof({ arbitrary: write, weight: 5 }, { arbitrary: learn, weight: 1 }, { arbitrary: fold, weight: 4 }),
	{ minLength: 80, maxLength: 240, size: 'max' },
);

/** Plays many runs and counts what they did, so that a property that exercises nothing fails. */
function forRuns(numRuns: number, check: (run: Run) => void): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	const property = fc.property(steps, (given) => {
		const run = play(given);
		for (const { history } of run.batches) {
			for (const { event, outcome } of history) {
				const what = outcome === 'applied' ? event : outcome;
				counts.set(what, (counts.get(what) ?? 0) + 1);
			}
		}
		check(run);
	});
	fc.assert(property, { numRuns });
	return counts;
}

/** One accepted or refused intent with the facts around it. */
interface Judged {
	readonly entry: HistoryEntry;
	readonly intent: Intent;
	readonly before: Item | undefined;
	readonly after: Item | undefined;
	readonly facts: ProjectFacts;
}

/** Folds a run again one intent at a time, in the order in which the home judged them. */
function oneByOne({ batches }: Run): readonly Judged[] {
	return batches.flatMap(({ before, intents, after, history }) => {
		let facts = before;
		const sent = new Map(intents.map((intent) => [`${intent.author}#${intent.n}`, intent]));
		const judged = history.map((entry): Judged => {
			const intent = sent.get(entry.id);
			if (!intent) throw new Error(`${entry.id} was judged and never sent`);
			const { state } = foldIntents(facts, [intent], rules);
			const step = { entry, intent, facts, before: own(facts, intent.item), after: own(state, intent.item) };
			facts = state;
			return step;
		});
		expect(facts).toEqual(after);
		return judged;
	});
}

function own({ items }: ProjectFacts, key: string): Item | undefined {
	return Object.hasOwn(items, key) ? items[key] : undefined;
}

describe('any intents of seven authors, in any order, with repetitions and holes', () => {
	test('[I1] give equal facts and views wherever the same was seen', () => {
		let tentative = 0;
		forRuns(30, (run) => {
			for (const { before, intents, after } of run.batches) {
				expect(foldIntents(before, mixed(intents, 3), rules).state).toEqual(after);
			}
			for (const { facts, seen } of Object.values(run.replicas)) {
				const view = viewItems(facts, seen);
				tentative += view.filter((item) => item.tentative).length;
				expect(viewItems(facts, mixed(seen, 5))).toEqual(view);
			}
			const everything = Object.values(run.logs).flat();
			const settled = viewItems(run.facts);
			expect(viewItems(run.facts, mixed(everything, 11))).toEqual(settled);
			expect(settled.some((item) => item.tentative)).toBe(false);
		});
		expect(tentative).toBeGreaterThan(50);
	});

	test('[I14] are applied or refused exactly once, and change nothing they were given', () => {
		const counts = forRuns(30, (run) => {
			const frozen = structuredClone(run.batches.map(({ before, intents }) => ({ before, intents })));
			const judged = run.batches.flatMap(({ history }) => history.map(({ id }) => id));
			const sent = Object.values(run.logs).flatMap((log) => log.map(({ author: name, n }) => `${name}#${n}`));
			expect([...judged].sort()).toEqual(sent.sort());
			const applied = run.batches.flatMap(({ history }) => history.filter(({ outcome }) => outcome === 'applied'));
			expect(applied.map(({ revision }) => revision)).toEqual(applied.map((_, at) => at + 1));
			oneByOne(run);
			expect(run.batches.map(({ before, intents }) => ({ before, intents }))).toEqual(frozen);
		});
		expect(
			Math.min(...['add', 'start', 'grant', 'edit', 'delete'].map((event) => counts.get(event) ?? 0)),
		).toBeGreaterThan(3);
	});

	test('[I2] move items by rows of the table, into stages that can be reached, with records that parse', () => {
		const counts = forRuns(30, (run) => {
			const judged = oneByOne(run);
			for (const { entry, intent, before, after } of judged) {
				if (after) expect(itemSchema.safeParse(after).error).toBeUndefined();
				if (after) expect(reachable.has(shape(after.stage)), shape(after.stage)).toBe(true);
				if (entry.outcome !== 'applied' || !before || !after || before.stage === after.stage) continue;
				const row = spec.transitions.find(({ event }) => event === intent.event);
				expect(row?.from).toContain(before.stage.kind);
				expect(row?.by).toContain(intent.by);
				expect(leadsTo(before.stage, row)).toContain(shape(after.stage));
			}
			expect(dependencyCycle(live(run.facts))).toBeNull();
			const numbers = judged.flatMap(({ entry }) =>
				entry.event === 'add' && entry.outcome === 'applied' ? [entry.number] : [],
			);
			expect(numbers).toEqual(numbers.map((_, at) => at + 1));
		});
		const moves = [
			'accept',
			'start',
			'defer',
			'submit',
			'submitForQa',
			'submitForReview',
			'qaPassed',
			'qaFailed',
			'approve',
		];
		const more = [
			'requestChanges',
			'landed',
			'mergeFailed',
			'retryMerge',
			'block',
			'unblock',
			'freeze',
			'unfreeze',
			'reopen',
		];
		const seen = [...moves, ...more].filter((event) => (counts.get(event) ?? 0) > 0);
		// Runs are random: not every rare event has to come in each, but most of the table must have been walked.
		expect(seen.length).toBeGreaterThanOrEqual(12);
	});

	test('[I4, I5] only a holder under the current token works, one at a time, and no spent token comes back', () => {
		let worked = 0;
		let relayed = 0;
		const counts = forRuns(30, (run) => {
			const spent = new Set<string>();
			const granted = new Set<string>();
			for (const { entry, intent, before, after } of oneByOne(run)) {
				if (entry.outcome !== 'applied') continue;
				const { by, event } = intent;
				if (before && (by === 'agent' || by === 'gates' || by === 'landing') && event !== 'void' && event !== 'add') {
					worked += 1;
					expect(sameToken(before.token, intent.token)).toBe(true);
					expect(spent.has(String(intent.token))).toBe(false);
					if (by !== 'landing') expect(before.holder).toBe(intent.onBehalfOf ?? intent.author);
					if (by !== 'landing' && intent.onBehalfOf !== undefined) {
						expect(intent.author).toBe('desk');
						relayed += 1;
					}
				}
				if (event === 'grant') {
					expect(before?.role).toBeNull();
					expect(granted.has(String(after?.token))).toBe(false);
					granted.add(String(after?.token));
				}
				if (before?.token && !sameToken(before.token, after?.token)) spent.add(String(before.token));
				if (after?.token) expect(spent.has(String(after.token))).toBe(false);
				if (after?.role) expect([typeof after.holder, after.token !== null]).toEqual(['string', true]);
			}
		});
		expect(worked).toBeGreaterThan(40);
		expect(relayed).toBeGreaterThan(5);
		expect(counts.get('refused:staleToken') ?? 0).toBeGreaterThan(20);
	});

	test('[I8, I11] start only what waits for nothing or was forced, and count tries that never fall but by a reset', () => {
		const resets = ['unblock', 'requestChanges', 'reopen', 'landed', 'foundOnMain'];
		let counted = 0;
		forRuns(30, (run) => {
			for (const { entry, intent, before, after, facts } of oneByOne(run)) {
				if (entry.outcome !== 'applied' || !before || !after) continue;
				if (intent.event === 'start' && unmetDependencies(facts, before).length > 0) {
					expect([intent.by, intent.args?.force]).toEqual(['user', true]);
				}
				if (resets.includes(intent.event)) continue;
				const [old, now] = [before.tries, after.tries];
				expect(now.reworks).toBeGreaterThanOrEqual(old.reworks);
				expect(now.freeFixups).toBeGreaterThanOrEqual(old.freeFixups);
				expect(now.totalAttempts).toBeGreaterThanOrEqual(old.totalAttempts);
				expect(now.totalAttempts).toBeLessThanOrEqual(before.stage.kind === 'mergeFailure' ? 13 : 12);
				if (old.mergeFailures?.kind === now.mergeFailures?.kind) {
					expect(now.mergeFailures?.count ?? 0).toBeGreaterThanOrEqual(old.mergeFailures?.count ?? 0);
				}
				if (now !== old) counted += 1;
			}
		});
		expect(counted).toBeGreaterThan(40);
	});
});

describe('the table alone', () => {
	const names = ['u1', 'u2', 'n1', 'n2', 'x'];
	const rights: Readonly<Record<string, readonly By[]>> = {
		u1: ['user'],
		u2: ['user'],
		n1: ['landing', 'system', 'scheduler'],
		n2: ['agent', 'gates'],
	};
	const events = spec.transitions.map(({ event }) => event);
	const arbitraryIntent = fc.record({
		as: fc.oneof(
			{
				arbitrary: fc.constantFrom(...names.flatMap((name) => (rights[name] ?? []).map((by) => [name, by] as const))),
				weight: 8,
			},
			{ arbitrary: fc.tuple(fc.constantFrom(...names), fc.constantFrom<By>('user', 'agent', 'system')), weight: 1 },
		),
		item: fc.constantFrom('a', 'b', '__proto__'),
		event: fc.constantFrom(...events, 'explode'),
		at: fc.tuple(fc.nat(30), fc.nat(2)),
		token: fc.option(fc.constantFrom<readonly [number, number]>([1, 1], [1, 2]), { nil: undefined }),
	});
	const intents = fc.array(arbitraryIntent, { minLength: 10, maxLength: 40, size: 'max' }).map((list): Intent[] => {
		const next = new Map<string, number>();
		return list.map(({ token, as: [name, by], ...intent }) => {
			const n = (next.get(name) ?? 0) + 1;
			next.set(name, n);
			return { ...intent, author: name, by, n, ...(token && { token }) };
		});
	});
	const start = (): FoldState => {
		const backlog = { stage: { kind: 'backlog' }, token: null, holder: null } as const;
		const held = { stage: { kind: 'coding' }, token: [1, 1], holder: 'n2' } as const;
		const items = Object.fromEntries([
			['a', backlog],
			['b', held],
			['__proto__', held],
		]);
		return { acceptedUpTo: {}, authors: rights, items };
	};

	test('[I1, I2, I14] folds any set the same, into reachable stages, settling each exactly once', () => {
		let applied = 0;
		const property = fc.property(intents, fc.nat(40), fc.nat(50), (list, cut, seed) => {
			const whole = foldIntents(start(), list);
			expect(foldIntents(start(), mixed(list, seed))).toEqual(whole);
			expect(Object.keys(whole.outcomes)).toHaveLength(list.length);
			for (const { stage } of Object.values(whole.items)) expect(reachable.has(shape(stage))).toBe(true);
			const first = foldIntents(start(), list.slice(0, cut));
			const second = foldIntents({ ...first, authors: rights }, mixed(list, seed));
			const outcomes = [first, second].flatMap((result) => Object.entries(result.outcomes));
			const settled = outcomes.filter(([, outcome]) => outcome !== 'duplicate' && outcome !== 'waiting');
			expect(settled.map(([id]) => id).sort()).toEqual(Object.keys(whole.outcomes).sort());
			applied += settled.filter(([, outcome]) => outcome === 'applied').length;
		});
		fc.assert(property, { numRuns: 300 });
		expect(applied).toBeGreaterThan(150);
	});
});

/** A stage without its payload: `frozen(blocked(coding))`. */
function shape(stage: Stage): string {
	return stage.kind === 'blocked' || stage.kind === 'frozen' ? `${stage.kind}(${shape(stage.resumeTo)})` : stage.kind;
}

/** Where a row may lead from a stage, in shapes and in other words than the code's. */
function leadsTo(stage: Stage | string, row: Row | undefined): readonly string[] {
	const from = typeof stage === 'string' ? stage : shape(stage);
	if (row?.to === 'blocked' || row?.to === 'frozen') return [`${row.to}(${from})`];
	if (row?.to !== 'resumeTo') return row ? [row.to] : [];
	const inside = from.slice(from.indexOf('(') + 1, -1);
	return [row.event === 'unblock' && inside.startsWith('mergeFailure') ? 'merge' : inside];
}

/** All shapes that rows lead to from upcoming and backlog. */
function closure(): ReadonlySet<string> {
	const found = new Set(['upcoming', 'backlog']);
	for (const from of found) {
		const kind = from.split('(', 1)[0] ?? '';
		for (const row of spec.transitions) if (row.from.includes(kind)) for (const to of leadsTo(from, row)) found.add(to);
	}
	return found;
}

const reachable = closure();

/** Items that may still be worked on; what is over may name items that were deleted since. */
function live({ items }: ProjectFacts): Readonly<Record<string, Item>> {
	return Object.fromEntries(
		Object.entries(items).filter(([, { stage }]) => !['done', 'archived'].includes(stage.kind)),
	);
}
