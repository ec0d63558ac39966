/**
 * What a stack's folder says of it in `stack.json`: how it is recognised, which downloads it keeps, and what it proposes
 * for a project that has no project file yet. Everything that is said of a new stack is said there.
 */
import { z } from 'zod';
import { gateSchema } from './config.ts';

const { kind, command } = gateSchema.shape;
/** Paths relative to the root; one that ends in `/` means anything below it. */
const paths = z.array(z.string().min(1).max(300)).max(50);
/** Proposed where one of these is there; left out: always. */
const asked = { if: paths.min(1).optional() };

const proposalsSchema = z.strictObject({
	setup: z
		.array(z.strictObject({ command, ...asked }))
		.max(20)
		.default([]),
	/** What says what is fetched: set-up runs again when one of them has changed. */
	lockfiles: paths.default([]),
	caches: paths.default([]),
	/** The first that fits of each kind. */
	gates: z
		.array(z.strictObject({ kind: kind.unwrap(), command, ...asked }))
		.max(20)
		.default([]),
});
export type StackProposals = z.infer<typeof proposalsSchema>;

export const stackFileSchema = z.strictObject({
	/** Decides ties; the lowest first. */
	order: z.int().min(1).max(1000),
	markers: z.array(z.string().min(1)).min(1),
	extensions: z.array(z.string().regex(/^\.[a-z0-9]+$/)).min(1),
	/**
	 * Variables that name a folder for downloads, and that folder's name below the project's caches; where a variable says
	 * more than that, the name stands in braces.
	 */
	caches: z.record(
		z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
		z.string().regex(/^(?:[a-z0-9-]+|[A-Za-z0-9.=_-]*\{[a-z0-9-]+\})$/),
	),
	/** Folders of the source for what is built or installed for one platform: the container has its own in their place. */
	apart: z
		.array(z.string().regex(/^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.-]{1,100}(?:\/[\w.-]{1,100}){0,3}$/))
		.max(8)
		.default([]),
	proposes: proposalsSchema.optional(),
});
