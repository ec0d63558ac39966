import { describe, expect, test } from 'vitest';
import type { StageKind } from '../../../shared/pipeline/index.ts';
import { c1, c2, c3, shown, TestProject } from './test-project.ts';

describe('start', () => {
	test('[I8] is refused while a dependency is not done, unless a person forces it', () => {
		const project = new TestProject().to('backlog', 'a');
		project.user('add', 'b', { title: 'B', dependsOn: ['a'] });
		expect(project.user('start', 'b')).toBe('refused:dependencies');
		expect(project.send({ author: 'home', by: 'scheduler', event: 'start', item: 'b' })).toBe('refused:dependencies');
		const forced = { author: 'home', by: 'scheduler', event: 'start', item: 'b', args: { force: true } } as const;
		expect(project.send(forced)).toBe('refused:dependencies');
		expect(project.user('start', 'b', { force: 'yes' })).toBe('refused:invalid');
		expect(project.user('start', 'b', { force: true })).toBe('applied');
	});

	test('is refused for an epic, and of the scheduler for what is held by flag or label', () => {
		const project = new TestProject();
		project.user('add', 'e', { title: 'E', type: 'epic' });
		project.user('add', 'h', { title: 'H', held: true });
		project.user('add', 'l', { title: 'L', labels: ['hold'] });
		const byScheduler = (item: string) => project.send({ author: 'home', by: 'scheduler', event: 'start', item });
		expect(project.user('start', 'e')).toBe('refused:notAllowed');
		expect([byScheduler('h'), byScheduler('l')]).toEqual(['refused:notAllowed', 'refused:notAllowed']);
		expect([project.user('start', 'h'), project.user('start', 'l')]).toEqual(['applied', 'applied']);
		expect(project.item('h').held).toBe(false);
	});

	test('after a defer is not made by the scheduler: the person who deferred it starts it again', () => {
		const project = new TestProject().to('coding');
		project.user('defer', 'a');
		expect(project.item('a')).toMatchObject({
			stage: { kind: 'backlog' },
			held: true,
			token: null,
			holder: null,
			role: null,
		});
		expect(project.send({ author: 'home', by: 'scheduler', event: 'start', item: 'a' })).toBe('refused:notAllowed');
	});
});

describe('arguments', () => {
	const needs: readonly (readonly [event: string, stage: 'coding' | 'reviewHold' | 'merge', args: object])[] = [
		['block', 'coding', { reason: 'stuck' }],
		['reject', 'coding', { reason: 'no' }],
		['supersede', 'coding', { by: 'b' }],
		['requestChanges', 'reviewHold', { words: 'smaller' }],
		['approve', 'reviewHold', shown],
	];

	test('that an event needs are missed, one by one, also when they are null or blank', () => {
		for (const [event, stage, args] of needs) {
			const project = new TestProject().to(stage);
			project.user('add', 'b', { title: 'B' });
			expect(project.user(event, 'a')).toBe('refused:missingArgument');
			for (const name of Object.keys(args)) {
				expect(project.user(event, 'a', { ...args, [name]: null })).toBe('refused:missingArgument');
			}
			expect(project.user(event, 'a', { ...args, constructor: 1 }), event).toBe('applied');
		}
		const project = new TestProject().to('coding');
		expect(project.user('block', 'a', { reason: '  ' })).toBe('refused:missingArgument');
		expect(project.user('block', 'a', Object.create({ reason: 'inherited' }))).toBe('refused:missingArgument');
	});

	test('of a wrong type are invalid', () => {
		const project = new TestProject().to('reviewHold');
		expect(project.user('approve', 'a', { ...shown, main: 'HEAD' })).toBe('refused:invalid');
		expect(project.user('requestChanges', 'a', { words: 'x'.repeat(5000) })).toBe('refused:invalid');
		expect(project.user('requestChanges', 'a', { words: ['x'] })).toBe('refused:invalid');
		expect(project.user('supersede', 'a', { by: 'a' })).toBe('refused:invalid');
		expect(project.user('supersede', 'a', { by: 'nobody' })).toBe('refused:invalid');
	});

	test('a result enters only with its commits', () => {
		for (const event of ['submit', 'submitForQa', 'submitForReview']) {
			const project = new TestProject().to('coding');
			const reason = 'a look';
			expect(project.work('gates', event, 'a', { reason })).toBe('refused:missingArgument');
			expect(project.work('gates', event, 'a', { reason, commit: c1 })).toBe('refused:missingArgument');
			expect(project.work('gates', event, 'a', { reason, commit: 'HEAD', base: c2 })).toBe('refused:invalid');
			expect(project.work('gates', event, 'a', { reason, commit: c1, base: c2 })).toBe('applied');
			expect(project.item('a').result).toEqual({ commit: c1, base: c2 });
		}
	});

	test('long output of machines is cut and never makes a failure disappear', () => {
		const project = new TestProject().to('merge');
		const detail = `${'x'.repeat(20_000)}the last line`;
		expect(project.landing('mergeFailed', 'a', { kind: 'gates', detail, gate: 'test' })).toBe('applied');
		const { lastFailure } = project.item('a');
		expect(lastFailure?.detail?.length).toBe(2000);
		expect(lastFailure?.detail?.endsWith('the last line')).toBe(true);
	});
});

