import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patternsOverlap, planWaves, type Subtask } from '../../../shared/plan/index.ts';
import { GanglineError } from '../../../shared/ports/index.ts';
import { processorMsSince } from '../../support/processor-time.ts';

interface Case {
	readonly name: string;
	readonly subtasks: readonly Subtask[];
	readonly waves?: string[][][];
	readonly error?: string;
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
	readFileSync(new URL('../../fixtures/spec/waves.json', import.meta.url), 'utf8'),
);

function planned(subtasks: readonly Subtask[]): string[][][] | string {
	try {
		return planWaves(subtasks);
	} catch (error) {
		if (error instanceof GanglineError && error.code === 'INVALID_PLAN') return error.message;
		throw error;
	}
}

const subtask = (id: string, dependsOn: string[] = [], files = [id], kind?: Subtask['kind']): Subtask => {
	return { id, dependsOn, files, ...(kind && { kind }) };
};

describe('the given cases', () => {
	for (const { name, subtasks, waves, error } of cases) {
		test(name, () => {
			const before = structuredClone(subtasks);
			expect(planned(subtasks)).toStrictEqual(waves ?? error);
			expect(planned([...subtasks].reverse())).toStrictEqual(waves ?? error);
			expect(subtasks).toStrictEqual(before);
		});
	}
});

describe('an impossible plan names the subtasks at fault', () => {
	test('only those on a circle, not what waits for one or lies between two', () => {
		expect(planned([subtask('a', ['b']), subtask('b', ['a']), subtask('z', ['a']), subtask('0')])).toBe('cycle: a, b');
		const bridge = [subtask('a', ['a', 'm']), subtask('m', ['z']), subtask('z', ['z'])];
		expect(planned(bridge)).toBe('cycle: a, z');
	});

	test('all of them, by id, and the first kind of fault that is looked for', () => {
		expect(planned([subtask('b', ['y']), subtask('a', ['x', 'y'])])).toBe('unknown: x, y');
		expect(planned([subtask('a', ['z']), subtask('a'), subtask('a')])).toBe('duplicate: a');
		expect(planned([subtask('f', ['a'], ['f'], 'foundation'), subtask('a', ['z'])])).toBe('unknown: z');
		const foundation = [subtask('f', ['a'], ['f'], 'foundation'), subtask('a', ['f'])];
		expect(planned(foundation)).toBe('foundation: f');
		expect(planned([subtask('__proto__', ['constructor'])])).toBe('unknown: constructor');
	});
});

test('groups take subtasks in the order of their ids, by code unit', () => {
	const wave = [
		subtask('b', [], ['x/**']),
		subtask('a', [], ['x/y']),
		subtask('Z', [], ['x/y/z']),
		subtask('c', [], ['w']),
	];
	expect(planWaves(wave)).toEqual([[['Z', 'c'], ['a'], ['b']]]);
});

test('a thousand subtasks are planned in well under a second, apart, in one chain, or all over each other', () => {
	const many = (make: (at: number) => Subtask): readonly Subtask[] => Array.from({ length: 1000 }, (_, at) => make(at));
	const before = process.cpuUsage();
	expect(planWaves(many((at) => subtask(`s${at}`, [], [`src/m${at}/**`])))[0]).toHaveLength(1);
	expect(planWaves(many((at) => subtask(`s${at}`, at ? [`s${at - 1}`] : [])))).toHaveLength(1000);
	expect(planWaves(many((at) => subtask(`s${at}`, [], [])))[0]).toHaveLength(1000);
	expect(planned(many((at) => subtask(`s${at}`, [`s${(at + 1) % 1000}`])))).toContain('cycle: s0, s1, s10, ');
	expect(processorMsSince(before)).toBeLessThan(3000);
});

test('any plan: waves respect dependencies, groups share no paths, everything is planned once', () => {
	const file = fc.constantFrom('a', 'a/b', 'a/**', 'a/b/*.ts', 'c/?', 'c/d', '**', '*.md', 'e');
	const plan = fc
		.array(
			fc.record({
				files: fc.array(file, { maxLength: 3 }),
				back: fc.array(fc.nat(20), { maxLength: 3 }),
				base: fc.nat(4),
			}),
			{
				maxLength: 25,
			},
		)
		.map((list): Subtask[] => {
			const foundations = list.map(({ base }) => base === 0);
			return list.map(({ files, back }, at) => {
				const earlier = back.filter((to) => to < at && (!foundations[at] || foundations[to]));
				return subtask(
					`s${at}`,
					earlier.map((to) => `s${to}`),
					files,
					foundations[at] ? 'foundation' : 'feature',
				);
			});
		});
	let groups = 0;
	const property = fc.property(plan, (subtasks) => {
		const waves = planWaves(subtasks);
		const byId = new Map(subtasks.map((one) => [one.id, one]));
		const level = new Map(waves.flatMap((wave, at) => wave.flat().map((id) => [id, at] as const)));
		expect(waves.flat(2).sort()).toEqual(subtasks.map(({ id }) => id).sort());
		for (const { id, dependsOn, kind } of subtasks) {
			const waitsFor = subtasks.filter(
				(other) => dependsOn.includes(other.id) || (kind === 'feature' && other.kind === 'foundation'),
			);
			const highest = Math.max(-1, ...waitsFor.map((other) => level.get(other.id) ?? Number.NaN));
			expect(level.get(id)).toBe(highest + 1);
		}
		for (const group of waves.flat()) {
			groups += group.length > 1 ? 1 : 0;
			const members = group.map((id) => byId.get(id)?.files ?? []);
			members.forEach((files, at) => {
				for (const others of members.slice(at + 1)) expect(overlap(files, others)).toBe(false);
			});
		}
		expect(planWaves([...subtasks].reverse())).toEqual(waves);
	});
	fc.assert(property, { numRuns: 200 });
	expect(groups).toBeGreaterThan(20);
});

function overlap(files: readonly string[], others: readonly string[]): boolean {
	if (files.length === 0 || others.length === 0) return true;
	return files.some((file) => others.some((other) => patternsOverlap(file, other)));
}
