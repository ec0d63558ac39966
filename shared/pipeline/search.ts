/** Finds items by words in what people wrote of them. Pure; the same over open items and over segments. */
import type { Item } from './item.ts';

export interface Found {
	readonly item: Item;
	/** Larger is better: words in the title count more than words elsewhere. */
	readonly score: number;
	/** A piece of the text around the first hit outside of the title; null where there is none. */
	readonly snippet: string | null;
}

const titleScore = 10;
const labelScore = 5;
const snippetCharacters = 120;

/** Items that have every word somewhere, best first, then the newest. `#12` and `12` find the number too. */
export function searchItems(items: readonly Item[], query: string): readonly Found[] {
	const words = fold(query).split(/\s+/).filter(Boolean);
	if (words.length === 0) return [];
	return items
		.flatMap((item) => match(item, words) ?? [])
		.sort((a, b) => b.score - a.score || b.item.number - a.item.number);
}

function match(item: Item, words: readonly string[]): Found | null {
	const title = fold(item.title);
	const labels = item.labels.map(fold);
	const text = [item.description, ...item.words].join('\n');
	const folded = fold(text);
	let score = 0;
	let at = -1;
	for (const word of words) {
		const inText = folded.indexOf(word);
		const found =
			(title.includes(word) ? titleScore : 0) +
			(labels.includes(word) ? labelScore : 0) +
			(word.replace(/^#/, '') === String(item.number) ? titleScore : 0) +
			(inText >= 0 ? 1 : 0);
		if (found === 0) return null;
		score += found;
		if (at < 0) at = inText;
	}
	return { item, score, snippet: at < 0 ? null : around(text, at) };
}

/** Case and compatibility forms do not matter; lengths stay close enough for a snippet. */
function fold(text: string): string {
	return text.normalize('NFKC').toLowerCase();
}

function around(text: string, at: number): string {
	const from = Math.max(0, at - snippetCharacters / 3);
	const piece = text
		.slice(from, from + snippetCharacters)
		.replace(/\s+/g, ' ')
		.trim();
	return `${from > 0 ? '…' : ''}${piece}${from + snippetCharacters < text.length ? '…' : ''}`;
}
