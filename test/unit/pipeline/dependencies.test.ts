import { describe, expect, test } from 'vitest';
import {
	dependencyCycle,
	explainUnmet,
	type ProjectFacts,
	readyItems,
	type Stage,
	satisfies,
	unmetDependencies,
} from '../../../shared/pipeline/index.ts';
import { TestProject } from './test-project.ts';

function withStage(facts: ProjectFacts, key: string, stage: Stage): ProjectFacts {
	const item = facts.items[key];
	if (!item) throw new Error(`no item ${key}`);
	return { ...facts, items: { ...facts.items, [key]: { ...item, stage } } };
}

function twoItems(): ProjectFacts {
	const project = new TestProject().to('backlog', 'a');
	project.user('add', 'b', { title: 'B', dependsOn: ['a'] });
	return project.facts;
}

describe('a dependency', () => {
	const cases: readonly (readonly [stage: Stage, why: string | null, words: string | null])[] = [
		[{ kind: 'done' }, null, null],
		[{ kind: 'archived', reason: 'completed' }, null, null],
		[{ kind: 'archived', reason: 'abandoned' }, 'archived', '#1 was archived as abandoned'],
		[{ kind: 'archived' }, 'archived', '#1 was archived as unknown'],
		[{ kind: 'rejected' }, 'closed', '#1 is rejected: reopen it'],
		[{ kind: 'coding' }, 'notDone', '#1 is in coding'],
		[{ kind: 'frozen', resumeTo: { kind: 'merge' } }, 'notDone', '#1 is in frozen'],
	];

	test('is satisfied by done and by archived as completed, and says why otherwise', () => {
		for (const [stage, why, words] of cases) {
			const facts = withStage(twoItems(), 'a', stage);
			const [unmet] = unmetDependencies(facts, { dependsOn: ['a'] });
			expect(satisfies({ stage })).toBe(why === null);
			expect(unmet?.why ?? null).toBe(why);
			if (unmet && words) expect(explainUnmet(unmet, '#1')).toContain(words);
		}
	});

	test('that left the index counts as it ended; one that nobody knows is never satisfied', () => {
		const closed = { ...twoItems(), closedDependencies: { x: 'completed', y: 'rejected' } as const };
		const unmet = unmetDependencies(closed, { dependsOn: ['x', 'y', 'z', 'constructor'] });
		expect(unmet.map(({ key, why }) => [key, why])).toEqual([
			['y', 'archived'],
			['z', 'unknown'],
			['constructor', 'unknown'],
		]);
	});
});

test('ready are items of the backlog that wait for nothing, smallest number first', () => {
	const project = new TestProject();
	project.user('add', 'z', { title: 'first' });
	project.user('add', 'held', { title: 'held', held: true });
	project.user('add', 'label', { title: 'label', labels: ['hold'] });
	project.user('add', 'epic', { title: 'epic', type: 'epic' });
	project.user('add', 'idea', { title: 'idea', upcoming: true });
	project.user('add', 'waits', { title: 'waits', dependsOn: ['z'] });
	project.user('add', 'a', { title: 'last' });
	expect(readyItems(project.facts).map(({ key }) => key)).toEqual(['z', 'a']);
	expect(readyItems(withStage(project.facts, 'z', { kind: 'done' })).map(({ key }) => key)).toEqual(['waits', 'a']);
});

describe('circles', () => {
	const item = (dependsOn: string[], parent: string | null = null) => ({ dependsOn, parent });

	test('are found with their members in order, through dependencies and epics', () => {
		expect(dependencyCycle({ a: item(['b']), b: item(['c']), c: item([]) })).toBeNull();
		expect(dependencyCycle({ x: item(['a']), a: item(['b']), b: item(['c']), c: item(['a']) })).toEqual([
			'a',
			'b',
			'c',
		]);
		expect(dependencyCycle({ a: item(['a']) })).toEqual(['a']);
		expect(dependencyCycle({ e: item([]), a: item(['e'], 'e') })).toEqual(['e', 'a']);
		expect(dependencyCycle({ a: item(['gone']) })).toBeNull();
	});

	test('are looked for in chains of ten thousand without a deep stack, once per item', () => {
		const chain = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, item([`k${at + 1}`])]));
		expect(dependencyCycle(chain)).toBeNull();
		expect(dependencyCycle({ ...chain, k10000: item(['k0']) })).toHaveLength(10_001);
	});
});
