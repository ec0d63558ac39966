/**
 * The rules of the pipeline as the project was given them, read from the fixture and from nothing of the product: what
 * a checker holds the product's own table against.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const rowSchema = z.object({
	event: z.string(),
	from: z.array(z.string()),
	to: z.string(),
	by: z.array(z.string()),
	needs: z.array(z.string()),
	clearsToken: z.boolean(),
});
export type Row = z.output<typeof rowSchema>;

const bookSchema = z.object({
	stages: z.record(z.string(), z.object({ mayRun: z.string().nullable() })),
	transitions: z.array(rowSchema),
	tries: z.object({
		reworks: z.object({ cap: z.number() }),
		mergeFailures: z.object({ cap: z.number() }),
		freeFixups: z.object({ cap: z.number() }),
		totalAttempts: z.object({ cap: z.number() }),
	}),
});

const book = bookSchema.parse(
	JSON.parse(readFileSync(new URL('../../../fixtures/spec/pipeline.json', import.meta.url), 'utf8')),
);

export const caps = {
	reworks: book.tries.reworks.cap,
	mergeFailures: book.tries.mergeFailures.cap,
	freeFixups: book.tries.freeFixups.cap,
	totalAttempts: book.tries.totalAttempts.cap,
};

export function rowOf(event: string, from: string): Row | undefined {
	return book.transitions.find((row) => row.event === event && row.from.includes(from));
}

/** The role that may work on an item in that stage. */
export function roleIn({
	kind,
	failure,
}: {
	readonly kind: string;
	readonly failure?: string | undefined;
}): string | null {
	if (kind === 'mergeFailure') return failure === 'conflict' ? 'mergemaster' : null;
	return book.stages[kind]?.mayRun ?? null;
}
