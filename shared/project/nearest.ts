/**
 * "Did you mean …?": the known word that a mistyped one is closest to, or none when nothing is close enough to be
 * worth saying.
 */

/** The known word within a third of the word's length in edits, the first of the closest ones. */
export function nearest(word: string, known: readonly string[]): string | null {
	const reach = Math.max(1, Math.ceil(word.length / 3));
	let best: { word: string; distance: number } | null = null;
	for (const candidate of known) {
		const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
		if (distance <= reach && (best === null || distance < best.distance)) best = { word: candidate, distance };
	}
	return best?.word ?? null;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, column) => column);
	for (let row = 1; row <= a.length; row += 1) {
		const current = [row];
		for (let column = 1; column <= b.length; column += 1) {
			const same = a[row - 1] === b[column - 1];
			let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
			const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
			if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
			current.push(cost);
		}
		beforeLast = last;
		last = current;
	}
	return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
	return row[column] ?? Number.POSITIVE_INFINITY;
}
