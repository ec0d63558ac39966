/**
 * A patch as git writes it, in files and hunks: what a review counts and what is drawn one file at a time. A cut patch
 * has fewer hunks than it says files; what is missing is for the caller to say.
 */
export interface PatchFile {
	readonly path: string;
	/** Differs from `path` for what was renamed. */
	readonly before: string;
	readonly change: 'changed' | 'added' | 'deleted' | 'renamed' | 'binary';
	readonly hunks: readonly string[];
	readonly added: number;
	readonly removed: number;
}

export function readPatch(patch: string): readonly PatchFile[] {
	return patch
		.split(/^(?=diff --git )/m)
		.filter((part) => part.startsWith('diff --git '))
		.map(readFile);
}

export function hunksOf(files: readonly PatchFile[]): number {
	return files.reduce((sum, { hunks }) => sum + hunks.length, 0);
}

const openFilesMax = 12;
/** So many lines are drawn in a moment, also on a phone; a generated file of thousands holds the page up for seconds. */
const openLinesMax = 1_000;

/** How many of the files, from the first, are drawn at once; the others when they are opened. */
export function openAtFirst(files: readonly PatchFile[]): number {
	let lines = 0;
	const firstClosed = files.findIndex(({ added, removed, hunks }) => {
		// Each hunk has some lines around what it changes.
		lines += added + removed + hunks.length * 6;
		return lines > openLinesMax;
	});
	return Math.min(openFilesMax, firstClosed === -1 ? files.length : firstClosed);
}

/** What a diff drawing library takes for one file. */
export function headerOf({ before, path }: PatchFile): string {
	return `--- a/${before}\n+++ b/${path}\n`;
}

function readFile(part: string): PatchFile {
	const [head = '', ...hunks] = part.split(/^(?=@@ )/m);
	const lines = hunks.flatMap((hunk) => hunk.split('\n').slice(1));
	const from = /^--- (?:a\/(.+)|\/dev\/null)$/m.exec(head)?.[1];
	const to = /^\+\+\+ (?:b\/(.+)|\/dev\/null)$/m.exec(head)?.[1];
	const renamed = /^rename from (.+)\nrename to (.+)$/m.exec(head);
	const named = /^diff --git a\/(.+) b\/(.+)$/m.exec(head);
	const path = clean(to ?? renamed?.[2] ?? from ?? named?.[2] ?? '');
	return {
		path,
		before: clean(from ?? renamed?.[1] ?? path),
		change: changeOf(head, renamed !== null),
		hunks,
		added: lines.filter((line) => line.startsWith('+')).length,
		removed: lines.filter((line) => line.startsWith('-')).length,
	};
}

function changeOf(head: string, renamed: boolean): PatchFile['change'] {
	if (/^(?:Binary files |GIT binary patch)/m.test(head)) return 'binary';
	if (/^new file mode /m.test(head)) return 'added';
	if (/^deleted file mode /m.test(head)) return 'deleted';
	return renamed ? 'renamed' : 'changed';
}

function clean(path: string): string {
	return path.replace(/\t$/, '').replace(/^"(.*)"$/, '$1');
}
