import { describe, expect, test } from 'vitest';
import {
	capReached,
	emptyFacts,
	foldIntents,
	type Intent,
	itemSchema,
	projectRules,
	type Tries,
} from '../../../shared/pipeline/index.ts';
import { authors, c1, c2, c3, shown, TestProject } from './test-project.ts';

describe('add', () => {
	test('makes a record under the next number, which is never given again', () => {
		const project = new TestProject();
		expect(project.user('add', 'a', { title: 'A', labels: ['x', 'x'] })).toBe('applied');
		expect(project.user('delete', 'a')).toBe('applied');
		expect(project.user('add', 'b', { title: 'B', upcoming: true, type: 'bug' })).toBe('applied');
		expect(project.facts).toMatchObject({ revision: 3, nextNumber: 3 });
		expect(project.item('b')).toMatchObject({ number: 2, type: 'bug', stage: { kind: 'upcoming' }, addedAs: 'ann#3' });
		expect(project.item('b').origin).toEqual({ by: 'user', who: 'ann' });
		expect(itemSchema.safeParse(project.item('b')).success).toBe(true);
	});

	test('is refused where it makes no sense, and takes no number', () => {
		const project = new TestProject().to('backlog');
		const refused: readonly (readonly [key: string, args: Record<string, unknown>, outcome: string])[] = [
			['a', { title: 'again' }, 'alreadyExists'],
			['b', {}, 'missingArgument'],
			['b', { title: ' ' }, 'missingArgument'],
			['b', { title: 'x'.repeat(201) }, 'invalid'],
			['b', { title: 'two\nlines' }, 'invalid'],
			['b', { title: 'B', description: 'ä'.repeat(8193) }, 'invalid'],
			['b', { title: 'B', type: 'task' }, 'invalid'],
			['b', { title: 'B', dependson: ['a'] }, 'invalid'],
			['b', { title: 'B', dependsOn: ['nobody'] }, 'invalid'],
			['b', { title: 'B', dependsOn: ['b'] }, 'invalid'],
			['b', { title: 'B', parent: 'a' }, 'invalid'],
			['__proto__', { title: 'B' }, 'invalid'],
			['', { title: 'B' }, 'invalid'],
			['../x', { title: 'B' }, 'invalid'],
		];
		for (const [key, args, outcome] of refused) {
			expect(project.user('add', key, args), JSON.stringify([key, args])).toBe(`refused:${outcome}`);
		}
		expect(project.facts).toMatchObject({ revision: 1, nextNumber: 2 });
		expect(project.user('add', 'constructor', { title: 'a legal key' })).toBe('applied');
		expect(project.item('constructor').number).toBe(2);
	});

	test('[I13] by agent may ask for a person but not for less review; gates and landing add nothing', () => {
		const project = new TestProject();
		const add = (by: 'agent' | 'gates', args: object) =>
			project.send({ author: 'worker', by, event: 'add', item: 'a', args: { title: 'A', ...args } });
		expect(add('gates', {})).toBe('refused:notYours');
		expect(add('agent', { review: 'server' })).toBe('refused:notYours');
		expect(add('agent', { review: 'human' })).toBe('applied');
		expect(project.send({ author: 'worker', by: 'user', event: 'add', item: 'b', args: { title: 'B' } })).toBe(
			'refused:notAuthorised',
		);
	});
});

