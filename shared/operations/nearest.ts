/** "Did you mean": the known name nearest to what was typed, by edits (insert, delete, replace, swap of neighbours). */

/** Null where nothing is near enough: more than a third of the letters (at least one) would have to change. */
export function nearest(typed: string, known: readonly string[]): string | null {
	const wanted = typed.slice(0, 64).toLowerCase();
	const allowed = Math.max(1, Math.floor(wanted.length / 3));
	let best: { readonly name: string; readonly edits: number } | null = null;
	for (const name of known) {
		const edits = distance(wanted, name.toLowerCase());
		if (edits <= allowed && (best === null || edits < best.edits)) best = { name, edits };
	}
	return best?.name ?? null;
}

/** Optimal string alignment distance. */
function distance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i += 1) {
		const row = [i];
		for (let j = 1; j <= b.length; j += 1) {
			const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
			let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced);
			const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
			row.push(cost);
		}
		beforeLast = last;
		last = row;
	}
	return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
	return row[index] ?? Number.POSITIVE_INFINITY;
}
