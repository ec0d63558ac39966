/**
 * Random histories of edits and merges give the same trees, conflicts, ancestors and changes on real git and on its
 * twin. Every line that is ever written is new, so that no rename is seen and every difference has one reading.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CommitId } from '../../shared/ports/index.ts';
import { type GitUnderTest, realGit, simGit, type TestFile, type TestFiles } from '../support/git.ts';

/** A merge costs 20 ms of real git; more are run by hand with GIT_PROPERTY_RUNS. */
const runs = Number(process.env.GIT_PROPERTY_RUNS ?? 20);
const paths = ['a', 'dir/x', 'dir/deep/ü y', 'z'];
type Mode = '100644' | '100755';

interface Version {
	readonly commit: CommitId;
	readonly files: ReadonlyMap<string, { readonly lines: readonly string[]; readonly mode: Mode }>;
}

const step = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('edit' as const),
			on: fc.nat(50),
			edits: fc.array(
				fc.record({
					path: fc.nat(paths.length - 1),
					what: fc.constantFrom('replace', 'insert', 'remove', 'delete', 'mode'),
					line: fc.nat(20),
				}),
				{ minLength: 1, maxLength: 4 },
			),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('merge' as const), ours: fc.nat(50), theirs: fc.nat(50) }) },
);

it('[I9] histories of edits and merges are the same on real git and on SimGit', async () => {
	const [real, sim] = await Promise.all([realGit(), simGit()]);
	const seen = { clean: 0, conflict: 0 };
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 9 }), async (steps) => {
			let written = 0;
			const fresh = (path: string): string => `${path} line ${written++} ${'abcdefghij'[written % 10]?.repeat(9)}`;
			const edited = (path: string, change: (lines: string[]) => string[], old?: readonly string[]): string[] => {
				const lines = change([...(old ?? Array.from({ length: 8 }, () => fresh(path)))]);
				return lines.length > 0 ? lines : [fresh(path)];
			};
			const start = new Map(
				paths.slice(1).map((path) => [path, { lines: edited(path, (lines) => lines), mode: '100644' as Mode }]),
			);
			const versions: Version[] = [{ commit: await both([], start), files: start }];
			const pick = (index: number): Version =>
				versions[index % versions.length] ?? versions[0] ?? expect.fail('no version');

			for (const one of steps) {
				if (one.kind === 'edit') {
					const on = pick(one.on);
					const files = new Map(on.files);
					for (const { path: index, what, line } of one.edits) {
						const path = paths[index] ?? '';
						const old = files.get(path);
						const at = line % ((old?.lines.length ?? 8) + 1);
						if (what === 'delete' && files.size > 1) files.delete(path);
						else if (what === 'mode' && old)
							files.set(path, { ...old, mode: old.mode === '100644' ? '100755' : '100644' });
						else {
							const change = {
								replace: (lines: string[]) => lines.toSpliced(at, 1, fresh(path)),
								insert: (lines: string[]) => lines.toSpliced(at, 0, fresh(path)),
								remove: (lines: string[]) => lines.toSpliced(at, 1),
							}[what as 'replace'];
							files.set(path, {
								lines: edited(path, change ?? ((lines) => lines), old?.lines),
								mode: old?.mode ?? '100644',
							});
						}
					}
					versions.push({ commit: await both([on.commit], files), files });
					continue;
				}
				const [ours, theirs] = [pick(one.ours), pick(one.theirs)];
				const sides = { ours: ours.commit, theirs: theirs.commit };
				// Of several best ancestors git makes one with conflict markers inside; the twin does not.
				if (sim.git.objects.mergeBases(sides.ours, sides.theirs).length !== 1) continue;
				const [result, expected] = await Promise.all([real.git.merge(sides), sim.git.merge(sides)]);
				expect(expected).toEqual(result);
				seen[result.kind]++;
				expect(await sim.git.mergeBase(ours.commit, theirs.commit)).toBe(
					await real.git.mergeBase(ours.commit, theirs.commit),
				);
				expect(await sim.git.changes(ours.commit, theirs.commit)).toEqual(
					await real.git.changes(ours.commit, theirs.commit),
				);
				if (result.kind === 'conflict') continue;
				const files = new Map(
					[...sim.git.objects.files(result.tree)].map(([path, { content, mode }]) => [
						path,
						{ lines: content.toString().trimEnd().split('\n'), mode: mode as Mode },
					]),
				);
				versions.push({ commit: await both([ours.commit, theirs.commit], files), files });
			}
		}),
		{ numRuns: runs },
	);
	await real.dispose();
	expect(seen.clean).toBeGreaterThan(3);
	expect(seen.conflict).toBeGreaterThan(0);

	async function both(parents: readonly CommitId[], files: Version['files']): Promise<CommitId> {
		const content: TestFiles = Object.fromEntries(
			[...files].map(([path, { lines, mode }]): [string, TestFile] => [
				path,
				{ content: `${lines.join('\n')}\n`, mode },
			]),
		);
		const ids = await Promise.all([real, sim].map((git: GitUnderTest) => git.commit(parents, content)));
		const trees = await Promise.all([real, sim].map((under, index) => under.git.treeOf(ids[index] ?? expect.fail())));
		expect(trees[0]).toBe(trees[1]);
		expect(ids[1]).toBe(ids[0]);
		return ids[0] ?? expect.fail('no commit');
	}
});
