import { expect, test } from 'vitest';
import { type Intent, viewItems } from '../../../shared/pipeline/index.ts';
import { c1, c2, shown, TestProject } from './test-project.ts';

const names = { ann: 'laptop' };

function pendingOf(project: TestProject, ...intents: readonly Partial<Intent>[]): Intent[] {
	const from = project.facts.acceptedUpTo.ann ?? 0;
	return intents.map((intent, at) => {
		return { author: 'ann', by: 'user', event: 'start', item: 'a', n: from + at + 1, at: [5000 + at, 0], ...intent };
	});
}

test('without pending intents the view is the facts with column, badge, name and alias', () => {
	const project = new TestProject().to('reviewHold');
	project.user('freeze', 'a');
	expect(viewItems(project.facts, [], names)).toMatchObject([
		{ key: 'a', number: 1, name: '#1', alias: '~laptop-1', column: 'qa', badge: 'frozen', tentative: false, unmet: [] },
	]);
});

test('pending intents lie over the facts, tentative, and new items have a provisional name', () => {
	const project = new TestProject().to('backlog', 'a').to('backlog', 'b');
	const pending = pendingOf(
		project,
		{},
		{ event: 'add', item: 'c', args: { title: 'C', dependsOn: ['a'] } },
		{ event: 'add', item: 'd', args: { title: 'D', dependsOn: ['c'] } },
	);
	const view = viewItems(project.facts, pending, names);
	expect(view.map(({ name, column, tentative }) => [name, column, tentative])).toEqual([
		['#1', 'coding', true],
		['#2', 'backlog', false],
		['~laptop-4', 'backlog', true],
		['~laptop-5', 'backlog', true],
	]);
	expect(view[2]).toMatchObject({ number: null, unmet: [{ key: 'a', name: '#1', words: '#1 is in coding' }] });
	expect(view[3]?.unmet.map(({ words }) => words)).toEqual(['~laptop-4 is in backlog']);
	expect(viewItems(project.facts, pending)[2]?.name).toBe('~ann-4');
});

test("once accepted, the numbers are the home's and the provisional name stays an alias", () => {
	const project = new TestProject().to('backlog', 'a');
	const [before] = viewItems(
		project.facts,
		pendingOf(project, { event: 'add', item: 'n', args: { title: 'N' } }),
		names,
	).slice(-1);
	project.user('add', 'n', { title: 'N' });
	expect(viewItems(project.facts, [], names).at(-1)).toMatchObject({ number: 2, name: '#2', alias: before?.name });
});

test('a pending approval shows as given; only the home can say that the change moved', () => {
	const project = new TestProject().to('reviewHold');
	const [item] = viewItems(project.facts, pendingOf(project, { event: 'approve', args: shown }));
	expect(item).toMatchObject({ column: 'merge', tentative: true, result: { commit: c1, base: c2 } });
});

test('what the home has accepted or refused already is not laid over again', () => {
	const project = new TestProject().to('backlog');
	const old: Intent = { author: 'ann', n: 1, at: [1, 0], by: 'user', event: 'delete', item: 'a' };
	expect(viewItems(project.facts, [old])).toHaveLength(1);
	expect(viewItems(project.facts, pendingOf(project, { event: 'delete' }))).toEqual([]);
});

test('an epic shows how many of its children are done', () => {
	const project = new TestProject();
	project.user('add', 'e', { title: 'E', type: 'epic' });
	project.user('add', 'x', { title: 'X', type: 'spike', parent: 'e' });
	project.user('add', 'y', { title: 'Y', parent: 'e' });
	project.user('complete', 'x');
	const [epic, child] = viewItems(project.facts);
	expect(epic?.progress).toEqual({ done: 1, total: 2 });
	expect(child?.progress).toBeNull();
});
