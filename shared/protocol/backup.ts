/** What `node/main backup` and `node/main restore` print: one JSON line, what was kept or put back, or why not. */
import { z } from 'zod';

export const backupLineSchema = z.discriminatedUnion('type', [
	z.object({
		type: z.literal('backup'),
		file: z.string(),
		bytes: z.int(),
		at: z.number(),
		node: z.string(),
		projects: z.array(z.object({ name: z.string(), path: z.string() })),
	}),
	z.object({
		type: z.literal('error'),
		error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullish() }),
	}),
]);
export type BackupLine = z.output<typeof backupLineSchema>;
