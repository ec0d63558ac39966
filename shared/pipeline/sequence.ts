/**
 * In which order intents are judged, and which have to wait. Per author strictly by number; among the authors' next
 * ones the smallest (time, author) first. The order of the list, repetitions and what the entries say do not matter,
 * so every replica that folds the same set over the same facts judges the same sequence [I1, I14].
 */
import type { Intent, IntentId, Outcome, Refusal } from './intent.ts';
import { nameCharactersMax } from './limits.ts';

export interface Settled {
	readonly outcomes: Readonly<Record<IntentId, Outcome>>;
	readonly acceptedUpTo: Readonly<Record<string, number>>;
}

/** Called once for each intent whose turn it is; null: it was applied. */
export type Judge = (intent: Intent) => Refusal | null;

/** Hands the intents to `judge` one by one, and says what became of each. */
export function settle(before: Readonly<Record<string, number>>, intents: readonly Intent[], judge: Judge): Settled {
	const outcomes = new Map<IntentId, Outcome>();
	const acceptedUpTo = new Map(Object.entries(before));
	const authors = byAuthor(intents);
	const heads: Intent[] = [];
	for (const [author, entries] of authors) {
		const done = acceptedUpTo.get(author) ?? 0;
		for (const [n, intent] of entries) if (n <= done) outcomes.set(idOf(intent), 'duplicate');
		const head = entries.get(done + 1);
		if (head) push(heads, head);
	}
	for (let intent = pop(heads); intent; intent = pop(heads)) {
		const refusal = judge(intent);
		outcomes.set(idOf(intent), refusal === null ? 'applied' : `refused:${refusal}`);
		acceptedUpTo.set(intent.author, intent.n);
		const next = authors.get(intent.author)?.get(intent.n + 1);
		if (next) push(heads, next);
	}
	for (const [author, entries] of authors) {
		const done = acceptedUpTo.get(author) ?? 0;
		for (const [n, intent] of entries) {
			// A number between two others was passed over: nothing can come of it any more.
			if (!outcomes.has(idOf(intent))) outcomes.set(idOf(intent), n <= done ? 'duplicate' : 'waiting');
		}
	}
	// fromEntries defines its keys, so that an author called `__proto__` is a key like any other.
	return { outcomes: Object.fromEntries(outcomes), acceptedUpTo: Object.fromEntries(acceptedUpTo) };
}

export function idOf(intent: Intent): IntentId {
	return `${intent.author}#${intent.n}`;
}

/** For whom it speaks, never empty; a longer name than a record may hold is cut. */
export function whoOf({ who, author }: Intent): string {
	return (who || author).slice(0, nameCharactersMax).toWellFormed();
}

/** Authors by name, their entries by number, so that the answer too does not depend on the order of the list. */
function byAuthor(intents: readonly Intent[]): Map<string, Map<number, Intent>> {
	const authors = new Map<string, Map<number, Intent>>();
	for (const intent of intents) {
		const entries = authors.get(intent.author) ?? new Map<number, Intent>();
		authors.set(intent.author, entries);
		const known = entries.get(intent.n);
		entries.set(intent.n, known ? chosen(known, intent) : intent);
	}
	const sorted = [...authors].sort(([a], [b]) => compare(a, b));
	return new Map(sorted.map(([author, entries]) => [author, new Map([...entries].sort(([a], [b]) => a - b))]));
}

/** Of two entries with one number (a repetition, or an author that broke its log) the same one on every replica. */
function chosen(a: Intent, b: Intent): Intent {
	if (a === b) return a;
	return compare(canonical(a), canonical(b)) <= 0 ? a : b;
}

function canonical(value: unknown): string {
	return JSON.stringify(value, (_key, inner: unknown) => {
		if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
		return Object.entries(inner).sort(([a], [b]) => compare(a, b));
	});
}

/** By code unit, never by locale. */
export function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

function goesBefore(a: Intent, b: Intent): boolean {
	if (a.at[0] !== b.at[0]) return a.at[0] < b.at[0];
	if (a.at[1] !== b.at[1]) return a.at[1] < b.at[1];
	return a.author < b.author;
}

/** A binary heap: thousands of authors (each start of a process is one) must not make each step linear. */
function push(heap: Intent[], intent: Intent): void {
	let at = heap.length;
	while (at > 0) {
		const up = (at - 1) >> 1;
		const parent = heap[up];
		if (!parent || !goesBefore(intent, parent)) break;
		heap[at] = parent;
		at = up;
	}
	heap[at] = intent;
}

function pop(heap: Intent[]): Intent | undefined {
	const top = heap[0];
	const last = heap.pop();
	if (heap.length === 0 || !last) return top;
	let at = 0;
	for (;;) {
		const left = heap[2 * at + 1];
		if (!left) break;
		const right = heap[2 * at + 2];
		const [child, down] = right && goesBefore(right, left) ? [right, 2 * at + 2] : [left, 2 * at + 1];
		if (!goesBefore(child, last)) break;
		heap[at] = child;
		at = down;
	}
	heap[at] = last;
	return top;
}
