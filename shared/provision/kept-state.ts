/**
 * State that was kept when the container of a project was deleted: a folder each, with a note of whose it was. The same
 * name made anew goes on with it; nothing but its name given once more takes it away.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ganglineError } from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import { takenBy } from '../ports/system/taken-by.ts';
import { writeWhole } from '../ports/system/whole-file.ts';
import { SharedFolder } from './shared-folder.ts';

const noteSchema = z.strictObject({ name: z.string(), path: z.string(), removedAt: z.number() });
export type KeptNote = z.output<typeof noteSchema>;

export interface KeptState {
	/** What its folder and its things at the engine are called. */
	readonly madeAs: string;
	readonly folder: string;
	/** Null: an earlier version kept it, or nobody ever finished making it. */
	readonly note: KeptNote | null;
}

/** Beside what is mounted, so that nothing inside writes it. */
const noteOf = (folder: string): string => join(folder, 'kept.json');

export async function noteKept(folder: string, note: KeptNote): Promise<void> {
	await writeWhole(noteOf(folder), `${JSON.stringify(note)}\n`, 0o600);
}

/** All below `root` but those that are used, by name. */
export async function keptStates(root: string, used: ReadonlySet<string>): Promise<readonly KeptState[]> {
	const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
	const names = entries.filter((entry) => entry.isDirectory() && !used.has(entry.name)).map(({ name }) => name);
	return Promise.all(
		names.sort().map(async (madeAs) => {
			const folder = join(root, madeAs);
			return { madeAs, folder, note: await readNote(noteOf(folder)) };
		}),
	);
}

/** Null where there is none that can be read. */
export async function readNote(file: string): Promise<KeptNote | null> {
	const text = await readFile(file, 'utf8').catch(() => 'null');
	try {
		return readAs(noteSchema, JSON.parse(text)).data ?? null;
	} catch {
		return null;
	}
}

/** The one that people call so; else the one whose folder is called so. */
export function keptCalled(all: readonly KeptState[], name: string): KeptState | undefined {
	return all.find(({ note }) => note?.name === name) ?? all.find(({ madeAs }) => madeAs === name);
}

/** @throws GanglineError REFUSED where it is the state of another source */
export function refuseForeign({ folder, note }: KeptState, name: string, path: string): void {
	if (note === null || note.path === path) return;
	throw ganglineError(
		'REFUSED',
		`the state of an earlier ${note.name} is kept in ${folder}; its source is ${note.path}`,
		{
			hint: `go on with it (gangline new ${name} --path ${note.path}), or remove it: gangline project delete ${note.name} --purge`,
		},
	);
}

/** Its node was put out of the mesh with its container: it joins again, under the key that it has. */
export async function forgetMembership(folder: string): Promise<void> {
	try {
		await using node = await SharedFolder.open(join(folder, 'state'), 'node');
		await node.remove('mesh.json');
	} catch (error) {
		// A making that never came so far has left none.
		if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
	}
}

const kind = 'state';

export interface KeptThing {
	readonly kind: typeof kind;
	readonly name: string;
	readonly bytes: number | null;
}

/** As things that nobody uses, with what they take; none goes with the others. */
export function keptThings(all: readonly KeptState[]): Promise<readonly KeptThing[]> {
	return Promise.all(
		all.map(async ({ folder, note, madeAs }) => {
			return { kind, name: `${folder} of ${note?.name ?? madeAs}`, bytes: await takenBy([folder]) };
		}),
	);
}

export function isKept(thing: { readonly kind: string }): boolean {
	return thing.kind === kind;
}

export async function removeKept({ folder }: KeptState): Promise<void> {
	await rm(folder, { recursive: true, force: true });
}
