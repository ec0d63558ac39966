/** What an agent is told that goes on with a session: it knows its task, so only what has changed. Pure. */
import type { Task } from '../../shared/protocol/work.ts';

const wordsCharsMax = 8_000;

/** `told`: how many words of people it knows already. */
export function resumePrompt({ item }: Pick<Task, 'item'>, told: number): string {
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
	].join('\n\n');
}
