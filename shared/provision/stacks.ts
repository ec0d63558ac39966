/**
 * Stacks as folders: `docker/stacks/<name>/` with how it is recognised (stack.json) and what its tools are (Dockerfile).
 * A new stack is a new folder and nothing else.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ganglineError } from '../ports/index.ts';
import { detectStackAmong, type StackDetection, type StackMarks } from '../project/index.ts';

const fileSchema = z.strictObject({
	/** Decides ties; the lowest first. */
	order: z.int().min(1).max(1000),
	markers: z.array(z.string().min(1)).min(1),
	extensions: z.array(z.string().regex(/^\.[a-z0-9]+$/)).min(1),
	/** Variables that name a folder for downloads, and that folder's name below the project's caches. */
	caches: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().regex(/^[a-z0-9-]+$/)),
});

export interface StackFolder extends StackMarks<string> {
	/** A fragment for the image. */
	readonly dockerfile: string;
	readonly caches: Readonly<Record<string, string>>;
}

/** All stacks of a folder, in their order. @throws GanglineError INVALID_CONFIG for one that is not described as expected */
export async function readStacks(folder: string): Promise<readonly StackFolder[]> {
	const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
	const read = await Promise.all(names.map(({ name }) => readStack(join(folder, name), name)));
	return read.sort((a, b) => a.order - b.order || (a.stack < b.stack ? -1 : 1));
}

async function readStack(folder: string, stack: string): Promise<StackFolder & { readonly order: number }> {
	try {
		const described = fileSchema.parse(JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8')));
		return { ...described, stack, dockerfile: await readFile(join(folder, 'Dockerfile'), 'utf8') };
	} catch (cause) {
		const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
		throw ganglineError('INVALID_CONFIG', `the stack in ${folder} is not described as expected: ${why}`, {
			hint: 'it needs a Dockerfile and a stack.json such as its neighbours have',
			cause,
		});
	}
}

/** The stack that was asked for, otherwise the one that the files say. @throws GanglineError INVALID_ARGUMENT */
export function chooseStack(
	stacks: readonly StackFolder[],
	wanted: string | null,
	files: readonly string[],
): StackDetection<string> {
	const found = detectStackAmong(stacks, files);
	if (wanted === null) return found;
	if (wanted === 'none') return { stack: null, others: marked(found) };
	if (!stacks.some(({ stack }) => stack === wanted)) {
		throw ganglineError('INVALID_ARGUMENT', `there is no stack ${JSON.stringify(wanted)}`, {
			hint: `expected one of ${stacks.map(({ stack }) => stack).join(', ')}, or none`,
		});
	}
	return { stack: wanted, others: marked(found).filter((one) => one !== wanted) };
}

function marked({ stack, others }: StackDetection<string>): readonly string[] {
	return stack === null ? [] : [stack, ...others];
}
