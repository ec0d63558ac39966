/**
 * Stacks as folders: `docker/stacks/<name>/` with how it is recognised (stack.json) and what its tools are (Dockerfile).
 * A new stack is a new folder and nothing else.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ganglineError } from '../ports/index.ts';
import {
	detectStackAmong,
	knownStacks,
	type StackDetection,
	type StackRow,
	stackFileSchema,
} from '../project/index.ts';

export interface StackFolder extends StackRow {
	/** A fragment for the image. */
	readonly dockerfile: string;
	readonly caches: Readonly<Record<string, string>>;
	readonly apart: readonly string[];
}

/** What the variables for downloads say where the project's caches are in `folder`. */
export function cacheVariables(caches: StackFolder['caches'], folder: string): Readonly<Record<string, string>> {
	const filled = Object.entries(caches).map(([name, place]) => [
		name,
		place.includes('{') ? place.replace(/\{(.*)\}/, (_whole, one: string) => `${folder}/${one}`) : `${folder}/${place}`,
	]);
	return Object.fromEntries(filled);
}

/** All stacks of a folder, in their order. @throws GanglineError INVALID_CONFIG for one that is not described as expected */
export function readStacks(folder: string): Promise<readonly StackFolder[]> {
	return readAll(folder, async (place) => ({ dockerfile: await readFile(join(place, 'Dockerfile'), 'utf8') }));
}

/**
 * The same without their tools, which are no part of a project's image; those that this program knows where there is no
 * such folder. @throws GanglineError INVALID_CONFIG
 */
export async function stackRows(folder: string): Promise<readonly StackRow[]> {
	try {
		return await readAll(folder, async () => ({}));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return knownStacks;
		throw error;
	}
}

/** Where this program has its stacks. */
export const stacksBelow = (docker: string): string => join(docker, 'stacks');

async function readAll<More>(folder: string, more: (place: string) => Promise<More>) {
	const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
	const read = await Promise.all(names.map(({ name }) => readOne({ folder: join(folder, name), stack: name, more })));
	return read.sort((a, b) => a.order - b.order || (a.stack < b.stack ? -1 : 1));
}

interface Reading<More> {
	readonly folder: string;
	readonly stack: string;
	readonly more: (place: string) => Promise<More>;
}

async function readOne<More>({ folder, stack, more }: Reading<More>) {
	try {
		const { proposes, ...described } = stackFileSchema.parse(
			JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8')),
		);
		return { ...described, ...(proposes !== undefined && { proposes }), stack, ...(await more(folder)) };
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
