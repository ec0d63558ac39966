/**
 * The few places in which two texts differ. A text is replaced by small edits where it really changed, so that what
 * others write elsewhere in it at the same time survives the merge.
 */
import { linePairsMax } from './limits.ts';

/** Removes `remove` characters (UTF-16) at `at` of the old text and puts `insert` there. */
export interface TextEdit {
	readonly at: number;
	readonly remove: number;
	readonly insert: string;
}

/** Edits from `before` to `after`, last place first, so that each position holds when it is applied. */
export function textEdits(before: string, after: string): readonly TextEdit[] {
	const frame = trim({ at: 0, remove: before.length, insert: after }, before);
	if (!frame) return [];
	const removed = linesOf(before.slice(frame.at, frame.at + frame.remove));
	const inserted = linesOf(frame.insert);
	if (removed.length * inserted.length > linePairsMax) return [frame];
	return hunks(removed, inserted, frame.at)
		.flatMap((hunk) => trim(hunk, before) ?? [])
		.reverse();
}

/** The edit without what is equal at both its ends; undefined when nothing is left. */
function trim({ at, remove, insert }: TextEdit, before: string): TextEdit | undefined {
	const max = Math.min(remove, insert.length);
	let start = 0;
	while (start < max && before[at + start] === insert[start]) start++;
	if (start > 0 && isHighSurrogate(insert.charCodeAt(start - 1))) start--;
	let end = 0;
	while (end < max - start && before[at + remove - 1 - end] === insert[insert.length - 1 - end]) end++;
	if (end > 0 && isLowSurrogate(insert.charCodeAt(insert.length - end))) end--;
	const kept = { at: at + start, remove: remove - start - end, insert: insert.slice(start, insert.length - end) };
	return kept.remove === 0 && kept.insert === '' ? undefined : kept;
}

/** Runs of lines that are not in the longest common subsequence of both. */
function hunks(removed: readonly string[], inserted: readonly string[], offset: number): readonly TextEdit[] {
	const common = commonLengths(removed, inserted);
	const width = inserted.length + 1;
	const found: TextEdit[] = [];
	let hunk = { at: offset, remove: 0, insert: '' };
	const close = (at: number): void => {
		if (hunk.remove > 0 || hunk.insert !== '') found.push(hunk);
		hunk = { at, remove: 0, insert: '' };
	};
	let at = offset;
	for (let i = 0, j = 0; i < removed.length || j < inserted.length; ) {
		const line = removed[i] ?? '';
		if (i < removed.length && j < inserted.length && line === inserted[j]) {
			i++;
			j++;
			at += line.length;
			close(at);
		} else if (
			i < removed.length &&
			(j === inserted.length || at2(common, width, i + 1, j) >= at2(common, width, i, j + 1))
		) {
			i++;
			at += line.length;
			hunk.remove += line.length;
		} else {
			hunk.insert += inserted[j++] ?? '';
		}
	}
	close(at);
	return found;
}

/** common[i, j]: how many lines the rests from i and from j have in common, in order. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
	const width = b.length + 1;
	const lengths = new Uint32Array((a.length + 1) * width);
	for (let i = a.length - 1; i >= 0; i--) {
		for (let j = b.length - 1; j >= 0; j--) {
			lengths[i * width + j] =
				a[i] === b[j]
					? at2(lengths, width, i + 1, j + 1) + 1
					: Math.max(at2(lengths, width, i + 1, j), at2(lengths, width, i, j + 1));
		}
	}
	return lengths;
}

const at2 = (table: Uint32Array, width: number, i: number, j: number): number => table[i * width + j] ?? 0;
const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