describe('approve', () => {
	test('is refused when the change is not the one that was shown', () => {
		const project = new TestProject().to('reviewHold');
		const asked: unknown[] = [];
		project.context = { diffIsAsShown: (item, given) => asked.push([item.result?.commit, given]) < 0 };
		expect(project.user('approve', 'a', shown)).toBe('refused:movedSinceReview');
		expect(asked).toEqual([[c1, shown]]);
		project.context = { diffIsAsShown: () => true };
		expect(project.send({ author: 'bob', by: 'user', who: 'Bob', event: 'approve', item: 'a', args: shown })).toBe(
			'applied',
		);
		expect(project.item('a').approval).toEqual({ ...shown, who: 'Bob' });
	});

	test('ends with the result it was given for', () => {
		const project = new TestProject().to('reviewHold');
		project.user('approve', 'a', shown);
		project.landing('mergeFailed', 'a', { kind: 'conflict', detail: 'in a.ts' });
		expect(project.grant('a', 'mergemaster')).toBe('applied');
		project.context = { diffIsAsShown: () => false };
		expect(project.work('gates', 'result', 'a', { commit: c3, base: c2 })).toBe('applied');
		expect(project.item('a')).toMatchObject({ approval: null, result: { commit: c3, base: c2 } });
	});

	test('stays where a new result makes the same difference', () => {
		const project = new TestProject().to('reviewHold');
		project.user('approve', 'a', shown);
		project.landing('mergeFailed', 'a', { kind: 'conflict', detail: 'in a.ts' });
		project.grant('a', 'mergemaster');
		project.work('gates', 'result', 'a', { commit: c3, base: c2 });
		expect(project.item('a').approval).toEqual({ ...shown, who: 'ann' });
	});
});

describe('complete', () => {
	test('is for epics and spikes only', () => {
		for (const type of ['story', 'bug', 'refactor', 'spike', 'epic']) {
			const project = new TestProject();
			project.user('add', 'a', { title: 'A', type });
			const open = type === 'spike' || type === 'epic';
			expect(project.user('complete', 'a')).toBe(open ? 'applied' : 'refused:notAllowed');
			if (open) expect(project.item('a').stage).toMatchObject({ kind: 'done', commit: null, token: null });
		}
	});

	test('of an epic by the system waits for every child', () => {
		const project = new TestProject();
		project.user('add', 'e', { title: 'E', type: 'epic' });
		expect(project.system('complete', 'e')).toBe('refused:dependencies');
		project.user('add', 'x', { title: 'X', type: 'spike', parent: 'e' });
		expect(project.system('complete', 'e')).toBe('refused:dependencies');
		project.user('complete', 'x');
		expect(project.system('complete', 'e')).toBe('applied');
	});
});

