/**
 * What differs between two texts of one file, as a patch that `git apply` takes. git compares them, so that a patch is
 * never this project's own idea of one; both texts are left in the object store, which no ref knows of.
 */
import type { CanonicalRepository } from './canonical-repository.ts';

export interface TextChange {
	/** Of the file, relative to the top of the tree. */
	readonly path: string;
	readonly before: string;
	readonly after: string;
}

/** The patch; empty where the texts are equal. */
export async function textPatch(repository: CanonicalRepository, change: TextChange): Promise<string> {
	const { path, before, after } = change;
	const blob = (text: string): Promise<string> =>
		repository.git.line({ cwd: repository.path, args: ['hash-object', '-w', '--stdin'], stdin: text });
	const blobs = [await blob(before), await blob(after)];
	const { stdout } = await repository.git.run({
		cwd: repository.path,
		args: ['diff', '--no-ext-diff', '--no-textconv', '--no-color', '--text', ...blobs, '--'],
	});
	const patch = stdout.toString();
	const hunks = patch.indexOf('\n@@ ');
	return hunks === -1 ? '' : `--- a/${path}\n+++ b/${path}${patch.slice(hunks)}`;
}