describe('edit', () => {
	test('changes fields and neither stage nor token', () => {
		const project = new TestProject().to('coding');
		const before = project.item('a');
		expect(project.user('edit', 'a', { title: 'New', agent: 'claude' })).toBe('applied');
		expect(project.item('a')).toEqual({ ...before, title: 'New', agent: 'claude' });
		expect(project.user('edit', 'a', { agent: null })).toBe('applied');
		expect(project.item('a').agent).toBeNull();
	});

	test('[I13] by agent needs its token and leaves alone what decides about the item', () => {
		const project = new TestProject().to('coding');
		expect(project.work('agent', 'edit', 'a', { description: 'found out more' })).toBe('applied');
		expect(project.work('agent', 'edit', 'a', { title: 'x' }, [1, 99])).toBe('refused:staleToken');
		for (const args of [{ review: 'server' }, { agent: 'shell' }, { held: false }, { type: 'spike' }]) {
			expect(project.work('agent', 'edit', 'a', args)).toBe('refused:notYours');
		}
		expect(project.work('gates', 'edit', 'a', { title: 'x' })).toBe('refused:notYours');
		expect(project.system('edit', 'a', { title: 'x' })).toBe('refused:notYours');
	});

	test('that says nothing, says it wrong, or would make items wait for each other is refused', () => {
		const project = new TestProject().to('backlog', 'a');
		project.user('add', 'b', { title: 'B', dependsOn: ['a'] });
		project.user('add', 'c', { title: 'C', dependsOn: ['b'] });
		expect(project.user('edit', 'a', {})).toBe('refused:missingArgument');
		expect(project.user('edit', 'a')).toBe('refused:missingArgument');
		expect(project.user('edit', 'a', { stage: 'done' })).toBe('refused:invalid');
		expect(project.user('edit', 'a', { upcoming: true })).toBe('refused:invalid');
		expect(project.user('edit', 'a', { dependsOn: ['c'] })).toBe('refused:invalid');
		expect(project.user('edit', 'a', { dependsOn: ['a'] })).toBe('refused:invalid');
		expect(project.user('edit', 'a', { dependsOn: ['z'] })).toBe('refused:invalid');
		expect(project.user('edit', 'c', { dependsOn: ['a'] })).toBe('applied');
	});

	test('an epic waits for its children, so a child cannot wait for its epic', () => {
		const project = new TestProject();
		project.user('add', 'e', { title: 'E', type: 'epic' });
		project.user('add', 'f', { title: 'F', type: 'epic' });
		project.user('add', 'x', { title: 'X', dependsOn: ['e'] });
		expect(project.user('edit', 'x', { parent: 'e' })).toBe('refused:invalid');
		expect(project.user('add', 'y', { title: 'Y', parent: 'e', dependsOn: ['x'] })).toBe('refused:invalid');
		expect(project.user('edit', 'e', { parent: 'e' })).toBe('refused:invalid');
		expect(project.user('edit', 'e', { parent: 'f' })).toBe('applied');
		expect(project.user('edit', 'f', { parent: 'e' })).toBe('refused:invalid');
		expect(project.user('edit', 'f', { type: 'story' })).toBe('refused:invalid');
		expect(project.user('edit', 'e', { parent: null })).toBe('applied');
		expect(project.user('edit', 'f', { type: 'story' })).toBe('applied');
	});
});

describe('delete', () => {
	test('is for people, and leaves nobody with a dependency or an epic that means nothing', () => {
		const project = new TestProject().to('backlog', 'a');
		project.user('add', 'b', { title: 'B', dependsOn: ['a'] });
		project.user('add', 'e', { title: 'E', type: 'epic' });
		project.user('add', 'x', { title: 'X', parent: 'e' });
		expect(project.system('delete', 'a')).toBe('refused:notYours');
		expect(project.user('delete', 'a')).toBe('refused:invalid');
		expect(project.user('delete', 'e')).toBe('refused:invalid');
		expect(project.user('edit', 'b', { dependsOn: [] })).toBe('applied');
		expect([project.user('delete', 'a'), project.user('delete', 'x'), project.user('delete', 'e')]).toEqual([
			'applied',
			'applied',
			'applied',
		]);
		expect(Object.keys(project.facts.items)).toEqual(['b']);
		expect(project.user('start', 'a')).toBe('refused:unknownItem');
	});
});

test('within one batch, who belongs to whom follows every add, edit and delete', () => {
	const steps: readonly (readonly [event: string, item: string, args: Record<string, unknown>, outcome: string])[] = [
		['add', 'e', { title: 'E', type: 'epic' }, 'applied'],
		['add', 'x', { title: 'X', parent: 'e' }, 'applied'],
		['add', 'y', { title: 'Y', dependsOn: ['x'] }, 'applied'],
		['delete', 'e', {}, 'refused:invalid'],
		['delete', 'x', {}, 'refused:invalid'],
		['edit', 'y', { dependsOn: [] }, 'applied'],
		['edit', 'y', { parent: 'e' }, 'applied'],
		['edit', 'y', { parent: null }, 'applied'],
		['delete', 'x', {}, 'applied'],
		['add', 'x', { title: 'X again, of nobody' }, 'applied'],
		['delete', 'e', {}, 'applied'],
	];
	const intents = steps.map(([event, item, args], at): Intent => {
		return { author: 'ann', n: at + 1, at: [at, 0], by: 'user', event, item, args };
	});
	const { outcomes } = foldIntents(emptyFacts(authors), intents, projectRules({ diffIsAsShown: () => true }));
	expect(Object.values(outcomes)).toEqual(steps.map(([, , , outcome]) => outcome));
});

