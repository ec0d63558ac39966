import { describe, expect, test } from 'vitest';
import { explainRefusalIn, type Outcome, possibleEvents, type Refusal } from '../../../shared/pipeline/index.ts';
import { c1, c2, c3, shown, TestProject } from './test-project.ts';

/** What the author of the last intent was told. */
function told(project: TestProject, outcome: Outcome): string {
	expect(outcome).toMatch(/^refused:/);
	return project.history.at(-1)?.reason ?? '';
}

describe('a refusal says', () => {
	test('the item, its stage, the event and what is possible now', () => {
		const project = new TestProject().to('done');
		expect(told(project, project.user('block', 'a', { reason: 'x' }))).toBe(
			`block of #1 "Title of a" was refused: it is done, landed as ${c3.slice(0, 12)}. Possible now: archive`,
		);
	});

	test('whose an event is', () => {
		const project = new TestProject().to('reviewHold');
		expect(told(project, project.work('agent', 'approve', 'a', shown))).toBe(
			'approve of #1 "Title of a" was refused: it is for user, not for agent. Possible now for agent: block, supersede, reject',
		);
	});

	test('what it waits for', () => {
		const project = new TestProject().to('coding');
		project.user('add', 'b', { title: 'B', dependsOn: ['a'] });
		const words = told(project, project.user('start', 'b'));
		expect(words).toBe('start of #2 "B" was refused: #1 is in coding');
		expect(words).not.toContain('force');
	});

	test('which arguments are missing', () => {
		const project = new TestProject().to('reviewHold');
		expect(told(project, project.user('approve', 'a', { branch: c1 }))).toContain('it needs main, mergeBase');
		expect(told(project, project.user('add', 'b'))).toBe('add of a new item was refused: it needs title');
	});

	test('why the item itself is in the way', () => {
		const project = new TestProject().to('backlog');
		project.user('add', 'e', { title: 'E', type: 'epic' });
		expect(told(project, project.user('start', 'e'))).toContain('an epic is never worked on itself');
		expect(told(project, project.user('complete', 'a'))).toContain('a story is done when its change has landed');
		project.user('edit', 'a', { held: true });
		const byScheduler = project.send({ author: 'home', by: 'scheduler', event: 'start', item: 'a' });
		expect(told(project, byScheduler)).toContain('it is held');
		expect(told(project, project.user('explode', 'a'))).toContain('Possible now: start');
		expect(told(project, project.user('start', 'nope'))).toBe(
			'start of an item that was deleted was refused: there is no item any more (it was deleted, or its add was refused)',
		);
	});

	test('the name of an item that is gone, where somebody knows it, or the title that was wanted', () => {
		const { facts } = new TestProject().to('coding');
		const intent = { by: 'user', event: 'edit', item: 'gone', args: { title: 'Better' } } as const;
		expect(explainRefusalIn(facts, 'unknownItem', intent, '#3 "Good"')).toMatch(/^edit of #3 "Good" was refused: /);
		expect(explainRefusalIn(facts, 'unknownItem', intent)).toMatch(/^edit of "Better" was refused: /);
	});

	test('something for every refusal, with an item and without', () => {
		const refusals: readonly Refusal[] = [
			'notAuthorised',
			'unknownItem',
			'staleToken',
			'notAllowed',
			'notYours',
			'alreadyExists',
			'missingArgument',
			'invalid',
			'dependencies',
			'movedSinceReview',
			'lost',
		];
		const { facts } = new TestProject().to('coding');
		const sentences = refusals.flatMap((refusal) =>
			['a', 'nobody', '__proto__'].map((item) => {
				return explainRefusalIn(facts, refusal, { by: 'user', event: 'submit', item, args: { commit: c1, base: c2 } });
			}),
		);
		expect(sentences.every((sentence) => sentence.startsWith('submit ') && sentence.includes('refused: '))).toBe(true);
		expect(sentences.join()).not.toMatch(/undefined|\[object/);
		expect(sentences.join()).not.toMatch(/nobody|__proto__/);
		expect(new Set(sentences).size).toBe(2 * refusals.length);
	});
});

test('possible events leave out what the item is not open to', () => {
	const project = new TestProject().to('backlog');
	project.user('add', 'e', { title: 'E', type: 'epic' });
	expect(possibleEvents(project.item('a'), 'user')).toEqual([
		'start',
		'block',
		'freeze',
		'abandon',
		'supersede',
		'reject',
	]);
	expect(possibleEvents(project.item('e'), 'user')).toEqual([
		'complete',
		'block',
		'freeze',
		'abandon',
		'supersede',
		'reject',
	]);
	expect(possibleEvents(project.item('a'), 'gates')).toEqual([]);
});
