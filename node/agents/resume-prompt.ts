/**
 * What an agent is told that goes on with a session: it knows its task, so only what has changed; and what people said,
 * as every prompt has it. Pure.
 */
import type { Task } from '../../shared/protocol/work.ts';

const wordsCharsMax = 8_000;

/** `told`: how many words of people it knows already; `notes`: those that it was not told. */
export function resumePrompt({ item, notes }: Pick<Task, 'item' | 'notes'>, told: number): string {
	return [
		`You were interrupted while you worked on item ${item.number}. What you had begun may be half done: look at \`git status\` and \`git log\`, then go on from there. The same rules hold.`,
		...wordsOf(item.words.slice(told)),
		...notesOf(item, notes),
	].join('\n\n');
}

export interface LookAgain {
	/** The running product, or why it does not run; null where nobody asked for it. */
	readonly product: string | null;
	/** Where the answer goes, which may be another place than before. */
	readonly answerFile: string;
	/** What people said since the session was told everything. */
	readonly words: readonly string[];
	readonly notes: NonNullable<Task['notes']>;
}

/** For a session that only looks and goes on with that. */
export function resumeLookPrompt(
	{ item }: Pick<Task, 'item'>,
	{ product, answerFile, words, notes }: LookAgain,
): string {
	return [
		`You were interrupted while you looked at item ${item.number}. Your clone is as you left it; go on from there. The same rules hold.`,
		...(product === null ? [] : [product]),
		...wordsOf(words),
		...notesOf(item, notes),
		`Write your answer, in the form that you were told, to the file \`${answerFile}\` (also in \`$GANGLINE_ANSWER\`): what was written before your interruption is not there any more.`,
	].join('\n\n');
}

function wordsOf(words: readonly string[]): readonly string[] {
	if (words.length === 0) return [];
	const said = words.map((one) => `- ${one}`).join('\n');
	return [`Meanwhile a person said:\n${said.slice(-wordsCharsMax)}`];
}

/** A first prompt with what people said to whoever works on the item. */
export function withNotes(prompt: string, { item, notes }: Pick<Task, 'item' | 'notes'>): string {
	return [prompt.trimEnd(), ...notesOf(item, notes)].join('\n\n');
}

/** What people said, as one section; none where nobody said anything. */
export function notesOf({ number }: Task['item'], notes: Task['notes'] = []): readonly string[] {
	if (notes.length === 0) return [];
	return [
		`Said by people to whoever works on item ${number}, newest last:\n${notes
			.map((one) => `- ${one}`)
			.join('\n')
			.slice(-wordsCharsMax)}`,
	];
}