describe('grant', () => {
	test('[I5] is given once, by the system, for the role of the stage, to a worker', () => {
		const project = new TestProject().to('backlog');
		expect(project.grant('a')).toBe('refused:notAllowed');
		project.user('start', 'a');
		expect(project.user('grant', 'a', { holder: 'worker', role: 'coder' })).toBe('refused:notYours');
		expect(project.system('grant', 'a', { holder: 'worker' })).toBe('refused:missingArgument');
		expect(project.grant('a', 'qa')).toBe('refused:notAllowed');
		expect(project.grant('a', 'pilot')).toBe('refused:invalid');
		expect(project.grant('a', 'coder', 'ann')).toBe('refused:invalid');
		expect(project.grant('a', 'coder', 'constructor')).toBe('refused:invalid');
		expect(project.grant('a')).toBe('applied');
		const { revision, term } = project.facts;
		expect(project.item('a')).toMatchObject({ token: [term, revision], holder: 'worker', role: 'coder' });
		expect(project.grant('a', 'coder', 'other')).toBe('refused:notAllowed');
	});

	test('[I4] in qa and after a conflict replaces the token of the accepted result', () => {
		for (const [stage, role] of [
			['qa', 'qa'],
			['mergeFailure', 'mergemaster'],
		] as const) {
			const project = new TestProject().to(stage);
			const old = project.token;
			expect(project.item('a').role).toBeNull();
			expect(project.grant('a', role, 'other')).toBe('applied');
			expect(project.work('agent', 'block', 'a', { reason: 'x' }, old)).toBe('refused:staleToken');
			expect(project.grant('a', role)).toBe('refused:notAllowed');
		}
	});

	test('is not given for an epic, in merge, or a thirteenth time', () => {
		const project = new TestProject().to('merge');
		expect(project.grant('a')).toBe('refused:notAllowed');
		const worn = new TestProject().to('coding');
		for (let attempt = 1; attempt < 12; attempt += 1) {
			expect(worn.system('release', 'a', { reason: 'gone' })).toBe('applied');
			expect(worn.grant('a')).toBe('applied');
		}
		worn.system('release', 'a');
		expect(worn.item('a').tries.totalAttempts).toBe(12);
		expect(worn.grant('a')).toBe('refused:notAllowed');
		expect(capReached(worn.item('a').tries)).toContain('12 attempts in total');
		worn.user('block', 'a', { reason: 'look' });
		worn.user('unblock', 'a');
		expect(worn.grant('a')).toBe('applied');
	});
});

describe('release and attemptFailed', () => {
	test('[I4] let go of the item: what its holder still sends is stale', () => {
		const project = new TestProject().to('coding');
		const old = project.token;
		expect(project.user('release', 'a')).toBe('refused:notYours');
		expect(project.system('release', 'a', { reason: 'the node is gone' })).toBe('applied');
		expect(project.item('a')).toMatchObject({ stage: { kind: 'coding' }, token: null, holder: null, role: null });
		expect(project.work('gates', 'submit', 'a', { commit: c1, base: c2 }, old)).toBe('refused:staleToken');
		expect(project.system('release', 'a')).toBe('refused:notAllowed');
		expect(project.history.at(-3)).toMatchObject({ event: 'release', reason: 'the node is gone', outcome: 'applied' });
	});

	test('an accepted result that waits to land keeps its token, held by nobody, and can land', () => {
		const project = new TestProject().to('mergeFailure');
		project.grant('a', 'mergemaster');
		const { token } = project.item('a');
		expect(project.work('gates', 'attemptFailed', 'a', { reason: 'gave up', detail: '' })).toBe('applied');
		expect(project.item('a')).toMatchObject({ token, holder: null, role: null });
		expect(project.work('agent', 'retryMerge', 'a', {}, token ?? [0, 0])).toBe('refused:notAuthorised');
		expect(project.user('retryMerge', 'a')).toBe('applied');
		expect(project.landing('landed', 'a', { commit: c3 })).toBe('applied');
	});

	test('in merge and reviewHold there is nobody to release, and nothing takes the token of the result', () => {
		for (const stage of ['merge', 'reviewHold'] as const) {
			const project = new TestProject().to(stage);
			expect(project.system('release', 'a')).toBe('refused:notAllowed');
			expect(project.work('gates', 'attemptFailed', 'a', { reason: 'late' })).toBe('refused:notAllowed');
			expect(project.item('a').token).not.toBeNull();
		}
	});

	test('a pause keeps who works; what fails meanwhile is counted', () => {
		const project = new TestProject().to('coding');
		project.user('freeze', 'a');
		expect(project.item('a')).toMatchObject({ role: 'coder', holder: 'worker' });
		project.user('unfreeze', 'a');
		expect(project.item('a')).toMatchObject({ role: 'coder', holder: 'worker' });
		project.user('block', 'a', { reason: 'wait' });
		const failed = { reason: 'tests', gate: 'unit', gateKind: 'test', detail: 'red' };
		expect(project.work('gates', 'attemptFailed', 'a', failed)).toBe('applied');
		const { changedAt: at } = project.item('a');
		expect(project.item('a')).toMatchObject({
			role: null,
			token: null,
			tries: { reworks: 1 },
			lastFailure: { reason: 'tests', gate: 'unit', detail: 'red', at },
		});
	});
});

