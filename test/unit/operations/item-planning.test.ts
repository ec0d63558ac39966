/** A plan's order becomes dependencies of items: no more and no fewer than what its paths and its words ask for. */
import fc from 'fast-check';
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

	it('makes what owns the same paths wait in whichever waves it stands, and not twice', () => {
		const subtasks = [
			{ id: 'api', files: ['src/api/**'] },
			{ id: 'guide', files: ['docs/**'] },
			{ id: 'client', files: ['src/client/**', 'docs/client.md'], dependsOn: ['api'] },
			{ id: 'index', files: ['docs/**'], dependsOn: ['client'] },
		];
		// The client begins when the API is done, and the guide may take much longer than that.
		expect(waitsFor(subtasks)).toEqual({ api: [], guide: [], client: ['api', 'guide'], index: ['client'] });
	});

	it('never lets two own the same path at once', () => {
		const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
		const subtask = fc.record({ id, files: fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 2 }) });
		const plan = fc.tuple(
			fc.uniqueArray(subtask, { selector: (one) => one.id, minLength: 2 }),
			fc.array(fc.tuple(fc.nat(5), fc.nat(5))),
		);
		fc.assert(
			fc.property(plan, ([listed, edges]) => {
				const dependsOn = (at: number): string[] =>
					edges.flatMap(([to, from]) => (to === at && from < at ? (listed[from]?.id ?? []) : []));
				const subtasks = listed.map((one, at) => ({ ...one, dependsOn: [...new Set(dependsOn(at))] }));
				const waits = waitsFor(subtasks);
				const waitsOn = (a: string, b: string): boolean =>
					(waits[a] ?? []).some((other) => other === b || waitsOn(other, b));
				for (const one of subtasks) {
					for (const other of subtasks) {
						if (one.id === other.id || !one.files.some((file) => other.files.includes(file))) continue;
						expect(waitsOn(one.id, other.id) !== waitsOn(other.id, one.id), `${one.id}, ${other.id}`).toBe(true);
					}
				}
			}),
		);
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
