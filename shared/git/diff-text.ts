/**
 * A difference as people read it: per-file counts, and the patch, bounded, with what was cut named. For showing only;
 * what two differences have in common is decided by patch ids, never by this text.
 */
import type { CommitId } from '../ports/ids.ts';
import type { CanonicalRepository } from './canonical-repository.ts';

export interface DiffStat {
	readonly files: number;
	readonly insertions: number;
	readonly deletions: number;
	/** The first `pathsMax`; null counts are binary files. */
	readonly paths: readonly {
		readonly path: string;
		readonly insertions: number | null;
		readonly deletions: number | null;
	}[];
}

export interface DiffText {
	readonly patch: string;
	/** Of the whole patch. */
	readonly hunks: number;
	/** What is not in `patch`; null when it is whole. */
	readonly cut: { readonly bytes: number; readonly files: readonly string[] } | null;
}

const pathsMax = 200;
const safe = ['--no-ext-diff', '--no-textconv', '--no-color', '--no-renames'];

export async function diffStat(repository: CanonicalRepository, from: CommitId, to: CommitId): Promise<DiffStat> {
	const fields = await repository.git.fields({
		cwd: repository.path,
		args: ['diff-tree', '-r', '-z', '--numstat', ...safe, from, to],
	});
	const paths = fields.map((field) => {
		const [insertions = '-', deletions = '-', ...path] = field.split('\t');
		return { path: path.join('\t'), insertions: count(insertions), deletions: count(deletions) };
	});
	return {
		files: paths.length,
		insertions: paths.reduce((sum, { insertions }) => sum + (insertions ?? 0), 0),
		deletions: paths.reduce((sum, { deletions }) => sum + (deletions ?? 0), 0),
		paths: paths.slice(0, pathsMax),
	};
}

/** The patch, cut at a line end at `bytesMax`; renames shown as such. */
export async function diffText(
	repository: CanonicalRepository,
	{ from, to, bytesMax }: { from: CommitId; to: CommitId; bytesMax: number },
): Promise<DiffText> {
	const kept: Buffer[] = [];
	const hunks = new HunkCount();
	let total = 0;
	await repository.git.run({
		cwd: repository.path,
		args: ['diff-tree', '-r', '-p', '-M', '--no-ext-diff', '--no-textconv', '--no-color', from, to],
		onStdout: (piece) => {
			const room = bytesMax - total;
			if (room > 0) kept.push(piece.subarray(0, room));
			total += piece.length;
			hunks.take(piece);
		},
	});
	const text = Buffer.concat(kept).toString();
	if (total <= bytesMax) return { patch: text, hunks: hunks.count, cut: null };
	const patch = text.slice(0, text.lastIndexOf('\n') + 1);
	const { paths } = await diffStat(repository, from, to);
	const shown = new Set([...patch.matchAll(/^diff --git a\/.* b\/(.*)$/gm)].map(([, path]) => path));
	const files = paths.map(({ path }) => path).filter((path) => !shown.has(path));
	return { patch, hunks: hunks.count, cut: { bytes: total - Buffer.byteLength(patch), files } };
}

const hunkStart = Buffer.from('\n@@ ');

/** Counts heads of hunks in a patch that comes in pieces, split anywhere. Lines of files have a sign before them. */
class HunkCount {
	#count = 0;
	#end: Uint8Array = Buffer.alloc(0);

	get count(): number {
		return this.#count;
	}

	take(piece: Buffer): void {
		const text = Buffer.concat([this.#end, piece]);
		for (let at = text.indexOf(hunkStart); at >= 0; at = text.indexOf(hunkStart, at + 1)) this.#count += 1;
		this.#end = text.subarray(-(hunkStart.length - 1));
	}
}

function count(text: string): number | null {
	return text === '-' ? null : Number(text);
}
