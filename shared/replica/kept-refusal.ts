/** Refusals that a person of this node may not know of, as they are kept and told. */
import { z } from 'zod';
import type { RefusalRecord } from '../documents/index.ts';
import { goneItem, type Intent, type IntentId } from '../pipeline/index.ts';

/** A refusal that its author may not know of. */
export const keptRefusalSchema = z.object({
	author: z.string(),
	n: z.number(),
	item: z.string(),
	event: z.string(),
	who: z.string().nullable(),
	/** Wall ms of the intent. */
	at: z.number(),
	/** What people called the item when it was last seen here. */
	called: z.string().nullable().default(null),
	refusal: z.string(),
	words: z.string(),
});
export type KeptRefusal = z.output<typeof keptRefusalSchema>;

/** The name of the wish. */
export const idOf = ({ author, n }: Pick<KeptRefusal, 'author' | 'n'>): IntentId => `${author}#${n}`;

/** Of an entry that is trimmed here: nobody here can say what it was. `at`: wall ms. */
export function refusedUnseen(
	wish: Pick<KeptRefusal, 'author' | 'n'>,
	{ reason, detail }: RefusalRecord,
	at: number,
): KeptRefusal {
	const words = `something that was wanted here was refused (${detail ?? reason}), and what it was is not known here any more. Look at what you changed last, and say it again`;
	return { ...wish, item: '', event: 'wish', who: null, at, called: null, refusal: reason, words };
}

/** Why a wish is not sent. */
export function staysWords(intent: Intent, called: string | null): string {
	const who = intent.who ?? 'NAME';
	const item = called ?? (typeof intent.args?.title === 'string' ? JSON.stringify(intent.args.title) : goneItem);
	return `${intent.event} of ${item} stays on this machine: ${who} may look at the project but not change it now. An owner can change that (gangline person add ${who} --access member), and then it is sent`;
}
