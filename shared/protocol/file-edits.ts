/** Files that a run edited, and how often. Pure. */
import { z } from 'zod';

/** Of one run; who edits more is told of no better by a longer list. */
export const editsMax = 200;
export const pathCharactersMax = 500;

export const fileEditsSchema = z.object({
	/** Within the repository. */
	path: z.string().min(1).max(pathCharactersMax),
	count: z.int().min(1),
});
export type FileEdits = Readonly<z.output<typeof fileEditsSchema>>;

/** Both together, within the bound. */
export function addEdits(one: readonly FileEdits[], other: readonly FileEdits[]): readonly FileEdits[] {
	const counts = new Map<string, number>();
	for (const { path, count } of [...one, ...other]) counts.set(path, (counts.get(path) ?? 0) + count);
	return [...counts].slice(0, editsMax).map(([path, count]) => ({ path, count }));
}

/** The files of a commit beside what an agent told of: those that it did not name were edited once at least. */
export function withCommitted(told: readonly FileEdits[], paths: readonly string[]): readonly FileEdits[] {
	const known = new Set(told.map(({ path }) => path));
	const others = paths.filter((path) => !known.has(path) && path !== '' && path.length <= pathCharactersMax);
	return addEdits(
		told,
		others.map((path) => ({ path, count: 1 })),
	);
}