describe('result', () => {
	test('comes from a mergemaster in a failed merge only', () => {
		const project = new TestProject().to('mergeFailure');
		const commits = { commit: c3, base: c2 };
		expect(project.work('gates', 'result', 'a', commits)).toBe('refused:notAllowed');
		project.grant('a', 'mergemaster');
		expect(project.work('agent', 'result', 'a', commits)).toBe('refused:notYours');
		expect(project.work('gates', 'result', 'a')).toBe('refused:missingArgument');
		expect(project.work('gates', 'result', 'a', commits)).toBe('applied');
		expect(project.item('a').result).toEqual(commits);
		expect(project.work('agent', 'retryMerge', 'a')).toBe('applied');
		expect(project.item('a')).toMatchObject({ stage: { kind: 'merge' }, role: null });
	});
});

test('a void closes its number and changes nothing, also where the item says nothing', () => {
	const project = new TestProject().to('coding');
	const { items, revision } = project.facts;
	expect(project.send({ author: 'ann', by: 'user', event: 'void', item: '' })).toBe('applied');
	expect(project.send({ author: 'ann', by: 'user', event: 'void', item: 'a' })).toBe('applied');
	expect(project.facts.items).toEqual(items);
	expect(project.facts.revision).toBe(revision + 2);
});

describe('tries', () => {
	const none: Tries = { reworks: 0, mergeFailures: null, freeFixups: 0, totalAttempts: 0 };

	test('a failed gate is a rework; format, lint and docs are free three times', () => {
		const project = new TestProject().to('coding');
		const kinds = ['lint', 'docs', 'format', 'lint', 'test'];
		for (const gateKind of kinds) {
			expect(project.work('gates', 'attemptFailed', 'a', { reason: 'red', gateKind, gate: null })).toBe('applied');
			expect(project.grant('a')).toBe('applied');
		}
		expect(project.item('a').tries).toEqual({ ...none, freeFixups: 3, reworks: 2, totalAttempts: 6 });
	});

	test('failed QA is a rework and landing failures count in a row of one kind', () => {
		const project = new TestProject().to('qa');
		project.grant('a', 'qa');
		expect(project.work('agent', 'qaFailed', 'a', { reason: 'wrong words' })).toBe('applied');
		expect(project.item('a')).toMatchObject({
			tries: { reworks: 1 },
			lastFailure: { reason: 'wrong words' },
			token: null,
		});

		const merging = new TestProject().to('merge');
		const kinds = ['gates', 'gates', 'conflict', 'conflict', 'conflict'];
		const counts = kinds.map((kind) => {
			merging.landing('mergeFailed', 'a', { kind, detail: '' });
			const { mergeFailures } = merging.item('a').tries;
			merging.user('retryMerge', 'a');
			return mergeFailures?.count;
		});
		expect(counts).toEqual([1, 2, 1, 2, 3]);
		expect(capReached(merging.item('a').tries)).toBe(
			'landing failed 3 times in a row as conflict (cap 3 merge failures)',
		);
	});

	test('a fixup counts as an attempt, and a landing that failed in lint as a free one too', () => {
		const project = new TestProject().to('merge');
		project.landing('mergeFailed', 'a', { kind: 'gates', detail: 'red', gate: 'lint', gateKind: 'lint' });
		project.system('fixup', 'a', { detail: 'lint is red' });
		expect(project.item('a')).toMatchObject({
			stage: { kind: 'coding' },
			tries: { reworks: 0, mergeFailures: { kind: 'gates', count: 1 }, freeFixups: 1, totalAttempts: 2 },
			lastFailure: { detail: 'lint is red' },
			result: { commit: c1 },
		});
	});

	test('[I11] only unblock, requestChanges, reopen and landing reset them', () => {
		const worn = (): TestProject => {
			const project = new TestProject().to('coding');
			project.work('gates', 'attemptFailed', 'a', { reason: 'red', detail: '' });
			project.grant('a');
			project.work('gates', 'submitForReview', 'a', { commit: c1, base: c2, reason: 'a look' });
			expect(project.item('a').tries).toEqual({ ...none, reworks: 1, totalAttempts: 2 });
			return project;
		};
		const resets: readonly ((project: TestProject) => unknown)[] = [
			(project) => [project.user('block', 'a', { reason: 'x' }), project.user('unblock', 'a')],
			(project) => project.user('requestChanges', 'a', { words: 'smaller' }),
			(project) => [project.user('abandon', 'a'), project.user('reopen', 'a')],
			(project) => [project.user('approve', 'a', shown), project.landing('landed', 'a', { commit: c3 })],
			(project) => project.system('foundOnMain', 'a', { commit: c3 }),
		];
		for (const reset of resets) {
			const project = worn();
			reset(project);
			expect(project.item('a')).toMatchObject({ tries: none, lastFailure: null });
		}
		const project = worn();
		project.user('freeze', 'a');
		project.user('unfreeze', 'a');
		project.user('abandon', 'a');
		expect(project.item('a').tries.reworks).toBe(1);
	});

	test('caps are named in words, before another attempt begins', () => {
		expect(capReached(none)).toBeNull();
		expect(capReached({ ...none, reworks: 4, freeFixups: 3, totalAttempts: 11 })).toBeNull();
		expect(capReached({ ...none, reworks: 5 })).toBe('5 reworks failed (cap 5)');
	});
});

