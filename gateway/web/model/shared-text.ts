/**
 * A text field over a text that others write too: what a person typed as the smallest edit, and where the caret belongs
 * after somebody else has written. Pure.
 */
export interface TextChange {
	readonly at: number;
	readonly removed: number;
	readonly inserted: string;
}

/** What was typed, given the caret behind it: repeated letters make the place ambiguous, the caret does not. */
export function changeBetween(before: string, after: string, caret: number): TextChange | null {
	if (before === after) return null;
	const most = Math.min(before.length, after.length);
	const tailMost = Math.min(after.length - caret, most);
	let tail = 0;
	while (tail < tailMost && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
	let head = 0;
	while (head < most - tail && before[head] === after[head]) head += 1;
	if (isLowSurrogate(before, head) || isLowSurrogate(after, head)) head -= 1;
	if (isLowSurrogate(before, before.length - tail) || isLowSurrogate(after, after.length - tail)) tail -= 1;
	const [removed, inserted] = [before.length - head - tail, after.slice(head, after.length - tail)];
	return { at: head, removed: Math.max(0, removed), inserted };
}

/** Pieces as Yjs tells of a change: kept, inserted, deleted. */
export type Piece = { readonly retain: number } | { readonly insert: string } | { readonly delete: number };

/** Where a place of the text is after a change by somebody else. */
export function movedCaret(caret: number, pieces: readonly Piece[]): number {
	let place = 0;
	let moved = caret;
	for (const piece of pieces) {
		if ('retain' in piece) place += piece.retain;
		else if ('insert' in piece) {
			if (place < moved) moved += piece.insert.length;
			place += piece.insert.length;
		} else {
			const lost = Math.min(piece.delete, Math.max(0, moved - place));
			moved -= lost;
		}
		if (place > moved) break;
	}
	return moved;
}

/** The line of a place, from 1. */
export function lineAt(text: string, place: number): number {
	let line = 1;
	for (let at = 0; at < Math.min(place, text.length); at += 1) if (text[at] === '\n') line += 1;
	return line;
}

function isLowSurrogate(text: string, at: number): boolean {
	const code = text.charCodeAt(at);
	return code >= 0xdc00 && code <= 0xdfff;
}
