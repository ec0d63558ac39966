/**
 * Random histories of edits and merges give the same trees, conflicts, ancestors and changes on real git and on its
 * twin. Every line that is ever written is new, so that no rename is seen and every difference has one reading.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CommitId } from '../../shared/ports/index.ts';
import { realGit, simGit, type TestFile } from '../support/git.ts';

/** A merge costs 50 ms of real git; more are run by hand with GIT_PROPERTY_RUNS. */
const runs = Number(process.env.GIT_PROPERTY_RUNS ?? 20);
const paths = ['a', 'dir/x', 'dir/deep/ü y', 'z'];
type Mode = '100644' | '100755';
type Files = ReadonlyMap<string, { readonly lines: readonly string[]; readonly mode: Mode }>;

interface Version {
	readonly commit: CommitId;
	readonly files: Files;
}

const edits = fc.array(
	fc.record({
		path: fc.constantFrom(...paths),
		what: fc.constantFrom('replace', 'insert', 'remove', 'delete', 'mode'),
		line: fc.nat(8),
	}),
	{ minLength: 1, maxLength: 4 },
);
type Edits = typeof edits extends fc.Arbitrary<infer Value> ? Value : never;

const step = fc.oneof(
	/** Two children of one version, merged. */
	fc.record({ kind: fc.constant('fork' as const), on: fc.nat(50), left: edits, right: edits }),
	/** Any two versions, merged. */
	fc.record({ kind: fc.constant('merge' as const), ours: fc.nat(50), theirs: fc.nat(50) }),
);

it('[I9] histories of edits and merges are the same on real git and on SimGit', async () => {
	const [real, sim] = await Promise.all([realGit(), simGit()]);
	const seen = { clean: 0, conflict: 0 };
	let written = 0;
	const fresh = (path: string): string => `${path} line ${written} ${'abcdefghij'[written++ % 10]?.repeat(9)}`;

	const edit = (before: Files, list: Edits): Files => {
		const files = new Map(before);
		for (const { path, what, line } of list) {
			const old = files.get(path);
			const lines = [...(old?.lines ?? Array.from({ length: 8 }, () => fresh(path)))];
			const mode = old?.mode ?? '100644';
			if (what === 'delete' && files.size > 1) files.delete(path);
			else if (what === 'mode') files.set(path, { lines, mode: mode === '100644' ? '100755' : '100644' });
			else if (what === 'insert') files.set(path, { lines: lines.toSpliced(line, 0, fresh(path)), mode });
			else if (what === 'replace') files.set(path, { lines: lines.toSpliced(line, 1, fresh(path)), mode });
			else if (lines.length > 1) files.set(path, { lines: lines.toSpliced(line, 1), mode });
		}
		return files;
	};
	const commit = async (parents: readonly CommitId[], files: Files): Promise<Version> => {
		const content = Object.fromEntries(
			[...files].map(([path, { lines, mode }]): [string, TestFile] => [
				path,
				{ content: `${lines.join('\n')}\n`, mode },
			]),
		);
		const [inReal, inSim] = await Promise.all([real.commit(parents, content), sim.commit(parents, content)]);
		expect(inSim).toBe(inReal);
		return { commit: inReal, files };
	};
	/** Merges on both, compares, and answers the version that a clean merge makes. */
	const merge = async (ours: CommitId, theirs: CommitId): Promise<Version | null> => {
		const [result, expected] = await Promise.all([real.git.merge({ ours, theirs }), sim.git.merge({ ours, theirs })]);
		expect(expected).toEqual(result);
		seen[result.kind]++;
		expect(await sim.git.mergeBase(ours, theirs)).toBe(await real.git.mergeBase(ours, theirs));
		expect(await sim.git.changes(ours, theirs)).toEqual(await real.git.changes(ours, theirs));
		if (result.kind === 'conflict') return null;
		const merged = [...sim.git.objects.files(result.tree)].map(([path, { content, mode }]) => {
			const lines = content.toString().trimEnd().split('\n');
			return [path, { lines, mode: mode === '100755' ? mode : '100644' }] as const;
		});
		return commit([ours, theirs], new Map(merged));
	};

	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
			const all = paths.slice(1).map((path): Edits[number] => ({ path, what: 'replace', line: 0 }));
			const versions = [await commit([], edit(new Map(), all))];
			const pick = (index: number): Version => versions[index % versions.length] ?? expect.fail('no version');
			for (const one of steps) {
				let sides = [
					one.kind === 'merge' ? pick(one.ours) : pick(one.on),
					one.kind === 'merge' ? pick(one.theirs) : pick(one.on),
				] as const;
				if (one.kind === 'fork') {
					const { commit: parent, files } = sides[0];
					sides = [await commit([parent], edit(files, one.left)), await commit([parent], edit(files, one.right))];
					versions.push(...sides);
				}
				const [ours, theirs] = [sides[0].commit, sides[1].commit];
				// Of several best ancestors git makes one with conflict markers inside; the twin does not.
				if (sim.git.objects.mergeBases(ours, theirs).length !== 1) continue;
				const merged = await merge(ours, theirs);
				if (merged) versions.push(merged);
			}
		}),
		{ numRuns: runs },
	);
	await real.dispose();
	expect(seen.clean).toBeGreaterThan(5);
	expect(seen.conflict).toBeGreaterThan(2);
});
