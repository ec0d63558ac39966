/**
 * The three-way merge of the simulated repository. Rules as in git: what only one side changed is taken; changes of one
 * file are merged by lines, and lines that touch each other conflict unless both sides made them equal.
 */
import { type Entry, type Files, objectId, sameEntry } from './sim-git-objects.ts';

export function mergeFiles(base: Files, ours: Files, theirs: Files): { files: Files; conflicts: string[] } {
	const files = new Map<string, Entry>();
	const conflicts = new Set<string>();
	for (const path of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
		const merged = mergeEntry(base.get(path), ours.get(path), theirs.get(path));
		if (merged === 'conflict') conflicts.add(path);
		// A conflict keeps our side: only a virtual base looks at it.
		const entry = merged === 'conflict' ? (ours.get(path) ?? theirs.get(path)) : merged;
		if (entry !== undefined) files.set(path, entry);
	}
	for (const path of files.keys()) {
		for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
			if (files.has(path.slice(0, slash))) conflicts.add(path.slice(0, slash));
		}
	}
	return { files, conflicts: [...conflicts].sort() };
}

function mergeEntry(
	base: Entry | undefined,
	ours: Entry | undefined,
	theirs: Entry | undefined,
): Entry | undefined | 'conflict' {
	if (sameEntry(ours, theirs) || sameEntry(base, theirs)) return ours;
	if (sameEntry(base, ours)) return theirs;
	if (ours === undefined || theirs === undefined) return 'conflict';
	const mode = pick(base?.mode, ours.mode, theirs.mode);
	const id = pick(base?.id, ours.id, theirs.id);
	if (mode === 'conflict') return 'conflict';
	if (id !== 'conflict') return { mode, id, content: id === ours.id ? ours.content : theirs.content };
	if (mode === '120000' || [base, ours, theirs].some((entry) => entry?.content.includes(0))) return 'conflict';
	const lines = mergeLines(linesOf(base), linesOf(ours), linesOf(theirs));
	if (lines === 'conflict') return 'conflict';
	const content = Buffer.from(lines.join(''), 'latin1');
	return { mode, id: objectId('blob', content), content };
}

function pick<Value>(base: Value | undefined, ours: Value, theirs: Value): Value | 'conflict' {
	if (ours === theirs || base === theirs) return ours;
	return base === ours ? theirs : 'conflict';
}

/** One character per byte: every content has lines and comes back unchanged. */
export function linesOf(entry: Entry | undefined): string[] {
	return entry?.content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Lines [from, to) of the base were replaced by `lines`. */
export interface Hunk {
	readonly from: number;
	readonly to: number;
	readonly lines: readonly string[];
}

function mergeLines(
	base: readonly string[],
	ours: readonly string[],
	theirs: readonly string[],
): string[] | 'conflict' {
	const [left, right] = [hunksOf(base, ours), hunksOf(base, theirs)];
	const merged: string[] = [];
	let at = 0;
	for (let group = nextGroup(left, right); group !== null; group = nextGroup(left, right)) {
		const ourSide = applied(base, group.from, group.to, group.left);
		const theirSide = applied(base, group.from, group.to, group.right);
		if (group.left.length > 0 && group.right.length > 0 && ourSide.join('') !== theirSide.join('')) return 'conflict';
		merged.push(...base.slice(at, group.from), ...(group.left.length > 0 ? ourSide : theirSide));
		at = group.to;
	}
	return [...merged, ...base.slice(at)];
}

/** Takes the next hunk off both lists together with all that touch it, directly or through one another. */
function nextGroup(left: Hunk[], right: Hunk[]): { from: number; to: number; left: Hunk[]; right: Hunk[] } | null {
	const first = [left[0], right[0]].filter((hunk) => hunk !== undefined).sort((a, b) => a.from - b.from)[0];
	if (first === undefined) return null;
	const group = { from: first.from, to: first.to, left: [] as Hunk[], right: [] as Hunk[] };
	for (let grown = true; grown; ) {
		grown = false;
		for (const [hunks, taken] of [[left, group.left] as const, [right, group.right] as const]) {
			const hunk = hunks[0];
			if (hunk === undefined || hunk.from > group.to) continue;
			taken.push(hunk);
			hunks.shift();
			group.to = Math.max(group.to, hunk.to);
			grown = true;
		}
	}
	return group;
}

function applied(base: readonly string[], from: number, to: number, hunks: readonly Hunk[]): string[] {
	const lines: string[] = [];
	let at = from;
	for (const hunk of hunks) {
		lines.push(...base.slice(at, hunk.from), ...hunk.lines);
		at = hunk.to;
	}
	return [...lines, ...base.slice(at, to)];
}

/** What turns `base` into `side`, by a longest common subsequence of what lies between equal beginnings and ends. */
export function hunksOf(base: readonly string[], side: readonly string[]): Hunk[] {
	let start = 0;
	while (start < base.length && start < side.length && base[start] === side[start]) start++;
	let [endBase, endSide] = [base.length, side.length];
	while (endBase > start && endSide > start && base[endBase - 1] === side[endSide - 1]) {
		endBase--;
		endSide--;
	}
	const common = longestCommon(base.slice(start, endBase), side.slice(start, endSide));
	const hunks: Hunk[] = [];
	let [inBase, inSide] = [start, start];
	for (const [b, s] of [...common, [endBase - start, endSide - start] as const]) {
		if (start + b > inBase || start + s > inSide) {
			hunks.push({ from: inBase, to: start + b, lines: side.slice(inSide, start + s) });
		}
		[inBase, inSide] = [start + b + 1, start + s + 1];
	}
	return hunks;
}

/** Index pairs of a longest common subsequence. Quadratic: simulated files are small. */
function longestCommon(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
	const width = b.length + 1;
	const lengths = new Uint32Array((a.length + 1) * width);
	const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
	for (let i = a.length - 1; i >= 0; i--) {
		for (let j = b.length - 1; j >= 0; j--) {
			lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
		}
	}
	const pairs: (readonly [number, number])[] = [];
	for (let i = 0, j = 0; i < a.length && j < b.length; ) {
		if (a[i] === b[j]) pairs.push([i++, j++]);
		else if (at(i + 1, j) >= at(i, j + 1)) i++;
		else j++;
	}
	return pairs;
}
