/** A plan's order becomes dependencies of items: no more and no fewer than what its paths and its words ask for. */
import { describe, expect, it } from 'vitest';
import { type Args, parseArgs, planIntents, planOf, planWords } from '../../../shared/operations/index.ts';

type Subtask = {
	readonly id: string;
	readonly files?: string[];
	readonly dependsOn?: string[];
	readonly kind?: string;
};

function argsOf(subtasks: readonly Subtask[]): Args<'item.plan'> {
	const titled = subtasks.map((one) => ({ title: `Do ${one.id}`, ...one }));
	return parseArgs('item.plan', { project: 'shop', subtasks: titled });
}

function waitsFor(subtasks: readonly Subtask[]): Record<string, readonly string[]> {
	return Object.fromEntries(planOf(argsOf(subtasks).subtasks).waitsFor);
}

describe('a plan', () => {
	it('lets run at once what owns other paths, and makes the rest wait', () => {
		const subtasks = [
			{ id: 'a', files: ['src/a/**'] },
			{ id: 'b', files: ['src/b/**'] },
			{ id: 'c', files: ['src/a/x.ts'] },
		];
		expect(waitsFor(subtasks)).toEqual({ a: [], b: [], c: ['a'] });
		expect(planOf(argsOf(subtasks).subtasks).waves).toEqual([[['a', 'b'], ['c']]]);
		expect(planWords(planOf(argsOf(subtasks).subtasks), 0)).toBe('1 wave, at most 2 at once; nothing was added yet');
	});

	it('lets nothing run beside what may touch anything', () => {
		expect(waitsFor([{ id: 'a' }, { id: 'b', files: ['b'] }])).toEqual({ a: [], b: ['a'] });
	});

	it('makes features wait for each foundation', () => {
		const subtasks = [
			{ id: 'types', files: ['types/**'], kind: 'foundation' },
			{ id: 'ui', files: ['ui/**'], kind: 'feature' },
			{ id: 'docs', files: ['docs/**'], dependsOn: ['ui'] },
		];
		expect(waitsFor(subtasks)).toEqual({ types: [], ui: ['types'], docs: ['ui', 'types'] });
	});

	it.each([
		['duplicate', [{ id: 'a' }, { id: 'a' }], 'a are named twice'],
		['unknown', [{ id: 'a', dependsOn: ['z'] }], 'z are depended on and not in the plan'],
		[
			'circle',
			[
				{ id: 'a', dependsOn: ['b'] },
				{ id: 'b', dependsOn: ['a'] },
			],
			'a, b wait for each other in a circle',
		],
	])('is refused with the subtasks at fault: %s', (_, subtasks, words) => {
		expect(() => planOf(argsOf(subtasks as Subtask[]).subtasks)).toThrow(words);
	});

	it('becomes one intent each, after those that it waits for', () => {
		let keys = 0;
		const wanted = planIntents(argsOf([{ id: 'b', dependsOn: ['a'] }, { id: 'a' }]), {
			project: { name: 'shop', views: () => new Map() },
			caller: { person: 'ada', access: 'member' },
			newKey: () => `K${++keys}`,
		});
		expect(wanted.map(({ id }) => id)).toEqual(['a', 'b']);
		expect(wanted[1]?.draft).toMatchObject({ by: 'user', who: 'ada', event: 'add', args: { dependsOn: ['K1'] } });
	});

	it('[I13] of an agent is the agent’s, without a token: what it adds is nobody’s yet', () => {
		const [wanted] = planIntents(argsOf([{ id: 'a' }]), {
			project: { name: 'shop', views: () => new Map() },
			caller: { person: 'claude of #1', access: 'member', agent: { item: 'K9', token: [1, 2] } },
			newKey: () => 'K1',
		});
		expect(wanted?.draft).toMatchObject({ by: 'agent', who: 'claude of #1' });
		expect(wanted?.draft).not.toHaveProperty('token');
	});
});
