/**
 * Who has the board or an item open now, as nodes tell it to each other: presence, never stored, no decision hangs on it.
 * A node speaks for the person who sits at it alone; the gateway, where people log in, for all, and passes on what it hears.
 */
import { z } from 'zod';
import { personIdSchema } from '../operations/references.ts';
import { keySchema } from '../pipeline/item-schema.ts';
import { projectIdSchema } from './work.ts';

/** The kind of presence that it is said under. */
export const peopleKind = 'people';

/** More at once are not told; far more than that look at one mesh at a time nowhere. */
export const peopleToldMax = 24;

const presentPersonSchema = z.object({
	person: personIdSchema,
	project: projectIdSchema,
	/** The key of the item that is open; null: the board. */
	item: keySchema.nullable(),
});
export type PresentPerson = Readonly<z.output<typeof presentPersonSchema>>;

export const peoplePresenceSchema = z.array(presentPersonSchema).max(peopleToldMax).readonly();