describe('fixup and archive', () => {
	test('fixup follows only a landing that failed in the gates', () => {
		for (const kind of ['conflict', 'gates', 'emptyDiff', 'noCommits', 'other']) {
			const project = new TestProject().to('merge');
			project.landing('mergeFailed', 'a', { kind, detail: '' });
			expect(project.system('fixup', 'a', { detail: 'red' })).toBe(kind === 'gates' ? 'applied' : 'refused:notAllowed');
		}
	});

	test('the sweep archives what is over; the rest only a person does, with the reason of the stage it left', () => {
		const cases: readonly (readonly [prepare: (project: TestProject) => unknown, bySystem: boolean, reason: string])[] =
			[
				[(project) => project.to('done'), true, 'completed'],
				[(project) => [project.to('coding'), project.user('abandon', 'a')], true, 'abandoned'],
				[(project) => [project.to('coding'), project.user('reject', 'a', { reason: 'no' })], true, 'rejected'],
				[
					(project) => [project.to('coding'), project.to('backlog', 'b'), project.user('supersede', 'a', { by: 'b' })],
					true,
					'superseded',
				],
				[(project) => [project.to('coding'), project.user('block', 'a', { reason: 'x' })], false, 'blocked'],
				[(project) => project.to('reviewHold'), false, 'reviewHeld'],
				[(project) => [project.to('mergeFailure'), project.system('giveUpMerge', 'a')], false, 'mergeFailed'],
			];
		for (const [prepare, bySystem, reason] of cases) {
			const project = new TestProject();
			prepare(project);
			expect(project.system('archive', 'a'), reason).toBe(bySystem ? 'applied' : 'refused:notYours');
			if (!bySystem) expect(project.user('archive', 'a')).toBe('applied');
			expect(project.item('a').stage).toMatchObject({ kind: 'archived', reason });
		}
	});
});

test('[I13] whoever wrote the change does not judge it, and only a mergemaster says how a merge goes on', () => {
	const project = new TestProject().to('qa');
	expect(project.work('agent', 'qaPassed', 'a')).toBe('refused:notYours');
	expect(project.work('agent', 'qaFailed', 'a', { reason: 'x' })).toBe('refused:notYours');
	expect(project.work('gates', 'submitForReview', 'a', { reason: 'x' })).toBe('refused:notYours');
	project.grant('a', 'qa');
	expect(project.work('agent', 'submitForReview', 'a', { reason: 'a person should look' })).toBe('applied');
	expect(project.item('a').result).toEqual({ commit: c1, base: c2 });

	const merging = new TestProject().to('mergeFailure');
	expect(merging.work('agent', 'retryMerge', 'a')).toBe('refused:notYours');
	merging.grant('a', 'mergemaster');
	expect(merging.work('agent', 'giveUpMerge', 'a')).toBe('applied');
});

test('payloads say why, with the time of the intent', () => {
	const project = new TestProject().to('merge');
	const { token } = project.item('a');
	project.landing('mergeFailed', 'a', { kind: 'other', detail: 'disk full' });
	expect(project.item('a').stage).toEqual({ kind: 'mergeFailure', failure: 'other', detail: 'disk full' });
	project.system('giveUpMerge', 'a');
	expect(project.item('a').stage).toEqual({ kind: 'mergeFailureFinal', failure: 'other', detail: 'disk full' });
	project.system('block', 'a', { reason: 'look' });
	project.user('freeze', 'a');
	const inner = { kind: 'mergeFailureFinal', failure: 'other', detail: 'disk full' };
	expect(project.item('a').stage).toEqual({
		kind: 'frozen',
		resumeTo: { kind: 'blocked', reason: 'look', resumeTo: inner },
	});
	project.user('unfreeze', 'a', { reason: 'not for the stage' });
	expect(project.item('a').stage).toEqual({ kind: 'blocked', reason: 'look', resumeTo: inner });
	project.user('unblock', 'a');
	expect(project.item('a').stage).toEqual({ kind: 'merge' });
	expect(project.landing('landed', 'a', { commit: c3 })).toBe('applied');
	const at = project.item('a').changedAt;
	expect(project.item('a').stage).toEqual({ kind: 'done', at, commit: c3, token });
});

test('what is found on main outranks what was accepted meanwhile, and names the token it landed under', () => {
	const stages: readonly StageKind[] = ['backlog', 'coding', 'qa', 'reviewHold', 'merge', 'mergeFailure'];
	for (const stage of stages) {
		const project = new TestProject().to(stage as 'coding');
		expect(project.system('foundOnMain', 'a', { commit: c3, token: [1, 1] })).toBe('applied');
		expect(project.item('a').stage).toMatchObject({ kind: 'done', commit: c3, token: [1, 1] });
		expect(project.system('foundOnMain', 'a', { commit: c3 })).toBe('refused:notAllowed');
	}
});
