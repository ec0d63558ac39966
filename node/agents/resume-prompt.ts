/**
 * What an agent is told that goes on with a session: it knows its task, so only what has changed; and what people said,
 * as every prompt has it. Pure.
 */
import type { Task } from '../../shared/protocol/work.ts';

const wordsCharsMax = 8_000;

/** `told`: how many words of people it knows already; `notes`: those that it was not told. */
export function resumePrompt({ item, notes }: Pick<Task, 'item' | 'notes'>, told: number): string {
	const news = item.words.slice(told);
	return [
		`You were interrupted while you worked on item ${item.number}. What you had begun may be half done: look at \`git status\` and \`git log\`, then go on from there. The same rules hold.`,
		...(news.length > 0
			? [
					`Meanwhile a person said:\n${news
						.map((one) => `- ${one}`)
						.join('\n')
						.slice(-wordsCharsMax)}`,
				]
			: []),
		...notesOf(item, notes),
	].join('\n\n');
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
