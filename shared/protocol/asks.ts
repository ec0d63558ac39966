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