test('words of people gather for the next prompt, newest last and bounded, and end with the landing', () => {
	const project = new TestProject().to('reviewHold');
	for (let round = 1; round <= 22; round += 1) {
		expect(project.user('requestChanges', 'a', { words: `round ${round}` })).toBe('applied');
		project.grant('a');
		project.work('gates', 'submitForReview', 'a', { commit: c1, base: c2, reason: 'a look' });
	}
	expect(project.item('a').words).toHaveLength(20);
	expect(project.item('a').words.at(-1)).toBe('round 22');
	project.user('approve', 'a', shown);
	project.landing('landed', 'a', { commit: c3 });
	expect(project.item('a').words).toEqual([]);
});

test('a lost result sends the item back without it', () => {
	const project = new TestProject().to('merge');
	expect(project.system('resultLost', 'a')).toBe('applied');
	expect(project.item('a')).toMatchObject({ stage: { kind: 'coding' }, result: null, token: null, approval: null });
});

test('the history has every applied and refused intent with its revision, stages and who', () => {
	const project = new TestProject().to('backlog');
	project.send({ author: 'bob', by: 'user', who: 'Bob', event: 'start', item: 'a' });
	project.user('approve', 'a', shown);
	expect(project.history).toMatchObject([
		{ id: 'ann#1', revision: 1, item: 'a', number: 1, event: 'add', from: null, to: 'backlog', outcome: 'applied' },
		{ id: 'bob#1', revision: 2, event: 'start', from: 'backlog', to: 'coding', by: 'user', who: 'Bob', at: 1002 },
		{ id: 'ann#2', revision: 2, event: 'approve', from: 'coding', to: 'coding', outcome: 'refused:notAllowed' },
	]);
	expect(project.history[2]?.reason).toContain('#1 "Title of a"');
	expect(Object.keys(authors)).toHaveLength(5);
});
