/** A question of an agent to a person, as workers, homes and people pass it on. */
import { z } from 'zod';

/** What an agent wants to do and asks a person for. */
export const asksSchema = z.object({
	id: z.string().max(200),
	/** The tool and what it would do, in a line. */
	question: z.string().max(1_000),
	/** Wall ms of the worker. */
	at: z.int().min(0),
});
export type Asks = Readonly<z.output<typeof asksSchema>>;

const mayBeWords = ' (allow: yes; deny: no; or gangline say)';

/** What an agent asks a person by itself, as it is passed on: unlike a permission it may be answered in words. */
export function asOwnQuestion(words: string): string {
	return `${words.replaceAll(/\s+/g, ' ').trim()}${mayBeWords}`;
}

/** The words of such a question; null where a permission is asked for. */
export function ownQuestion(question: string): string | null {
	return question.endsWith(mayBeWords) ? question.slice(0, -mayBeWords.length) : null;
}
