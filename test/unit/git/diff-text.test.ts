/** A difference as people read it: what of it is shown, and how much there is, also where it is too long to be shown. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CanonicalRepository, diffText } from '../../../shared/git/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { commitInto, newCanonical, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const files = 40;
const lines = (changed: string): string =>
	Array.from({ length: 60 }, (_, line) => (line % 30 === 0 ? changed : `@@ line ${line}`)).join('\n');
const filesWith = (changed: string) =>
	Object.fromEntries(Array.from({ length: files }, (_, at) => [`file-${at}.txt`, `${lines(changed)}\n`]));
let repository: CanonicalRepository;
let from: CommitId;
let to: CommitId;
beforeAll(async () => {
	repository = await newCanonical(`${folder.path}/canonical.git`);
	from = commitInto(repository.path, [], filesWith('before'), 'before');
	to = commitInto(repository.path, [from], filesWith('after'), 'after');
});
afterAll(async () => {
	await repository.close();
	folder.remove();
});

describe('a patch', () => {
	it('has every hunk where it fits, and counts no line of a file as one', async () => {
		const { patch, hunks, cut } = await diffText(repository, { from, to, bytesMax: 10_000_000 });
		expect(cut).toBeNull();
		expect(hunks).toBe(files * 2);
		expect(patch.match(/^@@ -/gm)).toHaveLength(files * 2);
	});

	it('says how many hunks there are where it is cut, and which files are not in it', async () => {
		const { patch, hunks, cut } = await diffText(repository, { from, to, bytesMax: 1_000 });
		expect(hunks).toBe(files * 2);
		expect(patch.length).toBeLessThanOrEqual(1_000);
		expect(cut?.files).toHaveLength(files - (patch.match(/^diff --git/gm)?.length ?? 0));
	});
});
